"""Tracks that are no counts of 5' ends, or of another genome: told apart by their values, and refused or mended."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyBigWig
import pytest
from check_strands import check_strands
from extract_track import extract_track
from select_signal_regions import select_signal_regions
from small_genomes import write_genome

from genome_data.formats.tracks import TrackWriter
from genome_data.windows.table import write_windows
from workflow_support.errors import InputError

SIZES = {"chr1": 30_000, "chr2": 20_000, "chrM": 1000}
WIDTH, SITES_OF_CONTIG = 200, {"chr1": 50, "chr2": 30}
Strands = tuple[Mapping[str, np.ndarray], Mapping[str, np.ndarray]]


def five_prime_ends(depth: float = 30.0, *, shift: int = 20, seed: int = 1) -> Strands:
    """Counts of 5' ends on both strands, ``shift`` bases left and right of the sites, over a background."""
    rng = np.random.default_rng(seed)
    strands: list[dict[str, np.ndarray]] = []
    for direction in (-1, 1):
        rates = {contig: np.full(size, depth / 1000) for contig, size in SIZES.items()}
        for contig, count in SITES_OF_CONTIG.items():
            for site in sites(contig, count):
                around = np.arange(-30, 31)
                rates[contig][site + direction * shift + around] += depth / 20 * np.exp(-0.5 * (around / 8) ** 2)
        strands.append({contig: rng.poisson(rate).astype(float) for contig, rate in rates.items()})
    return strands[0], strands[1]


def sites(contig: str, count: int) -> np.ndarray:
    return np.linspace(600, SIZES[contig] - 600, count).astype(int)


def covered(ends: Mapping[str, np.ndarray], length: int, direction: int) -> dict[str, np.ndarray]:
    """Coverage by reads of a length that begin at these ends."""
    kernel = np.ones(length)
    return {
        contig: np.convolve(values, kernel)[: len(values)]
        if direction > 0
        else np.convolve(values[::-1], kernel)[: len(values)][::-1]
        for contig, values in ends.items()
    }


def coverage(length: int, depth: float = 30.0) -> Strands:
    plus, minus = five_prime_ends(depth)
    return covered(plus, length, 1), covered(minus, length, -1)


def of_both(function: Callable[[np.ndarray], np.ndarray], strands: Strands) -> Strands:
    plus, minus = ({contig: function(values) for contig, values in strand.items()} for strand in strands)
    return plus, minus


def binned(values: np.ndarray, width: int) -> np.ndarray:
    means = values[: len(values) // width * width].reshape(-1, width).mean(axis=1)
    return np.pad(np.repeat(means, width), (0, len(values) % width))


def renamed(strands: Strands, names: Mapping[str, str]) -> Strands:
    plus, minus = ({names.get(contig, contig): values for contig, values in strand.items()} for strand in strands)
    return plus, minus


def with_chrm(strands: Strands, length: int) -> Strands:
    plus, minus = ({**strand, "chrM": np.resize(strand["chrM"], length)} for strand in strands)
    return plus, minus


def write_track(path: Path, values: Mapping[str, np.ndarray]) -> Path:
    with TrackWriter(path, {contig: len(of_contig) for contig, of_contig in values.items()}) as track:
        for contig, of_contig in values.items():
            track.add_bases(contig, np.arange(len(of_contig)), of_contig)
    return path


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a genome and ``positives.tsv``: a window around every site."""
    folder = tmp_path_factory.mktemp("task")
    write_genome(folder, SIZES, {"one": "chr1", "two": "chr2"})
    rows = [(contig, site - WIDTH // 2) for contig, count in SITES_OF_CONTIG.items() for site in sites(contig, count)]
    windows = pd.DataFrame(rows, columns=["contig", "start"]).assign(label=1, split="train", gc=0.5)
    windows = windows.assign(end=windows["start"] + WIDTH, name=[f"peak_{row}" for row in range(len(rows))])
    write_windows(windows, folder / "positives.tsv")
    return folder


def verdict(task: Path, folder: Path, strands: Strands) -> dict:
    plus, minus = (
        write_track(folder / f"{name}.bw", values) for name, values in zip(("plus", "minus"), strands, strict=True)
    )
    check_strands(task / "positives.tsv", task / "genome.fa", [plus], [minus], folder / "strands.json")
    return json.loads((folder / "strands.json").read_text())


ENDS = five_prime_ends()
RIGHT = {"verdict": "right", "lag": True}
# name: strands, words of the log
ACCEPTED: dict[str, tuple[Strands, list[str]]] = {
    "counts": (ENDS, []),
    "deep counts": (five_prime_ends(600), []),
    "shallow counts": (five_prime_ends(8), []),
    "counts without duplicates": (of_both(lambda values: np.minimum(values, 1), five_prime_ends(200)), []),
    "counts of duplicates": (of_both(lambda values: values * 3, ENDS), []),
    "a negative minus strand": (
        (ENDS[0], {contig: -values for contig, values in ENDS[1].items()}),
        ["minus.bw: all values are negative", "their sign is dropped"],
    ),
    "chrM of another length": (with_chrm(ENDS, 998), ["WARNING", "left out chrM of 998 bases", "chrM of 1,000 bases"]),
    "other names that the genome knows": (renamed(ENDS, {"chr1": "one", "chr2": "two"}), ["one as chr1, two as chr2"]),
    "one contig under a name that the genome lacks": (
        renamed(ENDS, {"chr2": "2"}),
        ["WARNING", "no contig of the genome: 2", 'contig_names: {"2": "chr2"}'],
    ),
    "further contigs": (({**ENDS[0], "chrUn": np.ones(9)}, {**ENDS[1], "chrUn": np.ones(9)}), []),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_tracks_that_are_accepted(name: str, task: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="rc")
    strands, words = ACCEPTED[name]
    found = verdict(task, tmp_path, strands)
    assert found["verdict"] == "right"
    assert 30 <= found["lag"] <= 50
    assert found["reads"]["plus"] > 0
    for word in words:
        assert word in caplog.text
    assert words or "WARNING" not in caplog.text


COVERAGE = ["plus.bw", "has the coverage of reads", "stay equal over runs of bases", "as BAM"]
REFUSED: dict[str, tuple[Strands, list[str]]] = {
    "coverage of 36 bases": (coverage(36), COVERAGE),
    "shallow coverage": (coverage(36, 8), COVERAGE),
    "deep coverage": (coverage(36, 600), COVERAGE),
    "coverage of 150 bases": (coverage(150), COVERAGE),
    "coverage of exchanged strands": (coverage(36)[::-1], COVERAGE),
    "coverage that was normalised": (of_both(lambda values: values * 0.0172, coverage(36)), COVERAGE),
    "coverage in bins of 10": (of_both(lambda values: np.round(binned(values, 10)), coverage(50, 200)), COVERAGE),
    "coverage in bins of 50, averaged": (of_both(lambda values: binned(values, 50), coverage(50)), COVERAGE),
    "coverage with a negative minus strand": ((coverage(36)[0], of_both(np.negative, coverage(36))[1]), COVERAGE),
    "counts that were normalised": (
        of_both(lambda values: values * 0.25, ENDS),
        ["no whole numbers", "multiples of 0.25", "as counts that were normalised", "raw counts"],
    ),
    "a log ratio": (
        of_both(lambda values: np.log2((values + 1) / 1.7), ENDS),
        ["negative values", "a log ratio"],
    ),
    "exchanged strands": (ENDS[::-1], ["plus and minus look exchanged", "exchange the files"]),
    "exchanged strands, one negative": (
        (of_both(np.negative, ENDS)[1], ENDS[0]),
        ["plus.bw", "all values of the bigWig of the + strand are negative", "exchange"],
    ),
    "one strand twice": ((ENDS[0], ENDS[0]), ["both strands have the same counts"]),
    "no counts in the windows": (
        ({"chr1": np.r_[1.0, np.zeros(29_999)]}, ENDS[1]),
        ["plus.bw", "no read starts in any window"],
    ),
    "another build": (
        tuple({**strand, "chr1": strand["chr1"][:-10], "chr2": strand["chr2"][:-3]} for strand in ENDS),
        ["another genome build", "chr1 of 29,990 bases; 2 such contigs"],
    ),
    "names that the genome lacks": (
        renamed(ENDS, {"chr1": "1", "chr2": "2", "chrM": "MT"}),
        ["no contig of the bigWig", 'contig_names: {"1": "chr1", "2": "chr2", "MT": "chrM"}'],
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_tracks_that_are_refused(name: str, task: Path, tmp_path: Path) -> None:
    strands, words = REFUSED[name]
    with pytest.raises(InputError) as caught:
        verdict(task, tmp_path, strands)
    for word in ("found:", "allowed:", "fix:", *words):
        assert word in str(caught.value)
    assert not (tmp_path / "strands.json").exists()


def test_other_names_and_a_negative_strand_change_no_count(task: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = (ENDS[0], {contig: -values for contig, values in ENDS[1].items()})
    first = verdict(task, tmp_path, ENDS)
    second = verdict(task, tmp_path / "other", renamed(other, {"chr1": "one", "chr2": "two"}))
    assert first.pop("sources") != second.pop("sources")
    assert first == second


def test_an_input_track_reads_a_negative_strand_like_the_counts(task: Path, tmp_path: Path) -> None:
    plus, minus = (write_track(tmp_path / f"{n}.bw", values) for n, values in enumerate(ENDS))
    negated = write_track(tmp_path / "negated.bw", {contig: -values for contig, values in ENDS[1].items()})
    for name, strand in (("as_is", minus), ("negated", negated)):
        extract_track(task / "positives.tsv", task / "genome.fa", [plus], [strand], 100, 0, tmp_path / f"{name}.npy")
    assert np.array_equal(np.load(tmp_path / "as_is.npy"), np.load(tmp_path / "negated.npy"))


def write_signal(path: Path, contig: str, start: int, value: float) -> Path:
    with pyBigWig.open(str(path), "w") as bigwig:
        bigwig.addHeader([(contig, SIZES.get(contig, SIZES["chr1"])), ("chrM", SIZES["chrM"])])
        bigwig.addEntries([contig], [start], ends=[start + 5], values=[value])
    return path


@pytest.mark.parametrize(
    ("contig", "start", "value", "words"),
    [
        ("chr1", 600, 3.5, None),
        ("chr1", 600, -0.5, None),
        ("one", 600, 3.5, None),
        ("chr1", 10, 3.5, ["no value on any positive window", "50 windows"]),
        ("chr1", 600, 0.0, ["no value on any positive window", "chr1:501-700"]),
        ("chr1", 600, np.nan, ["no value on any positive window", "leave out `signal:`"]),
        ("chrM", 600, 3.5, ["no contig with a positive window"]),
    ],
)
def test_a_signal_without_values_on_windows_is_refused_before_it_is_drawn(
    contig: str, start: int, value: float, words: list[str] | None, task: Path, tmp_path: Path
) -> None:
    signal = write_signal(tmp_path / "signal.bw", contig, start, value) if contig != "chrM" else tmp_path / "signal.bw"
    if contig == "chrM":
        with pyBigWig.open(str(signal), "w") as bigwig:
            bigwig.addHeader([("chrM", SIZES["chrM"])])
            bigwig.addEntries(["chrM"], [start], ends=[start + 5], values=[value])
    arguments = (task / "positives.tsv", signal, task / "genome.fa", tmp_path / "regions.bed")
    if words is None:
        select_signal_regions(*arguments)
        rows = (tmp_path / "regions.bed").read_text().splitlines()
        assert rows[0] == f"{contig}\t500\t700\tpeak_0"
        assert len(rows) == SITES_OF_CONTIG["chr1"]
        return
    with pytest.raises(InputError) as caught:
        select_signal_regions(*arguments)
    for word in ("signal.bw", "found:", "allowed:", "fix:", *words):
        assert word in str(caught.value)

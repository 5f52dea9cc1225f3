"""bigWig tracks: refused where they do not belong to the genome, and written with one value a base."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyBigWig
import pytest
from hypothesis import given
from hypothesis import strategies as st
from normalise_genome import normalise_genome
from select_signal_regions import select_signal_regions
from sequence_formats import fasta_text

from genome_data.formats.tracks import TrackWriter, contigs_of_track
from genome_data.windows.table import WINDOW_TABLE_COLUMNS
from workflow_support.errors import InputError

SIZES = {"chr1": 300, "chr2": 200}
WINDOWS = [("chr2", 20, 40, "strong"), ("chr1", 0, 20, "peak_7")]


@pytest.fixture
def task(tmp_path: Path) -> Path:
    """A folder with a genome, ``positives.tsv`` and ``signal.bw``."""
    source = tmp_path / "source.fa"
    source.write_text(fasta_text({contig: "ACGT" * (size // 4) for contig, size in SIZES.items()}))
    normalise_genome(
        source, tmp_path / "genome.fa", tmp_path / "genome.fa.fai", tmp_path / "contigs.tsv", tmp_path / "sizes"
    )
    windows = pd.DataFrame(WINDOWS, columns=["contig", "start", "end", "name"]).assign(label=1, split="train", gc=0.5)
    windows.to_csv(tmp_path / "positives.tsv", sep="\t", columns=list(WINDOW_TABLE_COLUMNS), index=False)
    write_track(tmp_path / "signal.bw", SIZES)
    return tmp_path


def write_track(path: Path, sizes: dict[str, int]) -> None:
    with pyBigWig.open(str(path), "w") as bigwig:
        bigwig.addHeader(list(sizes.items()))
        bigwig.addEntries(next(iter(sizes)), 0, values=[float(value) for value in range(50)], span=1, step=1)


def select(task: Path) -> str:
    regions = task / "signal/regions.bed"
    select_signal_regions(task / "positives.tsv", task / "signal.bw", task / "genome.fa", regions)
    return regions.read_text()


def test_positive_windows_become_regions_in_their_order(task: Path) -> None:
    assert select(task) == "chr2\t20\t40\tstrong\nchr1\t0\t20\tpeak_7\n"


def test_windows_on_contigs_without_signal_are_left_out(task: Path) -> None:
    write_track(task / "signal.bw", {"chr1": 300, "chrUn": 70})
    assert select(task) == "chr1\t0\t20\tpeak_7\n"


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ({"1": 300, "2": 200}, ["no contig of the bigWig", "found:   1, 2", "chr1, chr2", "rename"]),
        ({"chr2": 200, "chr1": 310}, ["genome build", "chr1 of 310 bases", "chr1 of 300 bases"]),
    ],
    ids=["another naming style", "another build"],
)
def test_a_track_of_another_genome_is_refused(task: Path, sizes: dict[str, int], words: list[str]) -> None:
    write_track(task / "signal.bw", sizes)
    assert_refused(task, words)


def test_a_track_without_the_contigs_of_the_windows_is_refused(task: Path) -> None:
    windows = (task / "positives.tsv").read_text().splitlines(keepends=True)
    (task / "positives.tsv").write_text("".join(windows[:2]))
    write_track(task / "signal.bw", {"chr1": 300})
    assert_refused(task, ["no contig with a positive window", "found:   chr1", "chr2"])


@pytest.mark.parametrize("text", [b"", b"chr1\t0\t20\t3.5\n", b"\x1f\x8b\x08\x04"], ids=["empty", "bedGraph", "gzip"])
def test_another_format_is_refused(task: Path, text: bytes) -> None:
    (task / "signal.bw").write_bytes(text)
    assert_refused(task, ["no bigWig", repr(text[:4])])


@pytest.mark.parametrize("fraction", [0.1, 0.5, 0.99])
def test_a_truncated_track_is_refused(task: Path, fraction: float) -> None:
    whole = (task / "signal.bw").read_bytes()
    (task / "signal.bw").write_bytes(whole[: int(fraction * len(whole))])
    assert_refused(task, ["no bigWig", "end is missing"])


def test_a_missing_track_is_named(task: Path) -> None:
    (task / "signal.bw").unlink()
    assert_refused(task, ["no such file"])


def assert_refused(task: Path, words: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        select(task)
    for word in ["signal.bw", "found:", "allowed:", "fix:", *words]:
        assert word in str(caught.value)
    assert not (task / "signal/regions.bed").exists()


def test_real_signal_belongs_to_its_own_build_alone(shared_data: Path) -> None:
    track = shared_data / "hg19/signal/GM12878_CTCF_r1.chr21.hg19.5p.plus.bw"
    assert contigs_of_track(track, {"chr20": 63_025_520, "chr21": 48_129_895}) == {"chr21": "chr21"}
    with pytest.raises(InputError, match="another genome build"):
        contigs_of_track(track, {"chr21": 46_709_983})


@given(
    intervals=st.lists(st.tuples(st.integers(0, 250), st.integers(1, 50)), min_size=1, max_size=20).map(sorted),
    cut=st.integers(0, 20),
)
def test_the_first_of_overlapping_intervals_keeps_its_bases(
    tmp_path_factory: pytest.TempPathFactory, intervals: list[tuple[int, int]], cut: int
) -> None:
    path = tmp_path_factory.mktemp("track") / "track.bw"
    starts = np.array([start for start, _ in intervals])
    ends = starts + [length for _, length in intervals]
    values = np.arange(1.0, len(intervals) + 1)
    with TrackWriter(path, SIZES) as track:
        for part in (slice(None, cut), slice(cut, None)):
            track.add("chr1", starts[part], ends[part], values[part])
        track.add("chr2", np.array([5]), np.array([9]), np.array([0.5]))
    expected = np.full(SIZES["chr1"], np.nan)
    for start, end, value in reversed(list(zip(starts, ends, values, strict=True))):
        expected[start:end] = value
    with pyBigWig.open(str(path)) as bigwig:
        assert np.array_equal(bigwig.values("chr1", 0, SIZES["chr1"]), expected, equal_nan=True)
        assert bigwig.intervals("chr2") == ((5, 9, 0.5),)

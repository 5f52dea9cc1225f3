"""The strands around binding sites: planted and published shifts are found, exchanged files are refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pysam
import pytest
from check_strands import check_strands
from count_reads import count_reads
from hypothesis import given, settings
from hypothesis import strategies as st
from normalise_genome import normalise_genome
from sequence_formats import fasta_text

from genome_data.formats.peaks import read_peaks
from genome_data.formats.reads import read_five_prime_ends
from genome_data.formats.tracks import TrackWriter
from genome_data.windows.profile_counts import read_counts
from genome_data.windows.strand_shift import (
    cross_correlation,
    footprint_maxima,
    measure_strand_shift,
    smooth,
    strand_order,
)
from genome_data.windows.table import write_windows
from workflow_support.errors import InputError

CONTIG, SUMMITS = "chr1", np.arange(500, 60_500, 600)


def planted(
    rng: np.random.Generator, shifts: tuple[int, int], windows: int = 200, reads: int = 20, inaccuracy: float = 0
) -> np.ndarray:
    """Read starts (windows, 2, 401) with a planted shift of each strand, half of them background."""
    counts = np.zeros((windows, 2, 401), dtype=np.uint32)
    sites = np.rint(rng.normal(0, inaccuracy, windows)).astype(int)
    for strand, shift in enumerate(shifts):
        near = 200 + shift + sites[:, None] + np.rint(rng.normal(0, 6, (windows, reads))).astype(int)
        for positions in (near, rng.integers(0, 401, (windows, reads))):
            np.add.at(counts[:, strand], (np.arange(windows)[:, None], np.clip(positions, 0, 400)), 1)
    return counts


@pytest.mark.parametrize("shifts", [(-43, 46), (-12, 9), (-15, 13), (-80, 20)])
def test_a_planted_shift_is_found(shifts: tuple[int, int]) -> None:
    found = measure_strand_shift(planted(np.random.default_rng(1), shifts))
    assert (found.plus, found.minus) == pytest.approx(shifts, abs=3)
    assert found.lag == pytest.approx(shifts[1] - shifts[0], abs=3)
    assert found.verdict == "right"
    assert (found.windows, found.reads_plus, found.reads_minus) == (200, 8000, 8000)


def test_the_lag_is_found_where_summits_miss_their_sites() -> None:
    found = measure_strand_shift(planted(np.random.default_rng(2), (-12, 9), windows=500, inaccuracy=40))
    assert found.lag == pytest.approx(21, abs=3)
    assert found.verdict == "right"


def test_exchanged_strands_turn_lag_and_evidence() -> None:
    counts = planted(np.random.default_rng(3), (-43, 46))
    found, exchanged = measure_strand_shift(counts), measure_strand_shift(counts[:, ::-1])
    assert exchanged.lag == -found.lag
    assert exchanged.order == pytest.approx(-found.order)
    assert exchanged.verdict == "swapped"


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32 - 1))
def test_reverse_complement_changes_nothing_but_the_sides(seed: int) -> None:
    counts = planted(np.random.default_rng(seed), (-30, 20), windows=30)
    turned = counts[:, ::-1, ::-1]
    assert strand_order(turned) == pytest.approx(strand_order(counts))
    assert np.allclose(cross_correlation(turned, 5), cross_correlation(counts, 5))


def test_without_an_order_the_evidence_is_a_standard_normal_number() -> None:
    rng = np.random.default_rng(4)
    depths = rng.lognormal(0, 1, (200, 1, 1))
    orders = np.array([strand_order(rng.poisson(0.05 * depths, (200, 2, 401))) for _ in range(200)])
    assert abs(orders.mean()) < 0.25
    assert 0.85 < orders.std() < 1.15


def test_little_evidence_is_no_verdict() -> None:
    counts = planted(np.random.default_rng(5), (46, -43), windows=6, reads=1)
    assert measure_strand_shift(counts).verdict == "unclear"
    assert measure_strand_shift(np.zeros((3, 2, 401), dtype=np.uint16)).verdict == "unclear"


def test_the_order_is_that_of_counting_pairs() -> None:
    counts = np.random.default_rng(6).poisson(0.2, (7, 2, 31))
    d = []
    for plus, minus in counts:
        pairs = [np.sign(j - i) for i in np.repeat(np.arange(31), plus) for j in np.repeat(np.arange(31), minus)]
        d.append(np.mean(pairs))
    assert strand_order(counts) == pytest.approx(np.sum(d) / np.sqrt(np.sum(np.square(d))))


def test_the_correlation_is_that_of_smoothing_and_shifting() -> None:
    counts = np.random.default_rng(7).poisson(0.5, (5, 2, 61)).astype(float)
    scaled = (counts - counts.mean(axis=2, keepdims=True)) / np.sqrt(counts.sum(axis=2, keepdims=True))
    plus, minus = (smooth(np.pad(scaled[:, strand], ((0, 0), (60, 60))), 2.0) for strand in (0, 1))
    norm = np.sqrt(np.square(plus).sum() * np.square(minus).sum())
    expected = [(plus * np.roll(minus, -lag, axis=1)).sum() / norm for lag in range(-30, 31)]
    assert np.allclose(cross_correlation(counts, 2.0), expected)


def test_smoothing_keeps_sums_and_without_sigma_everything() -> None:
    profile = np.zeros((1, 101))
    profile[0, 50] = 3
    assert np.array_equal(smooth(profile, 0), profile)
    smoothed = smooth(profile, 5)[0]
    assert smoothed.sum() == pytest.approx(3)
    assert np.sqrt((smoothed / 3 * np.square(np.arange(101) - 50)).sum()) == pytest.approx(5, rel=0.01)


@pytest.mark.parametrize(
    ("factor", "maxima"), [("dmel_s2_max", (-12, 9)), ("dmel_embryo_twi", (-15, 13))], ids=["Max", "Twist"]
)
def test_published_nexus_footprints(shared_data: Path, factor: str, maxima: tuple[int, int]) -> None:
    with np.load(shared_data / f"fly_dm3/nexus/{factor}_chipnexus_01.heatmap.npz") as matrix:
        counts = np.stack([matrix["pos"], matrix["neg"]], axis=1)
    assert footprint_maxima(counts, sigma=0) == maxima
    found = measure_strand_shift(counts)
    assert (found.plus, found.minus) == pytest.approx(maxima, abs=1)
    assert found.verdict == "right"


@pytest.fixture
def task(tmp_path: Path) -> Path:
    """A folder with a genome, windows round summits and bigWigs of both strands at −43/+46."""
    write_task(tmp_path, CONTIG, {CONTIG: 61_000}, SUMMITS)
    write_signal(tmp_path, planted(np.random.default_rng(8), (-43, 46), windows=len(SUMMITS)))
    return tmp_path


def write_task(folder: Path, contig: str, sizes: dict[str, int], summits: np.ndarray) -> None:
    source = folder / "source.fa"
    source.write_text(fasta_text({name: "A" * size for name, size in sizes.items()}))
    normalise_genome(source, folder / "genome.fa", folder / "genome.fa.fai", folder / "contigs.tsv", folder / "sizes")
    windows = pd.DataFrame({"contig": contig, "start": summits - 250, "end": summits + 250})
    write_windows(windows.assign(name="peak", label=1, split="train", gc=0.5), folder / "positives.tsv")


def write_signal(folder: Path, counts: np.ndarray, name: str = "") -> None:
    for strand, track in enumerate(("plus", "minus")):
        with TrackWriter(folder / f"{name}{track}.bw", {CONTIG: 61_000}) as bigwig:
            for summit, values in zip(SUMMITS, counts[:, strand], strict=True):
                bigwig.add_bases(CONTIG, np.arange(summit - 200, summit + 201), values)


def check(folder: Path, plus: list[str], minus: list[str]) -> dict:
    result = folder / "out/strands.json"
    tracks = ([folder / name for name in names] for names in (plus, minus))
    check_strands(folder / "positives.tsv", folder / "genome.fa", *tracks, result)
    return json.loads(result.read_text())


def test_the_result_tells_of_all_sources_and_of_each(task: Path) -> None:
    write_signal(task, planted(np.random.default_rng(9), (-12, 9), windows=len(SUMMITS), reads=5), "other.")
    result = check(task, ["plus.bw", "other.plus.bw"], ["minus.bw", "other.minus.bw"])
    assert result["verdict"] == "right"
    assert result["reads"] == {"plus": 100 * 50, "minus": 100 * 50}
    assert [source["lag"] for source in result["sources"]] == pytest.approx([89, 21], abs=3)
    assert result["sources"][0]["shift"] == {
        "plus": pytest.approx(-43, abs=3),
        "minus": pytest.approx(46, abs=3),
    }
    assert (result["sigma"], result["flank"], result["windows"]) == (5, 200, 100)


@pytest.mark.parametrize("of_two", [False, True], ids=["the only pair", "one of two pairs"])
def test_exchanged_files_are_refused(task: Path, of_two: bool) -> None:
    plus, minus = (["plus.bw"], ["minus.bw"]) if of_two else ([], [])
    with pytest.raises(InputError) as caught:
        check(task, [*plus, "minus.bw"], [*minus, "plus.bw"])
    for word in ("minus.bw: plus and minus look exchanged", "+ begins 8", "exchange the files", "found:", "allowed:"):
        assert word in str(caught.value)
    assert not (task / "out").exists()


def test_one_file_for_both_strands_is_refused(task: Path) -> None:
    with pytest.raises(InputError, match="the same counts"):
        check(task, ["plus.bw"], ["plus.bw"])


def test_exchanged_files_without_much_evidence_are_only_reported(task: Path) -> None:
    write_signal(task, planted(np.random.default_rng(10), (0, 0), windows=len(SUMMITS), reads=1), "weak.")
    assert check(task, ["weak.minus.bw"], ["weak.plus.bw"])["verdict"] == "unclear"


@pytest.mark.parametrize("peaks", ["CTCF.ENCODE.chr21.liftedhg19.narrowPeak", "GM12878_CTCF.awgUniform.hg19.bed.gz"])
def test_the_shift_of_real_ctcf_reads(shared_data: Path, tmp_path: Path, peaks: str) -> None:
    rows = read_peaks(shared_data / "hg19/peaks" / peaks).query("contig == 'chr21'")
    write_task(tmp_path, "chr21", {"chr21": 48_129_895}, rows["summit"].to_numpy())
    for strand in ("plus", "minus"):
        track = shared_data / f"hg19/signal/GM12878_CTCF_r1.chr21.hg19.5p.{strand}.bw"
        (tmp_path / f"{strand}.bw").symlink_to(track)
    result = check(tmp_path, ["plus.bw"], ["minus.bw"])
    assert result["shift"] == {"plus": pytest.approx(-43, abs=10), "minus": pytest.approx(46, abs=10)}
    assert result["lag"] == pytest.approx(43 + 46, abs=20)
    assert result["verdict"] == "right"
    with pytest.raises(InputError, match="exchange the files"):
        check(tmp_path, ["minus.bw"], ["plus.bw"])


def test_the_lag_of_real_reads_around_their_own_enriched_bins(shared_data: Path, tmp_path: Path) -> None:
    bam = shared_data / "hg38/GM12878_CTCF_r1.chr21.hg38.bam"
    with pysam.AlignmentFile(str(bam)) as reads:
        sizes = dict(zip(reads.references, reads.lengths, strict=True))
    (tmp_path / "chrom.sizes").write_text("".join(f"{name}\t{size}\n" for name, size in sizes.items()))
    plus, minus = tmp_path / "plus.bw", tmp_path / "minus.bw"
    count_reads(bam, tmp_path / "chrom.sizes", plus, minus, tmp_path / "counts.tsv", 30, False)
    ends = read_five_prime_ends(bam, sizes, minimum_mapping_quality=30, keep_duplicates=False).positions["chr21"]
    bins = np.bincount(np.concatenate(ends) // 200)
    centres = np.argsort(bins)[::-1][:500] * 200 + 100
    counts = np.empty((len(centres), 2, 401), dtype=np.uint32)
    read_counts([plus], [minus], sizes, pd.DataFrame({"contig": "chr21", "start": centres - 200}), counts)
    found = measure_strand_shift(counts)
    assert found.lag == pytest.approx(43 + 46, abs=20)
    assert found.verdict == "right"

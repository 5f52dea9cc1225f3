"""Counts of read starts from bigWigs: the values that were written, summed; what is no count is refused."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyBigWig
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genome_data.formats.tracks import TrackWriter
from genome_data.windows.profile_counts import read_counts, smallest_type
from workflow_support.errors import InputError

SIZES = {"chr1": 3000, "chr2": 400}
EMPTY = {contig: np.zeros(size) for contig, size in SIZES.items()}


def write_track(path: Path, values: dict[str, np.ndarray]) -> Path:
    """A bigWig of dense values; zeros hold no value."""
    with TrackWriter(path, {contig: len(of_contig) for contig, of_contig in values.items()}) as track:
        for contig, of_contig in values.items():
            track.add_bases(contig, np.arange(len(of_contig)), of_contig)
    return path


def random_values(rng: np.random.Generator, mean: float = 0.5) -> dict[str, np.ndarray]:
    return {contig: rng.poisson(mean, size) for contig, size in SIZES.items()}


def read(plus: list[Path], minus: list[Path], windows: list[tuple[str, int]], width: int = 50) -> np.ndarray:
    out = np.full((len(windows), 2, width), 77, dtype=np.uint32)
    read_counts(plus, minus, SIZES, pd.DataFrame(windows, columns=["contig", "start"]), out)
    return out


@settings(max_examples=30)
@given(
    seed=st.integers(0, 2**32 - 1),
    windows=st.lists(st.tuples(st.sampled_from(list(SIZES)), st.integers(-60, 3010)), min_size=1, max_size=20),
)
def test_windows_hold_the_sums_of_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, seed: int, windows: list[tuple[str, int]]
) -> None:
    folder, rng = tmp_path_factory.mktemp("tracks"), np.random.default_rng(seed)
    sources = [[random_values(rng) for _ in range(2)], [random_values(rng)]]
    tracks = [
        [write_track(folder / f"{strand}.{index}.bw", values) for index, values in enumerate(of_strand)]
        for strand, of_strand in enumerate(sources)
    ]
    # The first window holds reads for certain, without which a track is refused.
    found = read(*tracks, [("chr1", 1000), *windows])
    for row, (contig, start) in enumerate([("chr1", 1000), *windows]):
        for strand, of_strand in enumerate(sources):
            beyond = np.pad(sum(values[contig] for values in of_strand), (60, 3100))
            assert np.array_equal(found[row, strand], beyond[start + 60 : start + 110])


def test_nan_and_contigs_that_a_track_lacks_count_as_zero(tmp_path: Path) -> None:
    with pyBigWig.open(str(tmp_path / "nan.bw"), "w") as bigwig:
        bigwig.addHeader([("chr1", 3000)])
        bigwig.addEntries(["chr1"] * 3, [5, 6, 9], ends=[6, 8, 10], values=[1.0, np.nan, 3.0])
    found = read([tmp_path / "nan.bw"], [tmp_path / "nan.bw"], [("chr2", 0), ("chr1", 4)], width=6)
    assert found.tolist() == [[[0] * 6] * 2, [[0, 1, 0, 0, 0, 3]] * 2]


def test_single_bases_are_written_as_runs(tmp_path: Path) -> None:
    values = np.array([0, 2, 2, 0, 2, 1, 1, 1, 0, 0.25, 0.25])
    with pyBigWig.open(str(write_track(tmp_path / "runs.bw", {"chr1": values}))) as bigwig:
        assert bigwig.intervals("chr1") == ((1, 3, 2.0), (4, 5, 2.0), (5, 8, 1.0), (9, 11, 0.25))


@pytest.mark.parametrize(("largest", "dtype"), [(0, np.uint16), (65_535, np.uint16), (65_536, np.uint32)])
def test_the_type_holds_the_largest_count(largest: int, dtype: type) -> None:
    assert smallest_type(largest) is dtype


def with_value(position: int, value: float) -> dict[str, np.ndarray]:
    values = random_values(np.random.default_rng(1))
    values["chr1"] = values["chr1"].astype(float)
    values["chr1"][position] = value
    return values


BAD_TRACKS = {
    "a negative value": (with_value(1010, -2), ["negative values", "-2 at chr1:1,011", "log ratio"]),
    "a fraction": (with_value(1049, 0.25), ["no whole numbers", "0.25 at chr1:1,050", "not a normalised"]),
    "an infinite value": (with_value(1000, np.inf), ["no whole numbers", "inf at chr1:1,001"]),
    "no value at all": (EMPTY, ["no read starts", "2 windows"]),
    "nothing in the windows": (
        {**EMPTY, "chr2": np.ones(400)},
        ["no read starts", "a sum of 0 over 2 windows", "this strand"],
    ),
    "other contigs": (
        {"chr1": np.zeros(3000), "chrUn": np.ones(40)},
        ["no read starts", "a sum of 0 over 2 windows"],
    ),
    "another build": ({"chr1": np.ones(2999)}, ["another genome build", "chr1 of 2,999 bases"]),
    "another naming": ({"1": np.ones(3000)}, ["no contig of the bigWig", "rename"]),
}


@pytest.mark.parametrize("strand", ["plus", "minus"])
@pytest.mark.parametrize("name", BAD_TRACKS)
def test_bad_tracks(tmp_path: Path, name: str, strand: str) -> None:
    values, words = BAD_TRACKS[name]
    bad = write_track(tmp_path / "bad.bw", values)
    good = write_track(tmp_path / "good.bw", random_values(np.random.default_rng(3)))
    with pytest.raises(InputError) as caught:
        read(*([bad], [good]) if strand == "plus" else ([good], [good, bad]), [("chr1", 1000), ("chr1", 2000)])
    for word in ("bad.bw", "found:", "allowed:", "fix:", *words):
        assert word in str(caught.value)


NEGATED = {contig: -values for contig, values in random_values(np.random.default_rng(2)).items()}


def test_a_negated_minus_strand_counts_without_its_sign(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    plus = write_track(tmp_path / "plus.bw", random_values(np.random.default_rng(3)))
    negated = write_track(tmp_path / "negated.bw", NEGATED)
    found = read([plus], [negated], [("chr1", 1000)])
    assert found[0, 1].tolist() == (-NEGATED["chr1"][1000:1050]).tolist()
    assert f"{negated}: all values are negative" in caplog.text


def test_a_negated_plus_strand_is_refused(tmp_path: Path) -> None:
    minus = write_track(tmp_path / "minus.bw", random_values(np.random.default_rng(3)))
    negated = write_track(tmp_path / "negated.bw", NEGATED)
    with pytest.raises(InputError) as caught:
        read([negated], [minus], [("chr1", 1000)])
    for word in ("negated.bw", "how some tools write the − strand", "no value above 0", "exchange", "-$4"):
        assert word in str(caught.value)


def test_fifty_thousand_windows_take_less_than_a_minute(tmp_path: Path) -> None:
    size, rng = 1_000_000, np.random.default_rng(4)
    positions = np.unique(rng.integers(0, size, 50_000))
    with TrackWriter(tmp_path / "large.bw", {"chr1": size}) as track:
        track.add_bases("chr1", positions, np.ones(len(positions)))
    windows = pd.DataFrame({"contig": "chr1", "start": rng.integers(0, size - 1000, 50_000)})
    out = np.empty((50_000, 2, 1000), dtype=np.uint32)
    begin = time.process_time()
    read_counts([tmp_path / "large.bw"], [], {"chr1": size}, windows, out)
    assert time.process_time() - begin < 60
    first = int(windows["start"].iloc[0])
    assert out[0, 0].sum() == np.count_nonzero((positions >= first) & (positions < first + 1000))

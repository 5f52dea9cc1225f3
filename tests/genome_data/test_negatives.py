"""Negatives keep away from peaks, stay in their split, match GC, and miss nothing that fits."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from negative_windows import (
    SETTINGS,
    allowed_windows,
    bin_of_fraction,
    faults,
    genome_of,
    intervals,
    positives,
    random_sequence,
    regions,
    sample_negatives,
)

from genome_data.windows import window_search
from genome_data.windows.table import composition
from workflow_support.errors import InputError


@st.composite
def experiments(draw):
    width = draw(st.integers(2, 8))
    letters = draw(st.sampled_from(["ACGT", "AAACGTTT", "ACGTNN", "AG"]))
    sequences = {
        contig: random_sequence(draw(st.integers(width, 150)), draw(st.integers(0, 10**6)), letters)
        for contig in ["a", "b", "c"][: draw(st.integers(1, 3))]
    }
    split_of = []
    for contig, sequence in sequences.items():
        cut = draw(st.integers(0, len(sequence)))
        split_of += [(contig, 0, cut, "train"), (contig, cut, len(sequence), draw(st.sampled_from(["test", "train"])))]
    split_of = regions(*(row for row in split_of if row[1] < row[2]))

    def places(largest):
        rows = []
        for _ in range(draw(st.integers(0, largest))):
            contig = draw(st.sampled_from(list(sequences)))
            start = draw(st.integers(0, len(sequences[contig]) - 1))
            rows.append((contig, start, min(start + draw(st.integers(1, 20)), len(sequences[contig]))))
        return intervals(*rows)

    wanted = [
        (contig, start, start + width, split, draw(st.sampled_from([0.0, 0.3, 0.5, 0.6, 1.0])))
        for contig, start, _, split in split_of.itertuples(index=False)
        for _ in range(draw(st.integers(1, 3)))
    ]
    options = {
        "width": width,
        "ratio": draw(st.sampled_from([0.4, 1.0, 3.0, 20.0])),
        "margin": draw(st.integers(0, 12)),
        "overlap": draw(st.booleans()),
        "gc_bin_width": draw(st.sampled_from([0.1, 0.25, 0.3])),
        "max_unknown_fraction": draw(st.sampled_from([0.0, 0.5, 1.0])),
        "seed": draw(st.integers(0, 99)),
    }
    return sequences, split_of, positives(*wanted), places(4), places(2), options


@settings(max_examples=100)
@given(experiments(), st.sampled_from([1, 7, 1 << 20]))
def test_negatives_are_allowed_disjoint_and_exhaustive(experiment, starts_per_block):
    sequences, split_of, wanted, peaks, masked, options = experiment
    allowed = allowed_windows(sequences, split_of, (peaks, masked, wanted), options)
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(window_search, "STARTS_PER_BLOCK", starts_per_block)
        genome = genome_of(Path(folder), **sequences)
        try:
            windows, counts = sample_negatives(genome, split_of, wanted, peaks, [masked], **options)
        except InputError as error:
            split = error.problem.split("'")[1]
            asked = Counter((row.split, bin_of_fraction(row.gc, options)) for row in wanted.itertuples())
            # A bin whose share of the ratio is below one window may be rounded to none.
            assert not any(key[0] == split and asked[key] * options["ratio"] >= 1 for key in allowed.values())
            return
        assert faults(windows, counts, allowed, options) == []
        for split, group in counts.groupby("split"):
            assert group["wanted"].sum() == int((wanted["split"] == split).sum() * options["ratio"] + 0.5)
        pd.testing.assert_series_equal(
            windows["gc"], composition(genome, windows, options["width"])["gc"], check_exact=True
        )


def test_the_checks_of_this_file_see_planted_faults(tmp_path):
    sequences = {"one": random_sequence(600, 8)}
    split_of = regions(("one", 0, 400, "train"), ("one", 400, 600, "test"))
    wanted = positives(("one", 100, 110, "train", 0.5), ("one", 500, 510, "test", 0.5))
    options = SETTINGS | {"ratio": 3, "margin": 20}
    peaks = intervals(("one", 90, 120))
    allowed = allowed_windows(sequences, split_of, (peaks, intervals(), wanted), options)
    windows, counts = sample_negatives(genome_of(tmp_path, **sequences), split_of, wanted, peaks, [], **options)
    assert faults(windows, counts, allowed, options) == []

    def with_start(start: int) -> pd.DataFrame:
        return windows.assign(start=[start, *windows["start"][1:]])

    second = windows["start"][1]
    assert faults(with_start(75), counts, allowed, options), "within the margin of a peak"
    assert faults(with_start(395), counts, allowed, options), "across a boundary"
    assert faults(with_start(second), counts, allowed, options), "the same window twice"
    assert faults(windows[::-1].assign(split=windows["split"].to_numpy()), counts, allowed, options), "another split"
    assert faults(windows[1:], counts, allowed, options), "one less than reported"
    fewer = counts.assign(found=counts["found"] - [1, 0], missing=counts["missing"] + [1, 0])
    assert any("although" in fault for fault in faults(windows[1:], fewer, allowed, options)), (
        "called exhausted too early"
    )


@pytest.mark.parametrize("seed", range(12))
def test_a_blocked_window_makes_way_for_one_beside_it(tmp_path, seed):
    """The only window of pure G overlaps the leftmost of half G on both sides; one a base further right still fits."""
    genome = genome_of(tmp_path, one="T" * 40 + "G" * 10 + "AG" * 6 + "T" * 40)
    wanted = positives(("one", 0, 10, "train", 1.0), ("one", 0, 10, "train", 0.5))
    options = SETTINGS | {"gc_bin_width": 0.05, "seed": seed}
    windows, counts = sample_negatives(genome, regions(("one", 30, 102, "train")), wanted, intervals(), [], **options)
    assert counts["missing"].tolist() == [0, 0]
    assert windows["start"][0] == 40
    assert windows["start"][1] in (50, 51, 52, 53)


@pytest.mark.parametrize("mirrored", [False, True])
def test_windows_may_touch(tmp_path, mirrored):
    """The only window of pure G touches the only one of pure A, and half G, which has other places, leaves it free."""
    sequence = "T" * 5 + "G" * 10 + "A" * 10 + "GA" * 5
    genome = genome_of(tmp_path, one="N" * 10 + (sequence[::-1] if mirrored else sequence))
    room = regions(("one", 10, 45, "train"))
    wanted = positives(*[("one", 0, 10, "train", gc) for gc in (0.0, 0.5, 1.0)])
    for seed in range(12):
        options = SETTINGS | {"gc_bin_width": 0.05, "seed": seed}
        _, counts = sample_negatives(genome, room, wanted, intervals(), [], **options)
        assert counts["missing"].tolist() == [0, 0, 0]


def test_unknown_bases_are_neither_gc_nor_drawn_alone(tmp_path):
    letters = np.array(list(random_sequence(3_000, 9)))
    letters[np.random.default_rng(1).random(3_000) < 0.7] = "N"
    genome = genome_of(tmp_path, one="".join(letters))
    wanted = positives(*[("one", 0, 4, "train", gc) for gc in (0.0, 0.5, 1.0)])
    whole = regions(("one", 0, 3_000, "train"))
    for most_unknown in (0.25, 0.5, 1.0):
        options = SETTINGS | {"width": 4, "ratio": 1000, "max_unknown_fraction": most_unknown}
        windows, counts = sample_negatives(genome, whole, wanted, intervals(), [], **options)
        found = composition(genome, windows, 4)
        assert found["gc"].notna().all()
        assert found["unknown"].max() == min(most_unknown, 0.75)
        assert counts["missing"].gt(0).all()


def test_a_margin_ends_with_its_contig(tmp_path):
    """A peak at the end of one contig leaves the start of the next alone."""
    genome = genome_of(tmp_path, one="AC" * 10, two="AC" * 5)
    wanted = positives(("one", 0, 10, "train", 0.5))
    windows, _ = sample_negatives(
        genome,
        regions(("one", 0, 20, "train"), ("two", 0, 10, "train")),
        wanted,
        intervals(("one", 15, 20)),
        [],
        **SETTINGS | {"margin": 10},
    )
    assert windows[["contig", "start", "end"]].to_numpy().tolist() == [["two", 0, 10]]

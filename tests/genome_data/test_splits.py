"""Regions and splits: what people write, disjoint, and the split of every window."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genome_data.intervals.overlaps import merge, overlapping, subtract
from genome_data.intervals.splits import Region, assign_split, parse_region, split_regions
from workflow_support.errors import InputError

SIZES = {"chr2": 100, "chr1": 50, "HLA:1-9": 20}


def frame(rows, **columns) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["contig", "start", "end"])
    return table.astype({"contig": "str", "start": int, "end": int}).assign(**columns)


def covered(intervals: pd.DataFrame) -> set[tuple[str, int]]:
    """Every base that an interval holds."""
    return {
        (contig, base)
        for contig, start, end in intervals[["contig", "start", "end"]].itertuples(index=False)
        for base in range(start, end)
    }


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("chr2", Region("chr2", 0, 100)),
        ("chr2:1-100", Region("chr2", 0, 100)),
        ("chr2:11-20", Region("chr2", 10, 20)),
        ("chr2:5-5", Region("chr2", 4, 5)),
        (" chr2:0,011-2,0 ", Region("chr2", 10, 20)),
        ("HLA:1-9", Region("HLA:1-9", 0, 20)),
        ("HLA:1-9:3-4", Region("HLA:1-9", 2, 4)),
    ],
)
def test_regions_are_one_based_and_hold_both_ends(text: str, region: Region) -> None:
    assert parse_region(text, SIZES) == region


def test_a_contig_whose_name_is_a_number_may_come_from_yaml_as_one() -> None:
    assert parse_region(21, {"21": 7}) == Region("21", 0, 7)


def test_training_is_what_the_other_splits_leave() -> None:
    regions = split_regions({"validation": ["chr2:41-60"], "test": ["chr1"], "exclude": ["HLA:1-9"]}, SIZES)
    assert regions.values.tolist() == [
        ["chr2", 0, 40, "train"],
        ["chr2", 40, 60, "validation"],
        ["chr2", 60, 100, "train"],
        ["chr1", 0, 50, "test"],
    ]


def test_excluded_regions_are_cut_out_of_every_split() -> None:
    splits = {"train": ["chr2"], "validation": ["chr1"], "test": ["HLA:1-9"], "exclude": ["chr2:11-20", "chr1:1-10"]}
    assert split_regions(splits, SIZES).values.tolist() == [
        ["chr2", 0, 10, "train"],
        ["chr2", 20, 100, "train"],
        ["chr1", 10, 50, "validation"],
        ["HLA:1-9", 0, 20, "test"],
    ]


def test_touching_and_overlapping_regions_of_one_split_are_one() -> None:
    splits = {"validation": ["chr2:1-10", "chr2:11-20", "chr2:15-30"], "test": ["chr1"]}
    assert split_regions(splits, SIZES).values.tolist()[0] == ["chr2", 0, 30, "validation"]


def test_the_split_of_a_window_is_the_one_that_holds_it_whole() -> None:
    regions = frame([("chr2", 10, 20), ("chr2", 20, 30), ("chr1", 0, 50)], split=["train", "test", "validation"])
    cases = {
        ("chr2", 10, 20): "train",
        ("chr2", 20, 30): "test",
        ("chr2", 12, 18): "train",
        ("chr2", 19, 21): "straddling",
        ("chr2", 9, 11): "straddling",
        ("chr2", 29, 31): "straddling",
        ("chr2", 5, 40): "straddling",
        ("chr2", 0, 10): "outside",
        ("chr2", 30, 31): "outside",
        ("chr1", 0, 50): "validation",
        ("chr1", 40, 60): "straddling",
        ("chr3", 0, 5): "outside",
    }
    assert assign_split(frame(list(cases)), regions).tolist() == list(cases.values())
    assert assign_split(frame([]), regions).tolist() == []


cuts = st.lists(st.integers(1, 99), min_size=2, max_size=8, unique=True).map(sorted)


@settings(max_examples=60)
@given(cuts, st.lists(st.tuples(st.sampled_from(["a", "b", "z"]), st.integers(0, 90), st.integers(1, 10)), max_size=20))
def test_assignment_agrees_with_the_bases_of_every_region(cut: list[int], windows) -> None:
    names = ["train", "validation", "test"]
    rows = [(contig, start, end) for contig in "ba" for start, end in pairwise(cut)]
    regions = frame(rows, split=[names[i % 3] for i in range(len(rows))]).sample(frac=1, random_state=0)
    table = frame([(contig, start, start + width) for contig, start, width in windows])
    owner = {base: split for split, part in regions.groupby("split") for base in covered(part)}
    for found, row in zip(assign_split(table, regions), table.itertuples(index=False), strict=True):
        inside = [
            region.split
            for region in regions.itertuples()
            if region.contig == row.contig and region.start <= row.start and row.end <= region.end
        ]
        touched = any((row.contig, base) in owner for base in range(row.start, row.end))
        assert found == (inside[0] if inside else "straddling" if touched else "outside")


intervals = st.lists(
    st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 30), st.integers(1, 9)).map(
        lambda each: (each[0], each[1], each[1] + each[2])
    ),
    max_size=8,
)


@settings(max_examples=25)
@given(intervals, intervals)
def test_interval_arithmetic_is_set_arithmetic_on_bases(first, second) -> None:
    one, two = frame(first), frame(second)
    tagged = one.assign(tag=[f"tag{row}" for row in range(len(one))])
    merged, left = merge(one), subtract(tagged, two)
    assert covered(merged) == covered(one)
    assert sum(merged["end"] - merged["start"]) == len(covered(one))
    assert covered(left) == covered(one) - covered(two)
    assert left.columns.tolist() == tagged.columns.tolist()
    for tag, pieces in left.groupby("tag"):
        assert covered(pieces) == covered(tagged[tagged["tag"] == tag]) - covered(two)
    expected = [bool(covered(one.iloc[[row]]) & covered(two)) for row in range(len(one))]
    assert overlapping(one, two).tolist() == expected


@pytest.mark.parametrize(
    ("splits", "problem", "message"),
    [
        ({"validation": ["chr2:1-50"], "test": ["chr2:50-60"]}, "overlap", "chr2:1-50"),
        ({"train": ["chr2"], "validation": ["chr2:1-50"], "test": ["chr1"]}, "overlap", "chr2:1-100"),
        ({"train": ["chr1"], "validation": ["chr2"], "test": ["chr1:50-50"]}, "overlap", "chr1"),
        ({"validation": ["chr3"], "test": ["chr1"]}, "lacks", "chr2"),
        ({"validation": ["2"], "test": ["chr1"]}, "lacks", "chr2"),
        ({"validation": ["chr2:1-101"], "test": ["chr1"]}, "past its contig", "1 to 100"),
        ({"validation": ["chr2:20-10"], "test": ["chr1"]}, "empty or starts before", "chr2:20-10"),
        ({"validation": ["chr2:0-10"], "test": ["chr1"]}, "empty or starts before", "chr2:0-10"),
        ({"validation": ["chr2:10"], "test": ["chr1"]}, "cannot be read", "chr2:10"),
        ({"validation": ["chr2:1e2-200"], "test": ["chr1"]}, "cannot be read", "chr2:1e2-200"),
        ({"validation": ["chr2:-5-10"], "test": ["chr1"]}, "cannot be read", "chr2:-5-10"),
        ({"validation": ["chr2:10..20"], "test": ["chr1"]}, "cannot be read", "chr2:10..20"),
        ({"validation": ["chr2:"], "test": ["chr1"]}, "cannot be read", "chr2:"),
        ({"validation": [""], "test": ["chr1"]}, "lacks", "chr2"),
        ({"validation": [], "test": ["chr1"]}, "`validation` holds no base", "validation"),
        ({"validation": ["chr1"]}, "`test` holds no base", "test"),
        ({"validation": ["chr2", "HLA:1-9"], "test": ["chr1"]}, "`train` holds no base", "train"),
        ({"validation": ["chr2"], "test": ["chr1"], "exclude": ["chr1"]}, "`test` holds no base", "chr1"),
        ({"validation": ["chr2"], "test": ["chr1"], "exclude": ["chr9"]}, "exclude: a region", "chr9"),
    ],
)
def test_bad_splits_are_refused_with_a_fix(splits, problem: str, message: str) -> None:
    with pytest.raises(InputError, match=problem) as caught:
        split_regions(splits, SIZES)
    assert message in str(caught.value)
    assert caught.value.fix


@pytest.mark.parametrize(
    ("asked", "genome", "message"),
    [
        ("21", {"chr21": 9, "chr22": 9}, "sed 's/^/chr/'"),
        ("chr12", {"chr21": 9, "chr22": 9}, "did you mean chr22 or chr21"),
        ("chr21", {"21": 9, "22": 9}, "sed 's/^chr//'"),
        ("NC_000021.8", {"chr21": 9, "chr22": 9}, "from the style RefSeq"),
        ("chr2L", {"chr2LHet": 9, "chr2R": 9}, "did you mean chr2R"),
        ("zzz", {"scaffold_1": 9}, "use the genome that has"),
    ],
)
def test_an_unknown_contig_is_refused_with_the_nearest_name_or_the_style(asked, genome, message) -> None:
    with pytest.raises(InputError) as caught:
        parse_region(asked, genome)
    assert message in caught.value.fix


def test_a_million_windows_are_assigned_in_a_moment() -> None:
    rng = np.random.default_rng(0)
    starts = rng.integers(0, 10**8, 1_000_000)
    windows = pd.DataFrame({"contig": "chr1", "start": starts, "end": starts + 200})
    regions = frame([("chr1", i * 10**6, (i + 1) * 10**6) for i in range(0, 100, 2)], split="train")
    found = assign_split(windows, regions)
    assert (found == "train").sum() == (
        ((starts // 10**6) % 2 == 0) & ((starts + 200) <= (starts // 10**6 + 1) * 10**6)
    ).sum()

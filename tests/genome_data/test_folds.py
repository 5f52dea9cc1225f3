"""Folds: how the genome is dealt into them, the roles of their windows, and what never lies on both sides of a test."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from find_near_copies import find_near_copies
from hypothesis import given, settings
from hypothesis import strategies as st

from genome_data.accounting import Accounting
from genome_data.alphabet import reverse_complement
from genome_data.folds import fold_name, folds_of, roles, split_names
from genome_data.intervals.folds import dealt_folds
from genome_data.intervals.splits import assign_split, split_regions
from genome_data.windows.copy_removal import NEAR_COPY, drop_near_copies
from genome_data.windows.near_copies import own_near_copies
from genome_data.windows.table import require_every_split, write_windows
from workflow_support.errors import InputError

WIDTH = 50


def sizes_of_folds(regions: pd.DataFrame, folds: int) -> np.ndarray:
    bases = (regions["end"] - regions["start"]).groupby(regions["split"]).sum()
    return bases.reindex(map(fold_name, range(1, folds + 1)), fill_value=0).to_numpy()


def whole(lengths: list[int]) -> pd.DataFrame:
    contigs = [f"chr{number}" for number in range(len(lengths))]
    return pd.DataFrame({"contig": contigs, "start": 0, "end": lengths})


@settings(max_examples=60)
@given(st.lists(st.integers(1, 60), min_size=1, max_size=15), st.integers(3, 8))
def test_dealt_folds_are_disjoint_cover_everything_and_are_equal_within_the_largest_item(lengths, folds) -> None:
    genome = whole(lengths)
    dealt = dealt_folds(genome, folds)
    assert dealt.equals(dealt_folds(genome, folds))
    covered = [(row.contig, base) for row in dealt.itertuples() for base in range(row.start, row.end)]
    assert len(covered) == len(set(covered)) == sum(lengths)
    assert set(covered) == {(row.contig, base) for row in genome.itertuples() for base in range(row.end)}
    found = sizes_of_folds(dealt, folds)
    is_whole = len(dealt) == len(genome) and (dealt["end"] - dealt["start"]).tolist() == lengths
    assert np.ptp(found) <= (max(lengths) if is_whole else 1)


def test_contigs_are_dealt_out_the_largest_first() -> None:
    dealt = dealt_folds(whole([10, 40, 30, 35, 20, 25]), 3)
    assert dealt["split"].tolist() == ["fold1", "fold1", "fold3", "fold2", "fold2", "fold3"]


def test_fewer_contigs_than_folds_are_cut_into_stretches_of_one_size() -> None:
    dealt = dealt_folds(whole([60, 40]), 4)
    assert dealt.values.tolist() == [
        ["chr0", 0, 25, "fold1"],
        ["chr0", 25, 50, "fold2"],
        ["chr0", 50, 60, "fold3"],
        ["chr1", 0, 15, "fold3"],
        ["chr1", 15, 40, "fold4"],
    ]


def test_configured_folds_leave_out_excluded_regions_and_keep_windows_whole() -> None:
    regions = split_regions({"folds": 3, "exclude": ["chr1:1-10", "chrM"]}, {"chr1": 100, "chrM": 16})
    assert regions.values.tolist() == [["chr1", 10, 40, "fold1"], ["chr1", 40, 70, "fold2"], ["chr1", 70, 100, "fold3"]]
    windows = pd.DataFrame({"contig": "chr1", "start": [10, 38, 40, 95], "end": [20, 48, 50, 105]})
    assert assign_split(windows, regions).tolist() == ["fold1", "straddling", "fold2", "straddling"]


def test_lists_of_contigs_and_regions_are_folds_as_given() -> None:
    given_folds = {"folds": [["chr2:1-50"], ["chr1"], ["chr2:51-100", "chr3"]], "exclude": ["chr2:1-5"]}
    regions = split_regions(given_folds, {"chr1": 10, "chr2": 100, "chr3": 20})
    assert regions.values.tolist() == [
        ["chr1", 0, 10, "fold2"], ["chr2", 5, 50, "fold1"], ["chr2", 50, 100, "fold3"], ["chr3", 0, 20, "fold3"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("folds", "words"),
    [
        ([["chr1:1-60"], ["chr1:60-80"], ["chr1:81-100"]], ["`fold1` and `fold2` overlap", "chr1:1-60 under fold1"]),
        ([["chr1:1-60"], ["chr9"], ["chr1:81-100"]], ["splits: fold2", "chr9"]),
        ([["chr1:1-60"], ["chr1:61-70"], ["chr1:91-95"]], ["the split `fold3` holds no base"]),
    ],
)
def test_faulty_lists_of_folds_name_the_fold(folds, words) -> None:
    with pytest.raises(InputError) as caught:
        split_regions({"folds": folds, "exclude": ["chr1:91-100"]}, {"chr1": 100})
    for word in words:
        assert word in str(caught.value)


@given(st.lists(st.integers(1, 6), min_size=6, max_size=60).filter(lambda folds: len(set(folds)) == 6))
def test_every_window_has_each_role_but_training_once_and_no_network_has_it_in_two_roles(folds) -> None:
    splits = np.array([fold_name(fold) for fold in folds], dtype=object)
    assert folds_of(splits) == [1, 2, 3, 4, 5, 6]
    of_networks = np.stack([roles(splits, fold) for fold in folds_of(splits)])
    assert ((of_networks == "test").sum(axis=0) == 1).all()
    assert ((of_networks == "validation").sum(axis=0) == 1).all()
    assert ((of_networks == "train").sum(axis=0) == 4).all()
    assert roles(splits, 6).tolist() == [{6: "test", 1: "validation"}.get(fold, "train") for fold in folds]


def test_windows_without_folds_keep_their_splits_and_ten_folds_their_order() -> None:
    splits = np.array(["train", "test", "validation"], dtype=object)
    assert folds_of(splits) == [None]
    assert roles(splits, None).tolist() == splits.tolist()
    assert split_names(["fold10", "fold2"]) == [f"fold{fold}" for fold in range(1, 11)]


def test_a_fold_without_a_peak_is_named() -> None:
    windows = pd.DataFrame({"split": ["fold1", "fold3"]})
    counts = pd.DataFrame({"reason": ["in", "kept"], "rows": [2, 2]})
    with pytest.raises(InputError, match="no peak is left in the split fold2") as caught:
        require_every_split(windows, ["fold1", "fold2", "fold3"], counts, file="p.bed", what="peak", fix="give regions")
    assert "fold1 1, fold2 0, fold3 1" in str(caught.value)


def with_copies(seed: int, pieces_of: list[int]) -> np.ndarray:
    """Random windows, each with one of some pieces of 40 bases on a random strand."""
    rng = np.random.default_rng(seed)
    pieces = rng.integers(0, 4, (max(pieces_of) + 1, 40), dtype=np.uint8)
    codes = rng.integers(0, 4, (len(pieces_of), WIDTH), dtype=np.uint8)
    for window, piece in zip(codes, pieces_of, strict=True):
        window[5:45] = pieces[piece] if rng.random() < 0.5 else reverse_complement(pieces[piece])
    return codes


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 4)), min_size=4, max_size=30), st.integers(0, 10**6))
def test_a_window_is_marked_if_the_networks_of_its_fold_learn_from_a_copy_on_either_strand(rows, seed) -> None:
    rows = [*rows, *((6 + fold, fold) for fold in (1, 2, 3, 4))]
    codes, folds = with_copies(seed, [piece for piece, _ in rows]), np.array([fold for _, fold in rows])
    splits = np.array([fold_name(fold) for fold in folds], dtype=object)
    # The networks of a fold learn from all others but the next one.
    expected = [
        any(piece == other and there not in (fold, fold % 4 + 1) for other, there in rows) for piece, fold in rows
    ]
    assert own_near_copies(codes, splits).tolist() == expected


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 4)), min_size=4, max_size=30), st.integers(0, 10**6))
def test_removal_leaves_each_sequence_in_one_fold_and_counts_the_others(rows, seed) -> None:
    rows = [*rows, *((6 + fold, fold) for fold in (1, 2, 3, 4))]
    codes, first = with_copies(seed, [piece for piece, _ in rows]), {}
    for piece, fold in rows:
        first[piece] = min(fold, first.get(piece, 9))
    windows = pd.DataFrame({"split": [fold_name(fold) for _, fold in rows], "label": 1})
    accounting = Accounting(len(rows), [NEAR_COPY])
    drop_near_copies(accounting, windows, codes, "peaks.bed")
    assert accounting.is_kept.tolist() == [first[piece] == fold for piece, fold in rows]
    kept = windows["split"][accounting.is_kept].to_numpy()
    assert not own_near_copies(codes[accounting.is_kept], kept).any()
    assert accounting.table().set_index("reason")["rows"].to_dict() == {
        "in": len(rows), NEAR_COPY: len(rows) - len(kept), "kept": len(kept),
    }  # fmt: skip


def test_a_class_that_removal_takes_from_a_fold_is_an_error() -> None:
    codes = with_copies(0, [0, 1, 2, 0])
    windows = pd.DataFrame({"split": ["fold1", "fold2", "fold3", "fold3"], "label": [1, 1, 0, 1]})
    with pytest.raises(InputError, match="leaves a class without a window") as caught:
        drop_near_copies(Accounting(4, [NEAR_COPY]), windows, codes, "peaks.bed")
    assert "fold3 with the label 1" in str(caught.value)


def test_the_file_of_near_copies_compares_each_fold_with_what_its_networks_learn_from(tmp_path) -> None:
    codes = with_copies(1, [0, 1, 0, 2])
    table = pd.DataFrame(
        {"contig": "chr1", "start": range(4), "end": range(WIDTH, WIDTH + 4), "name": list("abcd"), "label": 1,
         "split": ["fold1", "fold2", "fold3", "fold4"], "gc": 0.5}
    )  # fmt: skip
    write_windows(table, tmp_path / "windows.tsv")
    np.save(tmp_path / "codes.npy", codes)
    find_near_copies(tmp_path / "windows.tsv", tmp_path / "codes.npy", tmp_path / "near.npy")
    # The networks of fold 1 learn from folds 3 and 4, those of fold 3 from folds 1 and 2.
    assert np.load(tmp_path / "near.npy").tolist() == [True, False, True, False]

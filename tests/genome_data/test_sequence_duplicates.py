"""Copies among sequences, counted as by hand, and splits made without any."""

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genome_data import SPLITS
from genome_data.alphabet import reverse_complement, reverse_complement_of_bytes
from genome_data.windows.labelled_sequences import make_splits
from genome_data.windows.sequence_duplicates import duplicate_report, groups_of_copies

SEQUENCES = st.lists(st.integers(0, 4), min_size=1, max_size=3).map(bytes)
WITHIN = [f"{split}-{split}" for split in SPLITS]
ROWS = st.lists(st.tuples(SEQUENCES, st.integers(0, 2), st.sampled_from(SPLITS)), max_size=25)


def report(rows: list[tuple[bytes, int, str]]) -> dict[tuple[str, str], list[int]]:
    table = duplicate_report(*([row[i] for row in rows] for i in range(3)))
    return {(row.between, row.strand): [row.rows, row.same_label, row.other_label] for row in table.itertuples()}


def codes(letters: str) -> bytes:
    return bytes("ACGTN".index(letter) for letter in letters)


@given(SEQUENCES)
def test_the_other_strand_is_that_of_the_alphabet(sequence: bytes) -> None:
    array = np.frombuffer(sequence, dtype=np.uint8)
    assert reverse_complement_of_bytes(sequence) == reverse_complement(array).tobytes()


def test_planted_copies_are_found() -> None:
    found = report(
        [
            (codes("AACGTC"), 0, "train"),
            (codes("AACGTC"), 1, "train"),  # same strand, other label
            (codes("GACGTT"), 1, "train"),  # reverse complement of both
            (codes("GACGTT"), 0, "test"),  # copy of the third, reverse complement of the first two
            (codes("AACGTCN"), 0, "test"),  # longer: no copy
            (codes("ACGT"), 0, "validation"),  # its own reverse complement: no copy of itself
            (codes("AACGTC"), 2, "validation"),
        ]
    )
    assert found["train-train", "same"] == [1, 0, 1]
    assert found["train-train", "reverse complement"] == [1, 1, 1]
    assert found["train-train", "either"] == [2, 1, 2]
    assert found["train-test", "same"] == [1, 0, 1]
    assert found["train-test", "reverse complement"] == [1, 1, 1]
    assert found["train-test", "either"] == [1, 1, 1]
    assert found["train-validation", "either"] == [1, 0, 1]
    assert found["validation-test", "reverse complement"] == [1, 0, 1]
    assert found["validation-validation", "either"] == [0, 0, 0]


@given(ROWS)
def test_the_report_is_that_of_comparing_every_pair(rows: list[tuple[bytes, int, str]]) -> None:
    found = report(rows)
    assert len(found) == 18
    for (between, strand), counts in found.items():
        first, second = between.split("-")
        expected = [0, 0, 0]
        for i, (sequence, label, split) in enumerate(rows):
            if split != second:
                continue
            texts = {"same": [sequence], "reverse complement": [reverse_complement_of_bytes(sequence)]}
            texts["either"] = texts["same"] + texts["reverse complement"]
            earlier = rows[:i] if first == second else rows
            labels = [other for text, other, part in earlier if part == first and text in texts[strand]]
            expected[0] += bool(labels)
            expected[1] += label in labels
            expected[2] += any(other != label for other in labels)
        assert counts == expected


@given(st.lists(SEQUENCES, min_size=1, max_size=30))
def test_groups_hold_copies_on_either_strand_and_nothing_else(sequences: list[bytes]) -> None:
    groups = groups_of_copies(sequences)
    for one, group in zip(sequences, groups, strict=True):
        for other, its_group in zip(sequences, groups, strict=True):
            assert (group == its_group) == (other in (one, reverse_complement_of_bytes(one)))


@given(
    st.lists(st.tuples(SEQUENCES, st.integers(0, 2)), min_size=1, max_size=60),
    st.floats(0.05, 0.45),
    st.floats(0.05, 0.45),
    st.integers(0, 5),
)
def test_made_splits_divide_no_group_and_have_the_shares_asked_for(rows, validation, test, seed) -> None:
    sequences = [sequence for sequence, _ in rows]
    groups = groups_of_copies(sequences)
    # One class a group, so that the shares of a class are those of its rows.
    labels = np.array([rows[int(np.argmax(groups == group))][1] for group in groups])
    splits = make_splits(groups, labels, validation=validation, test=test, seed=seed)
    assert (pd.Series(splits).groupby(groups).nunique() == 1).all()
    between = duplicate_report(sequences, labels, splits)
    assert (between.loc[~between["between"].isin(WITHIN), "rows"] == 0).all()
    for label in np.unique(labels):
        of_class = labels == label
        largest = np.bincount(groups[of_class]).max()
        found = {split: np.count_nonzero(splits[of_class] == split) for split in SPLITS}
        assert abs(found["test"] - test * of_class.sum()) <= largest / 2 + 1e-9
        assert abs(found["validation"] - validation * of_class.sum()) <= largest + 1e-9
    again = make_splits(groups, labels, validation=validation, test=test, seed=seed)
    assert splits.tolist() == again.tolist()


@settings(max_examples=30)
@given(st.lists(st.tuples(SEQUENCES, st.integers(0, 2)), min_size=1, max_size=60), st.integers(0, 5))
def test_a_group_of_several_classes_is_not_divided_either(rows, seed) -> None:
    groups = groups_of_copies([sequence for sequence, _ in rows])
    labels = np.array([label for _, label in rows])
    splits = make_splits(groups, labels, validation=0.3, test=0.3, seed=seed)
    assert set(splits) <= set(SPLITS)
    assert (pd.Series(splits).groupby(groups).nunique() == 1).all()


@pytest.mark.parametrize(("mixed", "other"), [([0, 1, 1], 0), ([0, 1], 1)], ids=["most frequent", "equals: lowest"])
def test_a_group_of_several_classes_is_dealt_out_with_one_of_them(mixed: list[int], other: int) -> None:
    """Ten mixed groups, ten rows of the class for which they do not count: each ten has the shares of its own."""
    groups = np.concatenate([np.repeat(np.arange(10), len(mixed)), np.arange(10, 20)])
    labels = np.concatenate([np.tile(mixed, 10), np.full(10, other)])
    for seed in range(20):
        splits = pd.Series(make_splits(groups, labels, validation=0.2, test=0.1, seed=seed)).groupby(groups).first()
        for ten in (splits[:10], splits[10:]):
            assert ten.value_counts().to_dict() == {"train": 7, "validation": 2, "test": 1}


def test_the_seed_decides() -> None:
    groups, labels = np.arange(100), np.arange(100) % 2
    one, other = (make_splits(groups, labels, validation=0.2, test=0.1, seed=seed) for seed in (1, 2))
    assert (one != other).any()
    counts = pd.DataFrame({"split": one, "label": labels}).value_counts().to_dict()
    sizes = {"test": 5, "validation": 10, "train": 35}
    assert counts == {(split, label): size for split, size in sizes.items() for label in (0, 1)}


def test_thirty_thousand_sequences_take_no_time() -> None:
    random = np.random.default_rng(0)
    sequences = [row.tobytes() for row in random.integers(0, 4, (30_000, 101), dtype=np.uint8)]
    sequences[7] = reverse_complement_of_bytes(sequences[29_000])
    splits = np.repeat(SPLITS, 10_000)
    begin = time.perf_counter()
    table = duplicate_report(sequences, np.zeros(30_000, dtype=int), splits).set_index(["between", "strand"])
    assert groups_of_copies(sequences).max() == 29_998
    assert time.perf_counter() - begin < 2
    assert table["rows"].sum() == 2
    assert table.loc[("train-test", "reverse complement"), "rows"] == 1

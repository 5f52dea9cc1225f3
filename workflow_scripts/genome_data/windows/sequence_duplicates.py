"""Copies among labelled sequences, on the same strand and as reverse complements, which would leak between splits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations_with_replacement

import numpy as np
import pandas as pd

from .. import SPLITS
from ..alphabet import reverse_complement_of_bytes


def groups_of_copies(sequences: Sequence[bytes]) -> np.ndarray:
    """Group of each sequence: copies on either strand share a number, counted from 0 in order of appearance."""
    either = np.empty(len(sequences), dtype=object)
    either[:] = [min(sequence, reverse_complement_of_bytes(sequence)) for sequence in sequences]
    return pd.factorize(either)[0]


def duplicate_report(
    sequences: Sequence[bytes], labels: Sequence[object], splits: Sequence[str] | pd.Series
) -> pd.DataFrame:
    """Count the rows that repeat a sequence.

    Two sequences are copies if they are equal from the first to the last base, where N equals only N. Reverse
    complements are copies on the other strand. A sequence that is its own reverse complement is no copy of itself. Only
    whole sequences are compared.

    Parameters
    ----------
    sequences, labels, splits
        Base codes (as bytes), label and split of each row.

    Returns
    -------
    pandas.DataFrame
        ``between, strand, rows, same_label, other_label``, one row per pair of splits (6) and strand (3).

        ``between``
            Two splits. ``train-test`` counts rows of the test split that repeat any row of the training split.
            ``train-train`` counts rows that repeat an earlier row of their own split: without them, no copy is left.
        ``strand``
            ``same``, ``reverse complement`` or ``either``; a row may repeat others on both strands.
        ``rows``
            Number of these rows.
        ``same_label``, ``other_label``
            Number of these rows that repeat a row with the same label, and with another one; a row may do both.
    """
    table = pd.DataFrame({"split": list(splits), "label": list(labels)})
    table["same"] = list(sequences)
    table["reverse complement"] = [reverse_complement_of_bytes(each) for each in sequences]
    by_split = {split: table[table["split"] == split] for split in SPLITS}
    return pd.DataFrame(
        [
            (f"{first}-{second}", strand, *counts)
            for first, second in combinations_with_replacement(SPLITS, 2)
            for strand, counts in _counts(by_split[first], by_split[second], is_within=first == second).items()
        ],
        columns=["between", "strand", "rows", "same_label", "other_label"],
    )


def _counts(earlier: pd.DataFrame, rows: pd.DataFrame, *, is_within: bool) -> dict[str, np.ndarray]:
    """The three counts of the report for each strand."""
    counts = {strand: np.zeros(3, dtype=np.int64) for strand in ("same", "reverse complement", "either")}
    found = _labels_within(rows) if is_within else _labels_between(earlier, rows)
    for label, (same, reverse) in zip(rows["label"], found, strict=True):
        for strand, labels in (("same", same), ("reverse complement", reverse), ("either", same | reverse)):
            if labels:
                counts[strand] += (1, label in labels, len(labels) > (label in labels))
    return counts


_Labels = tuple[set[object], set[object]]
_NONE: set[object] = set()


def _labels_between(earlier: pd.DataFrame, rows: pd.DataFrame) -> Iterator[_Labels]:
    """Yield the labels of the earlier rows that each row repeats, on the same and on the other strand."""
    seen: dict[bytes, set[object]] = {}
    for sequence, label in zip(earlier["same"], earlier["label"], strict=True):
        seen.setdefault(sequence, set()).add(label)
    for same, reverse in zip(rows["same"], rows["reverse complement"], strict=True):
        yield seen.get(same, _NONE), seen.get(reverse, _NONE)


def _labels_within(rows: pd.DataFrame) -> Iterator[_Labels]:
    """Yield the same as `_labels_between`, where the earlier rows are the rows above each row."""
    seen: dict[bytes, set[object]] = {}
    for same, reverse, label in zip(rows["same"], rows["reverse complement"], rows["label"], strict=True):
        yield seen.get(same, _NONE), seen.get(reverse, _NONE)
        seen.setdefault(same, set()).add(label)

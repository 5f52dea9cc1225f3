"""Copies among sequences, on the same strand and as reverse complements: what leaks from one split into another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations_with_replacement

import numpy as np
import pandas as pd

from .. import SPLITS
from ..alphabet import UNKNOWN, reverse_complement

_COMPLEMENT = reverse_complement(np.arange(UNKNOWN + 1, dtype=np.uint8)[::-1]).tobytes().ljust(256)


def other_strand(sequence: bytes) -> bytes:
    """Base codes of the reverse complement, as bytes."""
    return sequence[::-1].translate(_COMPLEMENT)


def groups_of_copies(sequences: Sequence[bytes]) -> np.ndarray:
    """Number of the group of each sequence: the same for copies on either strand, from 0 in the order of appearance."""
    either = np.empty(len(sequences), dtype=object)
    either[:] = [min(sequence, other_strand(sequence)) for sequence in sequences]
    return pd.factorize(either)[0]


def duplicate_report(
    sequences: Sequence[bytes], labels: Sequence[object], splits: Sequence[str] | pd.Series
) -> pd.DataFrame:
    """Count the rows that repeat a sequence.

    Two sequences are copies if they are equal from the first to the last base, any unknown base being one letter N;
    reverse complements are copies on the other strand. A sequence that is its own reverse complement is no copy of
    itself. Nothing shorter than the whole sequence is compared.

    Parameters
    ----------
    sequences, labels, splits
        Base codes as bytes, label, and split of each row.

    Returns
    -------
    pandas.DataFrame
        ``between, strand, rows, same_label, other_label``: 6 pairs of splits by 3 strands.

        ``between``
            Two splits. ``train-test`` is about rows of the test split that repeat any row of the training split,
            ``train-train`` about rows that repeat an earlier row of their own split: without them no copy is left.
        ``strand``
            ``same``, ``reverse complement``, or ``either`` (a row may repeat others on both strands).
        ``rows``
            Number of these rows.
        ``same_label``, ``other_label``
            Number of these rows that repeat a row of the same, of another label; a row may do both.
    """
    table = pd.DataFrame({"split": list(splits), "label": list(labels)})
    table["same"] = list(sequences)
    table["reverse complement"] = [other_strand(each) for each in sequences]
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
    """Rows, rows of the same label and of another label, by strand."""
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
    """Labels of the earlier rows that each row repeats, on the same and on the other strand."""
    seen: dict[bytes, set[object]] = {}
    for sequence, label in zip(earlier["same"], earlier["label"], strict=True):
        seen.setdefault(sequence, set()).add(label)
    for same, reverse in zip(rows["same"], rows["reverse complement"], strict=True):
        yield seen.get(same, _NONE), seen.get(reverse, _NONE)


def _labels_within(rows: pd.DataFrame) -> Iterator[_Labels]:
    """As `_labels_between`, for the rows above each row."""
    seen: dict[bytes, set[object]] = {}
    for same, reverse, label in zip(rows["same"], rows["reverse complement"], rows["label"], strict=True):
        yield seen.get(same, _NONE), seen.get(reverse, _NONE)
        seen.setdefault(same, set()).add(label)

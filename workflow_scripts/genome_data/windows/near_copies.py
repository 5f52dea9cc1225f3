"""Near-copies: windows that share 32 bases in a row with a training window, or equal one, on either strand.

They would leak as exact copies do.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..alphabet import UNKNOWN, reverse_complement_of_bytes
from ..folds import folds_of, held_out, is_trained_on, roles, split_names

SHARED_BASES = 32
"""Bases in a row that near-copies have in common. By chance, two windows of 1,000 bases share them once in 10^13."""

_POSITIONS_PER_BLOCK = 2_000_000
"""Positions whose 32-mers are in memory at the same time, so that memory does not grow with the number of windows."""
_POSITIONS_PER_INDEX = 32_000_000
"""Positions whose 32-mers are looked up together. With a larger index the training windows are read less often."""


def canonical_kmers(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The 32-mers of windows as numbers that are the same on both strands, and whether all of their bases are known.

    A number has two bits per base, and is the smaller of the two that a 32-mer and its reverse complement have. So two
    32-mers have the same number only if they are the same on either strand.

    Parameters
    ----------
    codes
        Base codes, uint8 (windows, width).

    Returns
    -------
    uint64 and bool, both (windows, width - 31); without columns for windows of less than 32 bases.
    """
    forward = codes.astype(np.uint64)
    # The bits of an unknown base are wrong, and those of its neighbours with them. No such 32-mer is used.
    reverse = forward ^ np.uint64(3)
    length = 1
    while length < SHARED_BASES:
        # A word of twice the length is two neighbours side by side; on the other strand the second one comes first.
        bits = np.uint64(2 * length)
        forward = forward[:, :-length] << bits | forward[:, length:]
        reverse = reverse[:, length:] << bits | reverse[:, :-length]
        length *= 2
    return np.minimum(forward, reverse), _is_known(codes)


def near_copies(codes: np.ndarray, rows: np.ndarray, others: np.ndarray, other_rows: np.ndarray) -> np.ndarray:
    """The windows that share 32 known bases in a row with any of other windows, or equal one, on either strand.

    Equal windows that are short or hold many unknown bases may have no 32 known bases in a row. They are compared as a
    whole, where N equals N, but without the N at their ends: shorter sequences are padded with them.

    No 32-mer is left out, and memory does not grow with the number of windows that have one (about 0.5 GB).

    Parameters
    ----------
    codes, rows
        Base codes (windows, width), and the windows that are asked about.
    others, other_rows
        The same of the windows that they are compared with.

    Returns
    -------
    bool (len(rows),).
    """
    found = _copies_without_kmers(codes, rows, others, other_rows)
    for part in _blocks(len(rows), codes.shape[1], _POSITIONS_PER_INDEX):
        asked = rows[part]
        blocks = list(_blocks(len(asked), codes.shape[1], _POSITIONS_PER_BLOCK))
        index = np.concatenate([_known_kmers(codes[asked[block]]) for block in blocks])
        index.sort()
        is_shared = np.zeros(len(index), dtype=bool)
        for block in _blocks(len(other_rows), others.shape[1], _POSITIONS_PER_BLOCK):
            # Sorted numbers are looked up many times faster, since neighbours lie close together in memory.
            kmers = np.sort(_known_kmers(others[other_rows[block]]))
            places, is_there = _find(index, kmers)
            is_shared[places[is_there]] = True
        shared = index[is_shared]
        for block in blocks:
            kmers, is_known = canonical_kmers(codes[asked[block]])
            found[part][block] |= (_find(shared, kmers)[1] & is_known).any(axis=1)
    return found


def held_out_near_copies(
    codes: np.ndarray, splits: np.ndarray, training_codes: np.ndarray, training_splits: np.ndarray
) -> np.ndarray:
    """The windows outside the training split that are near-copies of training windows of another task.

    Parameters
    ----------
    codes, splits
        Base codes (windows, width) and the split of each window. All windows of a task with folds are held out.
    training_codes, training_splits
        The same of the task whose training split is compared. With folds, it is trained on all of its windows.

    Returns
    -------
    bool (windows,), False for training windows.
    """
    asked = np.flatnonzero(np.logical_or.reduce(list(held_out(splits).values())))
    found = np.zeros(len(splits), dtype=bool)
    found[asked] = near_copies(codes, asked, training_codes, np.flatnonzero(is_trained_on(training_splits)))
    return found


def own_near_copies(codes: np.ndarray, splits: np.ndarray) -> np.ndarray:
    """The held-out windows of a task that are near-copies of windows that the networks to be tested on them learn from.

    Parameters
    ----------
    codes, splits
        Base codes (windows, width) and the split of each window. A window of a fold is compared with the windows that
        the networks of this fold are trained on.

    Returns
    -------
    bool (windows,), False for training windows.
    """
    if folds_of(splits) == [None]:
        return held_out_near_copies(codes, splits, codes, splits)
    found = np.zeros(len(splits), dtype=bool)
    for fold in folds_of(splits):
        tested, trained = (np.flatnonzero(roles(splits, fold) == role) for role in ("test", "train"))
        found[tested] = near_copies(codes, tested, codes, trained)
    return found


def training_near_copies(codes: np.ndarray, splits: np.ndarray) -> np.ndarray:
    """The training windows that are near-copies of validation or test windows of the same task.

    Without them no held-out window is a near-copy, because near-copies are so of each other. Of near-copies in several
    folds, those in the first of these folds are kept, and all others are found.

    Parameters
    ----------
    codes, splits
        Base codes (windows, width) and the split of each window.

    Returns
    -------
    bool (windows,), False for held-out windows, and for those of the first fold.
    """
    names = split_names(splits)
    before = {"train": names[1:]}
    if folds_of(splits) != [None]:
        before = {name: names[:place] for place, name in enumerate(names)}
    found = np.zeros(len(splits), dtype=bool)
    for split, others in before.items():
        rows = np.flatnonzero(splits == split)
        found[rows] = near_copies(codes, rows, codes, np.flatnonzero(np.isin(splits.astype(str), others) & ~found))
    return found


def _copies_without_kmers(
    codes: np.ndarray, rows: np.ndarray, others: np.ndarray, other_rows: np.ndarray
) -> np.ndarray:
    """The windows that equal any of other windows, among those in which no 32 known bases stand in a row: bool."""
    found = np.zeros(len(rows), dtype=bool)
    places = _places_without_kmers(codes, rows)
    if len(places):
        seen = {_either_strand(others[row]) for row in other_rows[_places_without_kmers(others, other_rows)]}
        found[places] = [_either_strand(codes[row]) in seen for row in rows[places]]
    return found


def _places_without_kmers(codes: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The places in ``rows`` of the windows in which no 32 known bases stand in a row."""
    blocks = _blocks(len(rows), codes.shape[1], _POSITIONS_PER_BLOCK)
    has_none = [~_is_known(codes[rows[block]]).any(axis=1) for block in blocks]
    return np.flatnonzero(np.concatenate(has_none)) if has_none else np.zeros(0, dtype=np.int64)


def _is_known(codes: np.ndarray) -> np.ndarray:
    """The 32-mers of which all bases are known: bool (windows, width - 31)."""
    is_known, length = codes != UNKNOWN, 1
    while length < SHARED_BASES:
        is_known = is_known[:, :-length] & is_known[:, length:]
        length *= 2
    return is_known


def _either_strand(window: np.ndarray) -> bytes:
    """A window from its first to its last known base, the same for its reverse complement."""
    # Where padding is odd, it is one base longer on one side, and a reverse complement lies one base further.
    sequence = window.tobytes().strip(bytes([UNKNOWN]))
    return min(sequence, reverse_complement_of_bytes(sequence))


def _known_kmers(codes: np.ndarray) -> np.ndarray:
    kmers, is_known = canonical_kmers(codes)
    return kmers[is_known]


def _find(index: np.ndarray, kmers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first place of each k-mer in the sorted ``index``, and whether it is there."""
    places = np.searchsorted(index, kmers)
    is_there = places < len(index)
    is_there[is_there] = index[places[is_there]] == kmers[is_there]
    return places, is_there


def _blocks(rows: int, width: int, positions: int) -> Iterator[slice]:
    step = max(1, positions // width)
    yield from (slice(start, start + step) for start in range(0, rows, step))

"""Sequences in the middle of rows of base codes, between unknown bases."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..alphabet import UNKNOWN


def in_the_middle(sequences: Sequence[np.ndarray], width: int) -> np.ndarray:
    """Base codes of sequences in rows of one width: uint8 (sequences, width).

    Of u unknown bases around a sequence, floor(u / 2) are on the left.

    Parameters
    ----------
    sequences
        Base codes of each, uint8 (length,), none longer than ``width``.
    """
    codes = np.full((len(sequences), width), UNKNOWN, dtype=np.uint8)
    for row, sequence in zip(codes, sequences, strict=True):
        left = (width - len(sequence)) // 2
        row[left : left + len(sequence)] = sequence
    return codes


def sequences_in(codes: np.ndarray, lengths: np.ndarray) -> list[np.ndarray]:
    """The sequences of these lengths that :func:`in_the_middle` placed in rows (sequences, width)."""
    lefts = (codes.shape[1] - lengths) // 2
    return [row[left : left + length] for row, left, length in zip(codes, lefts, lengths, strict=True)]

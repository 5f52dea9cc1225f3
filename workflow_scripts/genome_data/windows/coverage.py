"""Coverage told from counts of 5' ends, by how the values of neighbouring bases differ.

Counts of 5' ends at neighbouring bases are nearly independent: the square of their difference is on average at least
their sum, as for Poisson numbers. Coverage changes only where a read begins or ends, so that this ratio is about one
divided by the length of a read, at any depth. Averages over bins have runs of equal values instead, in whatever unit.
Each stretch of covered bases is also at least a read long, and coverage has one sign.
"""

from __future__ import annotations

import numpy as np

_CALM = 0.5
"""Ratio below which values change too little; 5' ends without duplicates have 1 minus the share of bases with one."""
_RUNS = 0.7
"""Share of the bases with a value whose next base has the same value, above which values come in runs."""
_SHORT, _FEW = 10, 0.05
"""Length in bases that every read has, and the largest share of shorter stretches in coverage."""


class CoverageEvidence:
    """Sums over windows of a track that tell coverage from counts of 5' ends."""

    def __init__(self) -> None:
        self._squares = self._sums = 0.0
        self._unit = np.inf
        self._signs: set[float] = set()
        self._followed = self._followed_by_equal = 0
        self._stretches = self._short = 0
        self.shortest: int | None = None
        """Length of the shortest stretch of bases with a value inside a window; None if none lies inside."""

    def add(self, values: np.ndarray) -> None:
        """Take note of values of any sign: (windows, bases)."""
        sizes = np.abs(values.astype(np.float64))
        if not sizes.any() or not np.isfinite(sizes).all():
            return
        self._unit = min(self._unit, float(sizes[sizes > 0].min()))
        self._squares += float(np.square(np.diff(sizes, axis=1)).sum())
        self._sums += float((sizes[:, 1:] + sizes[:, :-1]).sum())
        self._signs |= set(np.unique(np.sign(values))) - {0}
        has_value = sizes[:, :-1] > 0
        self._followed += int(np.count_nonzero(has_value))
        self._followed_by_equal += int(np.count_nonzero(has_value & (sizes[:, 1:] == sizes[:, :-1])))
        lengths = _stretches(sizes > 0)
        if len(lengths):
            self._stretches += len(lengths)
            self._short += int(np.count_nonzero(lengths < _SHORT))
            self.shortest = min(int(lengths.min()), self.shortest or int(lengths.max()))

    @property
    def ratio(self) -> float:
        """Squared difference over sum of neighbouring values, in units of the smallest value; 1 without values."""
        return self._squares / (self._unit * self._sums) if self._sums else 1.0

    @property
    def is_coverage(self) -> bool:
        """True if values change as little as coverage does and stretches of bases with a value are as long as reads."""
        is_calm = self.ratio < _CALM or self._followed_by_equal > _RUNS * self._followed
        return is_calm and self._short <= _FEW * self._stretches and len(self._signs) == 1


def _stretches(has_value: np.ndarray) -> np.ndarray:
    """Lengths of the stretches of bases with a value that touch neither end of their window: (stretches,)."""
    padded = np.pad(has_value, ((0, 0), (1, 1))).astype(np.int8)
    steps = np.diff(padded, axis=1)
    starts = np.nonzero(steps == 1)[1]
    ends = np.nonzero(steps == -1)[1]
    is_inside = (starts > 0) & (ends < has_value.shape[1])
    return (ends - starts)[is_inside]

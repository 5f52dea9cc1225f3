"""Bins of GC content: the bin of a fraction, and of the window at every start of a sequence."""

from __future__ import annotations

import numpy as np

BARRED = -(1 << 30)
"""Bin of a window with too many unknown bases; it stays negative when a key adds the number of a split."""
C, G, N = b"CGN"


class GCBins:
    """Bins of the GC fraction of known bases; the last bin includes its upper edge.

    Attributes
    ----------
    edges
        (bins + 1,) from 0 to 1; the last bin may be narrower.
    table
        int32 (most unknown bases + 2, width + 1): the bin for a number of unknown and of GC bases; ``BARRED`` if the
        window has too many unknown ones.
    """

    def __init__(self, width: int, bin_width: float, max_unknown_fraction: float) -> None:
        self.width, self.bin_width = width, bin_width
        # The tolerances are needed because quotients such as 0.58 / 0.02 fall just below the edge that they stand for.
        self.count = int(np.ceil(1 / bin_width - 1e-6))
        self.edges = np.round(np.append(np.arange(self.count) * bin_width, 1.0), 6)
        most_unknown = int(np.floor(max_unknown_fraction * width + 1e-6))
        known = width - np.arange(most_unknown + 2)[:, None]
        self.table = self.of_fraction(np.arange(width + 1) / np.maximum(known, 1)).astype(np.int32)
        self.table[-1] = BARRED
        self.table[known[:, 0] <= 0] = BARRED

    def of_fraction(self, gc: np.ndarray) -> np.ndarray:
        """The bin of each GC fraction."""
        return np.clip(np.floor(gc / self.bin_width + 1e-6), 0, self.count - 1).astype(np.int64)

    def of_starts(self, bases: np.ndarray) -> np.ndarray:
        """The bin, or ``BARRED``, of the window that starts at each of the first n - width + 1 of n ASCII bases."""
        gc = _sliding_sum((bases == G) | (bases == C), self.width)
        unknown = bases == N
        if not unknown.any():
            return self.table[0].take(gc)
        return self.table[np.minimum(_sliding_sum(unknown, self.width), len(self.table) - 1), gc]


def _sliding_sum(flags: np.ndarray, width: int) -> np.ndarray:
    sums = np.cumsum(flags, dtype=np.int32)
    windows = sums[width - 1 :].copy()
    windows[1:] -= sums[:-width]
    return windows

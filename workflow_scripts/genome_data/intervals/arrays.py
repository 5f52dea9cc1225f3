"""Intervals as pairs of int64 arrays, on one axis on which all contigs of a genome lie end to end."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from ..genome import Genome


class GenomeAxis:
    """All contigs of a genome end to end: contig i covers the positions from ``offsets[i]`` to ``offsets[i + 1]``."""

    def __init__(self, genome: Genome) -> None:
        self.genome = genome
        self.contigs = list(genome.sizes)
        self.offsets = np.concatenate([[0], np.cumsum(list(genome.sizes.values()))]).astype(np.int64)

    def place(self, intervals: pd.DataFrame, margin: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Place a table of intervals on the axis.

        Returns
        -------
        starts, ends
            int64 (intervals on the genome,): widened by ``margin`` on both sides and cut at the ends of their contig.
        is_on_genome
            bool (intervals,): whether the genome has the contig.
        """
        contig = pd.Index(self.contigs).get_indexer(intervals["contig"])
        here = contig >= 0
        lower, upper = self.offsets[contig[here]], self.offsets[contig[here] + 1]
        starts = lower + intervals["start"].to_numpy(np.int64)[here] - margin
        ends = lower + intervals["end"].to_numpy(np.int64)[here] + margin
        return np.clip(starts, lower, upper), np.clip(ends, lower, upper), here


class AxisIntervals(NamedTuple):
    """Sorted disjoint intervals of the axis, and the number of the split of each."""

    starts: np.ndarray
    ends: np.ndarray
    split: np.ndarray

    @property
    def lengths(self) -> np.ndarray:
        """Number of bases of each interval."""
        return self.ends - self.starts

    def rows(self, which: np.ndarray | slice) -> AxisIntervals:
        """Some of the intervals."""
        return AxisIntervals(*(column[which] for column in self))

    def within(self, starts: np.ndarray, ends: np.ndarray) -> AxisIntervals:
        """The parts of these intervals that lie inside one of the given sorted disjoint intervals."""
        first = np.searchsorted(ends, self.starts, side="right")
        count = np.searchsorted(starts, self.ends, side="left") - first
        mine = np.repeat(np.arange(len(self.starts)), count)
        other = ranges(first, count)
        return AxisIntervals(
            np.maximum(self.starts[mine], starts[other]), np.minimum(self.ends[mine], ends[other]), self.split[mine]
        )

    def without(self, starts: np.ndarray, ends: np.ndarray) -> AxisIntervals:
        """The parts of these intervals that lie outside every given interval."""
        starts, ends = merged(starts, ends)
        return self.within(np.append(0, ends), np.append(starts, np.iinfo(np.int64).max))


def merged(starts: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The union of intervals, as sorted intervals that do not touch."""
    if not len(starts):
        return starts, ends
    order = np.argsort(starts)
    starts, reach = starts[order], np.maximum.accumulate(ends[order])
    last = np.flatnonzero(starts[1:] > reach[:-1])  # before each gap
    return starts[np.append(0, last + 1)], reach[np.append(last, len(reach) - 1)]


def ranges(first: np.ndarray, count: np.ndarray, step: int = 1) -> np.ndarray:
    """Concatenate the ranges ``first[i], first[i] + step, ...`` of ``count[i]`` numbers."""
    skipped = np.cumsum(count) - count
    return np.repeat(first - step * skipped, count) + step * np.arange(count.sum())

"""Intervals as pairs of int64 arrays, on one axis where all contigs of a genome lie end to end."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from ..genome import Genome


class GenomeAxis:
    """All contigs of a genome end to end."""

    def __init__(self, genome: Genome) -> None:
        self.genome = genome
        self.contigs = list(genome.sizes)
        self.offsets = np.concatenate([[0], np.cumsum(list(genome.sizes.values()))]).astype(np.int64)

    def place(self, intervals: pd.DataFrame, margin: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Starts and ends, widened by ``margin``, cut at the ends of contigs, and which rows are on the genome."""
        contig = pd.Index(self.contigs).get_indexer(intervals["contig"])
        here = contig >= 0
        lower, upper = self.offsets[contig[here]], self.offsets[contig[here] + 1]
        starts = lower + intervals["start"].to_numpy(np.int64)[here] - margin
        ends = lower + intervals["end"].to_numpy(np.int64)[here] + margin
        return np.clip(starts, lower, upper), np.clip(ends, lower, upper), here


class Room(NamedTuple):
    """Sorted disjoint pieces of the axis, each of one split."""

    starts: np.ndarray
    ends: np.ndarray
    split: np.ndarray

    @property
    def lengths(self) -> np.ndarray:
        return self.ends - self.starts

    def rows(self, which: np.ndarray | slice) -> Room:
        return Room(*(column[which] for column in self))

    def within(self, starts: np.ndarray, ends: np.ndarray) -> Room:
        """What lies inside one of the sorted disjoint intervals as well."""
        first = np.searchsorted(ends, self.starts, side="right")
        count = np.searchsorted(starts, self.ends, side="left") - first
        piece = np.repeat(np.arange(len(self.starts)), count)
        other = ranges(first, count)
        return Room(
            np.maximum(self.starts[piece], starts[other]), np.minimum(self.ends[piece], ends[other]), self.split[piece]
        )

    def without(self, starts: np.ndarray, ends: np.ndarray) -> Room:
        """What lies outside every one of the intervals."""
        starts, ends = merged(starts, ends)
        return self.within(np.append(0, ends), np.append(starts, np.iinfo(np.int64).max))


def merged(starts: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The union of intervals, as sorted ones that do not touch."""
    if not len(starts):
        return starts, ends
    order = np.argsort(starts)
    starts, reach = starts[order], np.maximum.accumulate(ends[order])
    last = np.flatnonzero(starts[1:] > reach[:-1])  # before each gap
    return starts[np.append(0, last + 1)], reach[np.append(last, len(reach) - 1)]


def ranges(first: np.ndarray, count: np.ndarray, step: int = 1) -> np.ndarray:
    """``first[i], first[i] + step, ...`` (``count[i]`` numbers) for every i, one after the other."""
    skipped = np.cumsum(count) - count
    return np.repeat(first - step * skipped, count) + step * np.arange(count.sum())

"""Random search of the free intervals of a genome for windows of each key.

A key is the split and the GC bin of a window in one integer. A quota is the number of windows wanted of each key.

1. Every free interval is cut into adjacent windows that start at a random phase, so that each start is equally likely
   to be offered.
2. Scarce keys, those with fewer of these windows than their quota, keep all of them. They are then searched at every
   start, the scarcest key first, until no further window of theirs fits.
3. The other keys draw at random among the adjacent windows that are still free. A key that falls short is then searched
   as in 2.

Scarce keys go first because common ones have other places to go. The free intervals are read three times at most.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from ..intervals.arrays import AxisIntervals, GenomeAxis, merged, ranges
from .gc_bins import BARRED, GCBins

STARTS_PER_BLOCK = 1 << 20


class WindowSearch:
    """Draws windows from free intervals.

    Random numbers depend on the seed, the number of earlier readings and the name of the contig. The order of the
    contigs does not matter.

    Parameters
    ----------
    disjoint
        Whether the drawn windows may share no base.
    """

    def __init__(self, axis: GenomeAxis, bins: GCBins, *, disjoint: bool, seed: int) -> None:
        self.axis, self.bins, self.width = axis, bins, bins.width
        self.disjoint, self.seed, self.readings = disjoint, seed, 0

    def draw(self, free: AxisIntervals, quota: np.ndarray) -> AxisWindows:
        """Draw windows of every key: its quota, or fewer if no further window fits."""
        adjacent = self._adjacent_windows(free, quota)
        scarce = quota > adjacent.held(quota)
        kept = adjacent.rows(scarce[adjacent.key] & self.disjoint)
        more = self._exhaust(self._beside(free, kept), np.where(scarce, quota, 0) - kept.held(quota))
        rare = AxisWindows.joined([kept, more])
        common = adjacent.rows(~scarce[adjacent.key])
        if self.disjoint:
            common = common.rows(~self._overlapping(common.start, np.sort(rare.start)))
        chosen = AxisWindows.joined([rare, common.lowest(quota)])
        missing = np.where(scarce, 0, quota - chosen.held(quota))
        return AxisWindows.joined([chosen, self._exhaust(self._beside(free, chosen), missing)])

    def _adjacent_windows(self, free: AxisIntervals, quota: np.ndarray) -> AxisWindows:
        """The windows of keys with a quota among adjacent windows that start at a random phase in every interval."""
        parts = []
        for bases, offset, intervals, generator in self._contigs(free):
            first = intervals.starts + generator.integers(0, self.width, len(intervals.starts))
            starts = ranges(first, np.maximum((intervals.ends - first) // self.width, 0), self.width)
            key = np.empty(len(starts), np.int32)
            for block in self._blocks(bases, offset, intervals):
                here = slice(*np.searchsorted(starts, [block.starts[0], block.to_axis(len(block.key) - 1) + 1]))
                key[here] = block.key[block.to_index(starts[here])]
            priority = generator.random(len(starts))
            parts.append(AxisWindows(starts, key, priority).rows(_asked(key, quota)))
        return AxisWindows.joined(parts)

    def _exhaust(self, free: AxisIntervals, quota: np.ndarray) -> AxisWindows:
        """Search every start for windows of each key with a quota; fewer are found only if no further one fits."""
        chosen = []
        while quota.any():
            found = self._every_start(free, quota)
            if not self.disjoint:
                return found.lowest(quota)
            picked, blocked = self._scarcest_first(found, quota)
            chosen.append(picked)
            quota = quota - picked.held(quota)
            blocked = blocked.start[quota[blocked.key] > 0]
            if not len(blocked):
                break
            # A key that is still short has taken every window of its packing, which leaves no gap for another, except
            # those that scarcer keys blocked in this round. A further window can only overlap one of these.
            free = self._beside(free, picked).within(*merged(blocked - self.width, blocked + 2 * self.width))
        return AxisWindows.joined(chosen)

    def _every_start(self, free: AxisIntervals, quota: np.ndarray) -> AxisWindows:
        """A largest disjoint set of windows of each key with a quota; all its windows if overlap is allowed."""
        parts = []
        free_from = [0] * len(quota)
        for bases, offset, intervals, generator in self._contigs(free):
            for block in self._blocks(bases, offset, intervals):
                if self.disjoint:
                    start, key = self._pack(block, quota, free_from)
                else:
                    index = np.flatnonzero(_asked(block.key, quota))
                    start, key = block.to_axis(index), block.key[index]
                parts.append(AxisWindows(start, key, generator.random(len(start))))
            if not self.disjoint:
                parts = [AxisWindows.joined(parts).lowest(quota)]  # otherwise memory would grow with the genome
        return AxisWindows.joined(parts)

    def _pack(self, block: Block, quota: np.ndarray, free_from: list[int]) -> tuple[np.ndarray, np.ndarray]:
        """Choose disjoint windows of each key, leftmost first; windows of different keys may overlap.

        Leftmost first gives a largest set of disjoint intervals of one length. ``free_from`` carries the ends of the
        last windows from block to block.
        """
        change = np.flatnonzero(block.key[1:] != block.key[:-1]) + 1
        first, after = np.append(0, change), np.append(change, len(block.key))
        run = _asked(block.key[first], quota)
        begin, key = block.to_axis(first[run]), block.key[first[run]]
        end = begin + (after - first)[run]
        starts, keys = [], []
        for run_start, run_end, run_key in zip(begin.tolist(), end.tolist(), key.tolist(), strict=True):
            start = max(run_start, free_from[run_key])
            while start < run_end:
                starts.append(start)
                keys.append(run_key)
                start += self.width
            free_from[run_key] = start
        return np.array(starts, np.int64), np.array(keys, np.int32)

    def _scarcest_first(self, found: AxisWindows, quota: np.ndarray) -> tuple[AxisWindows, AxisWindows]:
        """The windows that the keys pick, and those blocked because they overlap a picked window of a scarcer key."""
        supply = found.held(quota)
        picked, blocked, taken = [], [], np.zeros(0, np.int64)
        by_key = np.argsort(found.key, kind="stable")
        ends = np.cumsum(supply)
        for key in sorted(np.flatnonzero(supply), key=lambda key: supply[key] / quota[key]):
            own = found.rows(by_key[ends[key] - supply[key] : ends[key]])
            clash = self._overlapping(own.start, taken)
            picked.append(own.rows(~clash).lowest(quota))
            blocked.append(own.rows(clash))
            taken = np.sort(np.append(taken, picked[-1].start), kind="stable")
        return AxisWindows.joined(picked), AxisWindows.joined(blocked)

    def _beside(self, free: AxisIntervals, windows: AxisWindows) -> AxisIntervals:
        return free.without(windows.start, windows.start + self.width)

    def _overlapping(self, starts: np.ndarray, taken: np.ndarray) -> np.ndarray:
        """Test whether the window at each start overlaps one of the taken ones, whose starts are sorted."""
        before = np.searchsorted(taken, starts - self.width, side="right")
        return before < np.searchsorted(taken, starts + self.width, side="left")

    def _contigs(self, free: AxisIntervals) -> Iterator[tuple[np.ndarray, int, AxisIntervals, np.random.Generator]]:
        """Yield bases, offset on the axis, free intervals and random numbers of each contig with a free interval."""
        self.readings += 1
        bounds = np.searchsorted(free.starts, self.axis.offsets)
        offsets = self.axis.offsets[:-1].tolist()
        for contig, offset, (first, after) in zip(self.axis.contigs, offsets, pairwise(bounds), strict=True):
            if first < after:
                generator = np.random.default_rng([self.seed, self.readings, *contig.encode()])
                yield self.axis.genome.bases(contig), offset, free.rows(slice(first, after)), generator

    def _blocks(self, bases: np.ndarray, offset: int, free: AxisIntervals) -> Iterator[Block]:
        """Yield the keys at every start in the intervals of one contig, in order, in blocks of bounded size."""
        cut = self._cut(free)
        block = np.cumsum(cut.lengths) // STARTS_PER_BLOCK
        bounds = [0, *(np.flatnonzero(np.diff(block)) + 1).tolist(), len(block)]
        for first, after in pairwise(bounds):
            if first < after:
                yield self._block(bases, offset, cut.rows(slice(first, after)))

    def _cut(self, free: AxisIntervals) -> AxisIntervals:
        """The intervals that hold a window, cut so that each has ``STARTS_PER_BLOCK`` starts at most."""
        starts_left = free.lengths - self.width + 1
        parts = np.maximum(-(-starts_left // STARTS_PER_BLOCK), 0)
        interval = np.repeat(np.arange(len(parts)), parts)
        starts = ranges(free.starts, parts, STARTS_PER_BLOCK)
        ends = np.minimum(starts + STARTS_PER_BLOCK + self.width - 1, free.ends[interval])
        return AxisIntervals(starts, ends, free.split[interval])

    def _block(self, bases: np.ndarray, offset: int, intervals: AxisIntervals) -> Block:
        """Read the intervals of one block together."""
        on_contig = zip((intervals.starts - offset).tolist(), (intervals.ends - offset).tolist(), strict=True)
        key = self.bins.of_starts(np.concatenate([bases[start:end] for start, end in on_contig]))
        lengths = intervals.lengths
        key += np.repeat((intervals.split * self.bins.count).astype(np.int32), lengths)[: len(key)]
        offsets = np.cumsum(lengths) - lengths
        for seam in offsets[1:].tolist():
            key[seam - self.width + 1 : seam] = BARRED  # windows across the seam of two intervals
        return Block(intervals.starts, offsets, key)


class AxisWindows(NamedTuple):
    """Windows on the axis: start, key, and a random priority; those of lowest priority are chosen first."""

    start: np.ndarray
    key: np.ndarray
    priority: np.ndarray

    @classmethod
    def joined(cls, parts: Sequence[AxisWindows]) -> AxisWindows:
        empty = cls(np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0))
        return cls(*(np.concatenate(columns) for columns in zip(empty, *parts, strict=True)))

    def rows(self, which: np.ndarray) -> AxisWindows:
        return AxisWindows(*(column[which] for column in self))

    def held(self, quota: np.ndarray) -> np.ndarray:
        """The number of windows of each key: int (keys,)."""
        return np.bincount(self.key, minlength=len(quota))

    def lowest(self, quota: np.ndarray) -> AxisWindows:
        """The ``quota[key]`` windows of lowest priority for every key."""
        order = np.lexsort((self.priority, self.key))
        key = self.key[order]
        held = self.held(quota)
        rank = np.arange(len(key)) - (np.cumsum(held) - held)[key]
        return self.rows(order[rank < quota[key]])


class Block(NamedTuple):
    """Intervals whose bases were read together.

    Attributes
    ----------
    starts
        Starts of the intervals on the axis.
    offsets
        Where each interval begins in ``key``.
    key
        Key of the window at every start; negative if none may start there.
    """

    starts: np.ndarray
    offsets: np.ndarray
    key: np.ndarray

    def to_axis(self, index: np.ndarray) -> np.ndarray:
        interval = np.searchsorted(self.offsets, index, side="right") - 1
        return self.starts[interval] + index - self.offsets[interval]

    def to_index(self, start: np.ndarray) -> np.ndarray:
        interval = np.searchsorted(self.starts, start, side="right") - 1
        return self.offsets[interval] + start - self.starts[interval]


def _asked(key: np.ndarray, quota: np.ndarray) -> np.ndarray:
    """Test whether each key is valid and has a quota."""
    return np.append(quota > 0, False)[np.maximum(key, -1)]

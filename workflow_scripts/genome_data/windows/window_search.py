"""Random search of a room, the free parts of a genome, for windows of each key: its split and GC bin in one integer.

1. Tiles: every piece of the room is cut into windows at a random phase, so that each start is equally likely to be
   offered.
2. Scarce keys, with fewer tiles than their quota, keep them all and are then searched at every start, the scarcest
   first, until no further window of theirs fits.
3. The other keys draw at random among the tiles that are still free. One that falls short is searched as in 2.

Scarce keys go first, since common ones have other places to go. The whole room is read three times at most.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from ..intervals.arrays import GenomeAxis, Room, merged, ranges

STARTS_PER_BLOCK = 1 << 20
BARRED = -(1 << 30)  # no window may start here: negative whatever split is added
C, G, N = b"CGN"


class WindowSearch:
    """Draws windows from a room. Random numbers hang on seed, reading and contig name, not on the order of contigs."""

    def __init__(self, axis: GenomeAxis, bins: GCBins, *, disjoint: bool, seed: int) -> None:
        self.axis, self.bins, self.width = axis, bins, bins.width
        self.disjoint, self.seed, self.readings = disjoint, seed, 0

    def draw(self, room: Room, quota: np.ndarray) -> Windows:
        """Windows of every key, no more than its quota, and fewer only where no further one fits."""
        tiles = self._tiles(room, quota)
        scarce = quota > tiles.held(quota)
        kept = tiles.rows(scarce[tiles.key] & self.disjoint)
        more = self._exhaust(self._beside(room, kept), np.where(scarce, quota, 0) - kept.held(quota))
        rare = Windows.joined([kept, more])
        common = tiles.rows(~scarce[tiles.key])
        if self.disjoint:
            common = common.rows(~self._overlapping(common.start, np.sort(rare.start)))
        chosen = Windows.joined([rare, common.lowest(quota)])
        missing = np.where(scarce, 0, quota - chosen.held(quota))
        return Windows.joined([chosen, self._exhaust(self._beside(room, chosen), missing)])

    def _tiles(self, room: Room, quota: np.ndarray) -> Windows:
        """The windows of each key with a quota in a tiling of every piece at a random phase."""
        parts = []
        for bases, offset, pieces, generator in self._contigs(room):
            first = pieces.starts + generator.integers(0, self.width, len(pieces.starts))
            starts = ranges(first, np.maximum((pieces.ends - first) // self.width, 0), self.width)
            key = np.empty(len(starts), np.int32)
            for block in self._blocks(bases, offset, pieces):
                here = slice(*np.searchsorted(starts, [block.starts[0], block.to_axis(len(block.key) - 1) + 1]))
                key[here] = block.key[block.to_index(starts[here])]
            priority = generator.random(len(starts))
            parts.append(Windows(starts, key, priority).rows(_asked(key, quota)))
        return Windows.joined(parts)

    def _exhaust(self, room: Room, quota: np.ndarray) -> Windows:
        """Windows of each key with a quota, searched at every start; fewer only where no further one fits."""
        chosen = []
        while quota.any():
            found = self._every_start(room, quota)
            if not self.disjoint:
                return found.lowest(quota)
            picked, blocked = self._scarcest_first(found, quota)
            chosen.append(picked)
            quota = quota - picked.held(quota)
            blocked = blocked.start[quota[blocked.key] > 0]
            if not len(blocked):
                break
            # A key still short took its whole packing, which leaves no gap for another window, but for the windows
            # that scarcer keys blocked in this round: only across one of those can a further one fit.
            room = self._beside(room, picked).within(*merged(blocked - self.width, blocked + 2 * self.width))
        return Windows.joined(chosen)

    def _every_start(self, room: Room, quota: np.ndarray) -> Windows:
        """Of each key with a quota, a largest disjoint set of windows; every window where overlap is allowed."""
        parts = []
        free_from = [0] * len(quota)
        for bases, offset, pieces, generator in self._contigs(room):
            for block in self._blocks(bases, offset, pieces):
                if self.disjoint:
                    start, key = self._pack(block, quota, free_from)
                else:
                    index = np.flatnonzero(_asked(block.key, quota))
                    start, key = block.to_axis(index), block.key[index]
                parts.append(Windows(start, key, generator.random(len(start))))
            if not self.disjoint:
                parts = [Windows.joined(parts).lowest(quota)]  # else a whole genome of starts could pile up
        return Windows.joined(parts)

    def _pack(self, block: Block, quota: np.ndarray, free_from: list[int]) -> tuple[np.ndarray, np.ndarray]:
        """Leftmost-first disjoint windows of each key alone; ``free_from`` carries the last ends between blocks.

        Leftmost first is optimal for intervals of one length. Windows of different keys may overlap.
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

    def _scarcest_first(self, found: Windows, quota: np.ndarray) -> tuple[Windows, Windows]:
        """What each key picks of its windows, and those that it could not because a scarcer one had picked there."""
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
        return Windows.joined(picked), Windows.joined(blocked)

    def _beside(self, room: Room, windows: Windows) -> Room:
        return room.without(windows.start, windows.start + self.width)

    def _overlapping(self, starts: np.ndarray, taken: np.ndarray) -> np.ndarray:
        """Which windows overlap one of the sorted taken ones."""
        before = np.searchsorted(taken, starts - self.width, side="right")
        return before < np.searchsorted(taken, starts + self.width, side="left")

    def _contigs(self, room: Room) -> Iterator[tuple[np.ndarray, int, Room, np.random.Generator]]:
        """Bases, position on the axis, pieces and random numbers of each contig that has room."""
        self.readings += 1
        bounds = np.searchsorted(room.starts, self.axis.offsets)
        offsets = self.axis.offsets[:-1].tolist()
        for contig, offset, (first, after) in zip(self.axis.contigs, offsets, pairwise(bounds), strict=True):
            if first < after:
                generator = np.random.default_rng([self.seed, self.readings, *contig.encode()])
                yield self.axis.genome.bases(contig), offset, room.rows(slice(first, after)), generator

    def _blocks(self, bases: np.ndarray, offset: int, room: Room) -> Iterator[Block]:
        """The keys at every start of the room in one contig, in order, in blocks of bounded size."""
        stretches = self._stretches(room)
        block = np.cumsum(stretches.lengths) // STARTS_PER_BLOCK
        bounds = [0, *(np.flatnonzero(np.diff(block)) + 1).tolist(), len(block)]
        for first, after in pairwise(bounds):
            if first < after:
                yield self._block(bases, offset, stretches.rows(slice(first, after)))

    def _stretches(self, room: Room) -> Room:
        """The pieces of the room that hold a window, cut so that each has ``STARTS_PER_BLOCK`` starts at most."""
        starts_left = room.lengths - self.width + 1
        parts = np.maximum(-(-starts_left // STARTS_PER_BLOCK), 0)
        piece = np.repeat(np.arange(len(parts)), parts)
        starts = ranges(room.starts, parts, STARTS_PER_BLOCK)
        ends = np.minimum(starts + STARTS_PER_BLOCK + self.width - 1, room.ends[piece])
        return Room(starts, ends, room.split[piece])

    def _block(self, bases: np.ndarray, offset: int, stretches: Room) -> Block:
        """The stretches read together."""
        on_contig = zip((stretches.starts - offset).tolist(), (stretches.ends - offset).tolist(), strict=True)
        key = self.bins.of_starts(np.concatenate([bases[start:end] for start, end in on_contig]))
        lengths = stretches.lengths
        key += np.repeat((stretches.split * self.bins.count).astype(np.int32), lengths)[: len(key)]
        offsets = np.cumsum(lengths) - lengths
        for seam in offsets[1:].tolist():
            key[seam - self.width + 1 : seam] = BARRED  # a window across the seam of two stretches
        return Block(stretches.starts, offsets, key)


class Windows(NamedTuple):
    """Windows on the axis: start, key, and a random number that decides who is chosen first."""

    start: np.ndarray
    key: np.ndarray
    priority: np.ndarray

    @classmethod
    def joined(cls, parts: Sequence[Windows]) -> Windows:
        empty = cls(np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0))
        return cls(*(np.concatenate(columns) for columns in zip(empty, *parts, strict=True)))

    def rows(self, which: np.ndarray) -> Windows:
        return Windows(*(column[which] for column in self))

    def held(self, quota: np.ndarray) -> np.ndarray:
        """How many windows there are of each key that ``quota`` knows."""
        return np.bincount(self.key, minlength=len(quota))

    def lowest(self, quota: np.ndarray) -> Windows:
        """The ``quota[key]`` windows of lowest priority of every key."""
        order = np.lexsort((self.priority, self.key))
        key = self.key[order]
        held = self.held(quota)
        rank = np.arange(len(key)) - (np.cumsum(held) - held)[key]
        return self.rows(order[rank < quota[key]])


class GCBins:
    """Bins of GC content over known bases; the last one includes its upper edge.

    Attributes
    ----------
    edges
        (bins + 1,) from 0 to 1; the last bin may be narrower.
    table
        (most unknown bases + 2, width + 1) int32: bin by number of unknown and of GC bases; ``BARRED`` where a window
        has too many unknown ones.
    """

    def __init__(self, width: int, bin_width: float, max_unknown_fraction: float) -> None:
        self.width, self.bin_width = width, bin_width
        # Tolerances: fractions such as 0.58 / 0.02 fall just below the edge that they stand for.
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
        """The bin of the window that starts at each of the first n - width + 1 of n ASCII bases; or ``BARRED``."""
        gc = _sliding_sum((bases == G) | (bases == C), self.width)
        unknown = bases == N
        if not unknown.any():
            return self.table[0].take(gc)
        return self.table[np.minimum(_sliding_sum(unknown, self.width), len(self.table) - 1), gc]


class Block(NamedTuple):
    """Stretches of the room whose bases were read together."""

    starts: np.ndarray  # of the stretches on the axis
    offsets: np.ndarray  # of the stretches in ``key``
    key: np.ndarray  # of the window at every start; negative where none may start

    def to_axis(self, index: np.ndarray) -> np.ndarray:
        stretch = np.searchsorted(self.offsets, index, side="right") - 1
        return self.starts[stretch] + index - self.offsets[stretch]

    def to_index(self, start: np.ndarray) -> np.ndarray:
        stretch = np.searchsorted(self.starts, start, side="right") - 1
        return self.offsets[stretch] + start - self.starts[stretch]


def _asked(key: np.ndarray, quota: np.ndarray) -> np.ndarray:
    """Which keys are valid and have a quota."""
    return np.append(quota > 0, False)[np.maximum(key, -1)]


def _sliding_sum(flags: np.ndarray, width: int) -> np.ndarray:
    sums = np.cumsum(flags, dtype=np.int32)
    windows = sums[width - 1 :].copy()
    windows[1:] -= sums[:-width]
    return windows

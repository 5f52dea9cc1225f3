"""Negative windows: random, away from every peak, with the GC content of the positives, drawn split by split.

All contigs lie end to end on one axis of int64 positions, so that a set of intervals is a pair of sorted arrays. What
is left of the splits once peaks and masked regions are cut out is the *room*; a window lies inside one piece of it. A
window's *key* is its split and GC bin in one integer, and each key has a quota.

1. Tiles: every piece is cut into windows at a random phase, so that each start is equally likely to be offered.
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
import pandas as pd

from workflow_support.errors import InputError

from .genome import Genome
from .splits import SPLITS
from .windows import composition

STARTS_PER_BLOCK = 1 << 20
BARRED = -(1 << 30)  # the sum of two still fits int32 and is negative: no window may start here
C, G, N = b"CGN"


def sample_negatives(
    genome: Genome,
    regions: pd.DataFrame,
    positives: pd.DataFrame,
    peaks: pd.DataFrame,
    masked: Sequence[pd.DataFrame],
    *,
    width: int,
    ratio: float,
    margin: int,
    overlap: bool,
    gc_bin_width: float,
    max_unknown_fraction: float,
    seed: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw ``ratio`` negatives a positive in every split and GC bin.

    Parameters
    ----------
    genome
        Where the windows come from.
    regions
        ``contig, start, end, split``: the regions of each split, disjoint.
    positives
        Windows with ``split`` and ``gc``; no negative overlaps one.
    peaks
        ``contig, start, end`` of every peak, unfiltered; no negative comes within ``margin`` bases of one.
    masked
        Further intervals that no negative may touch (blacklist, regions of unknown label).
    width
        Of a window, in bases, at least 2.
    overlap
        Whether negatives may overlap one another; none is ever drawn twice.
    gc_bin_width
        Of the bins of GC content over known bases, for example 0.02.
    max_unknown_fraction
        The largest fraction of N in a window.
    seed
        Not negative. The windows depend on it and not on the order of the contigs.

    Returns
    -------
    windows
        ``contig, start, end, name, label, split, gc`` in genome order.
    counts
        ``split, gc_from, gc_to, wanted, found, missing`` for every split and bin that holds a positive.

    Raises
    ------
    InputError
        When a split gets no negative at all.
    """
    splits = [split for split in SPLITS if (positives["split"] == split).any()]
    bins = GCBins(width, gc_bin_width, max_unknown_fraction)
    axis = GenomeAxis(genome)
    room = _room(axis, regions, splits, peaks, margin, [*masked, positives])
    wanted = _wanted(positives, splits, bins, ratio)
    search = _Search(axis, bins, disjoint=not overlap, seed=seed)
    chosen = search.draw(room, wanted.ravel())
    found = np.bincount(chosen.key, minlength=wanted.size).reshape(wanted.shape)
    for row, split in enumerate(splits):
        if not found[row].any():
            raise _no_negatives(split, room, row, width, int(wanted[row].sum()))
    return _window_table(axis, chosen, splits, bins), _count_table(splits, bins, wanted, found)


def describe_shortfall(counts: pd.DataFrame) -> list[str]:
    """One line for every bin of the count table that ran out, then how to mend it; empty when none did."""
    short = counts[counts["missing"] > 0]
    lines = [
        f"{row.split}: GC {row.gc_from:g} to {row.gc_to:g} ran out: "
        f"{row.wanted} wanted, {row.found} found, {row.missing} missing"
        for row in short.itertuples()
    ]
    if lines:
        lines.append(
            f"{short['missing'].sum()} of {counts['wanted'].sum()} negatives are missing. To find more, use wider bins "
            "(gc_bin_width), a smaller margin, a lower ratio, or overlap: true."
        )
    return lines


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


class Room(NamedTuple):
    """Sorted disjoint pieces of the axis, each of one split."""

    starts: np.ndarray
    ends: np.ndarray
    split: np.ndarray

    def rows(self, which: np.ndarray | slice) -> Room:
        return Room(*(column[which] for column in self))

    def within(self, starts: np.ndarray, ends: np.ndarray) -> Room:
        """What lies inside one of the sorted disjoint intervals as well."""
        first = np.searchsorted(ends, self.starts, side="right")
        count = np.searchsorted(starts, self.ends, side="left") - first
        piece = np.repeat(np.arange(len(self.starts)), count)
        other = _ranges(first, count)
        return Room(
            np.maximum(self.starts[piece], starts[other]), np.minimum(self.ends[piece], ends[other]), self.split[piece]
        )

    def without(self, starts: np.ndarray, ends: np.ndarray) -> Room:
        """What lies outside every one of the intervals."""
        starts, ends = _merged(starts, ends)
        return self.within(np.append(0, ends), np.append(starts, np.iinfo(np.int64).max))


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


class _Block(NamedTuple):
    """A part of the room whose bases were read together."""

    starts: np.ndarray  # of its pieces on the axis
    offsets: np.ndarray  # of its pieces in ``key``
    key: np.ndarray  # of the window at every start; negative where none may start

    def to_axis(self, index: np.ndarray) -> np.ndarray:
        piece = np.searchsorted(self.offsets, index, side="right") - 1
        return self.starts[piece] + index - self.offsets[piece]

    def to_index(self, start: np.ndarray) -> np.ndarray:
        piece = np.searchsorted(self.starts, start, side="right") - 1
        return self.offsets[piece] + start - self.starts[piece]


class _Search:
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
            starts = _ranges(first, np.maximum((pieces.ends - first) // self.width, 0), self.width)
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
            room = self._beside(room, picked).within(*_merged(blocked - self.width, blocked + 2 * self.width))
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

    def _pack(self, block: _Block, quota: np.ndarray, free_from: list[int]) -> tuple[np.ndarray, np.ndarray]:
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
        for contig, offset, (first, after) in zip(self.axis.contigs, self.axis.offsets, pairwise(bounds), strict=False):
            if first < after:
                generator = np.random.default_rng([self.seed, self.readings, *contig.encode()])
                yield self.axis.genome.bases(contig), int(offset), room.rows(slice(first, after)), generator

    def _blocks(self, bases: np.ndarray, offset: int, room: Room) -> Iterator[_Block]:
        """The keys at every start of the room in one contig, in order, in blocks of bounded size."""
        starts_left = room.ends - room.starts - self.width + 1
        parts = np.maximum(-(-starts_left // STARTS_PER_BLOCK), 0)
        piece = np.repeat(np.arange(len(parts)), parts)
        starts = _ranges(room.starts, parts, STARTS_PER_BLOCK)
        ends = np.minimum(starts + STARTS_PER_BLOCK + self.width - 1, room.ends[piece])
        lengths = ends - starts
        block = np.cumsum(lengths) // STARTS_PER_BLOCK
        bounds = np.concatenate([[0], np.flatnonzero(np.diff(block)) + 1, [len(starts)]])
        for here in (slice(*pair) for pair in pairwise(bounds) if pair[0] < pair[1]):
            stretches = zip((starts[here] - offset).tolist(), (ends[here] - offset).tolist(), strict=True)
            bins = self.bins.of_starts(np.concatenate([bases[start:end] for start, end in stretches]))
            # Windows across the seam of two pieces are barred.
            base = np.full((len(lengths[here]), 2), BARRED, np.int32)
            base[:, 0] = room.split[piece[here]] * self.bins.count
            runs = np.stack([lengths[here] - self.width + 1, np.full(len(base), self.width - 1)], axis=1)
            key = bins + np.repeat(base.ravel(), runs.ravel())[: len(bins)]
            yield _Block(starts[here], np.cumsum(lengths[here]) - lengths[here], key)


def _room(
    axis: GenomeAxis,
    regions: pd.DataFrame,
    splits: list[str],
    peaks: pd.DataFrame,
    margin: int,
    masked: Sequence[pd.DataFrame],
) -> Room:
    holes = [axis.place(peaks, margin), *(axis.place(intervals) for intervals in masked)]
    starts, ends, _ = (np.concatenate(column) for column in zip(*holes, strict=True))
    used = regions[regions["split"].isin(splits)]
    region_starts, region_ends, here = axis.place(used)
    split = np.array([splits.index(name) for name in used["split"][here]], np.int64)
    order = np.argsort(region_starts)
    return Room(region_starts[order], region_ends[order], split[order]).without(starts, ends)


def _wanted(positives: pd.DataFrame, splits: list[str], bins: GCBins, ratio: float) -> np.ndarray:
    """(splits, bins) negatives to draw: ratio x positives, rounded so that the total of each split is right."""
    key = pd.Index(splits).get_indexer(positives["split"]) * bins.count + bins.of_fraction(positives["gc"].to_numpy())
    exact = np.bincount(key, minlength=len(splits) * bins.count).reshape(len(splits), bins.count) * ratio
    wanted = np.floor(exact + 1e-6).astype(np.int64)
    lacking = np.floor(exact.sum(axis=1) + 0.5).astype(np.int64) - wanted.sum(axis=1)
    by_remainder = np.argsort(wanted - exact, axis=1, kind="stable")
    for row, more in enumerate(lacking):
        wanted[row, by_remainder[row, :more]] += 1
    return wanted


def _window_table(axis: GenomeAxis, chosen: Windows, splits: list[str], bins: GCBins) -> pd.DataFrame:
    order = np.argsort(chosen.start)
    start, key = chosen.start[order], chosen.key[order]
    contig = np.searchsorted(axis.offsets, start, side="right") - 1
    windows = pd.DataFrame({"contig": np.array(axis.contigs, object)[contig], "start": start - axis.offsets[contig]})
    windows["end"] = windows["start"] + bins.width
    windows["name"] = [f"negative_{number}" for number in range(1, len(windows) + 1)]
    windows["label"] = 0
    windows["split"] = np.array(splits, object)[key // bins.count]
    windows["gc"] = composition(axis.genome, windows, bins.width)["gc"]
    return windows


def _count_table(splits: list[str], bins: GCBins, wanted: np.ndarray, found: np.ndarray) -> pd.DataFrame:
    row, column = np.nonzero(wanted)
    return pd.DataFrame(
        {
            "split": np.array(splits, object)[row],
            "gc_from": bins.edges[column],
            "gc_to": bins.edges[column + 1],
            "wanted": wanted[row, column],
            "found": found[row, column],
            "missing": wanted[row, column] - found[row, column],
        }
    )


def _no_negatives(split: str, room: Room, row: int, width: int, wanted: int) -> InputError:
    lengths = (room.ends - room.starts)[room.split == row]
    return InputError(
        f"no negative window was found for the split {split!r}",
        found=f"{wanted} windows wanted; {lengths.sum()} bases in {len(lengths)} intervals lie outside peaks, their "
        f"margin and masked regions; {np.count_nonzero(lengths >= width)} of these intervals hold a window of {width}",
        allowed="at least one window with the GC content of a positive",
        mend="make the margin smaller, the windows narrower or gc_bin_width larger, give the split more of the genome, "
        "or mask less of it",
    )


def _asked(key: np.ndarray, quota: np.ndarray) -> np.ndarray:
    """Which keys are valid and have a quota."""
    return np.append(quota > 0, False)[np.maximum(key, -1)]


def _merged(starts: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The union of intervals, as sorted disjoint ones."""
    order = np.argsort(starts)
    starts, reach = starts[order], np.maximum.accumulate(ends[order])
    first = np.flatnonzero(np.append(True, starts[1:] > reach[:-1])[: len(starts)])
    return starts[first], reach[np.append(first[1:], len(starts))[: len(first)] - 1]


def _ranges(first: np.ndarray, count: np.ndarray, step: int = 1) -> np.ndarray:
    """``first[i], first[i] + step, ...`` (``count[i]`` numbers) for every i, one after the other."""
    skipped = np.cumsum(count) - count
    return np.repeat(first - step * skipped, count) + step * np.arange(count.sum())


def _sliding_sum(flags: np.ndarray, width: int) -> np.ndarray:
    sums = np.cumsum(flags, dtype=np.int32)
    windows = sums[width - 1 :].copy()
    windows[1:] -= sums[:-width]
    return windows

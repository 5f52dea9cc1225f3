"""Negative windows: drawn at random, away from every peak, with the GC content of the positives, split by split."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from workflow_support.errors import InputError

from ..folds import split_names
from ..genome import Genome
from ..intervals.arrays import AxisIntervals, GenomeAxis
from .gc_bins import GCBins
from .settings import NegativeSettings, WindowSettings
from .table import composition
from .window_search import AxisWindows, WindowSearch


def sample_negatives(
    genome: Genome,
    regions: pd.DataFrame,
    positives: pd.DataFrame,
    peaks: pd.DataFrame,
    masked: Sequence[pd.DataFrame],
    windows: WindowSettings,
    settings: NegativeSettings,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw ``settings.ratio`` negatives per positive in every split and GC bin.

    Parameters
    ----------
    genome
        Genome that the windows are drawn from.
    regions
        ``contig, start, end, split``: the disjoint regions of the splits.
    positives
        Windows with ``split`` and ``gc``; no negative overlaps one.
    peaks
        ``contig, start, end`` of every peak, whether it became a positive or not; no negative comes within
        ``settings.margin`` bases of one.
    masked
        Further intervals that no negative may touch: a blacklist, regions without known labels.
    windows
        Width of the windows, and the largest fraction of N in one.
    settings
        Options of the draw.

    Returns
    -------
    windows
        ``contig, start, end, name, label, split, gc`` in genome order.
    counts
        ``split, gc_from, gc_to, wanted, found, missing``, one row per split and bin with a positive.

    Raises
    ------
    InputError
        If a split gets no negative at all.
    """
    splits = [split for split in split_names(positives["split"]) if (positives["split"] == split).any()]
    bins = GCBins(windows.width, settings.gc_bin_width, windows.max_unknown_fraction)
    axis = GenomeAxis(genome)
    free = _free_intervals(axis, regions, splits, peaks, settings.margin, [*masked, positives])
    wanted = _wanted(positives, splits, bins, settings.ratio)
    search = WindowSearch(axis, bins, disjoint=not settings.overlap, seed=settings.seed)
    chosen = search.draw(free, wanted.ravel())
    found = np.bincount(chosen.key, minlength=wanted.size).reshape(wanted.shape)
    for row, split in enumerate(splits):
        if not found[row].any():
            raise _no_negatives(split, free.lengths[free.split == row], windows.width, int(wanted[row].sum()))
    return _window_table(axis, chosen, splits, bins), _count_table(splits, bins, wanted, found)


def describe_shortfall(counts: pd.DataFrame) -> list[str]:
    """One line per bin of the count table that ran out, then a line that suggests a fix; empty if none ran out."""
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


def _free_intervals(
    axis: GenomeAxis,
    regions: pd.DataFrame,
    splits: list[str],
    peaks: pd.DataFrame,
    margin: int,
    masked: Sequence[pd.DataFrame],
) -> AxisIntervals:
    """The regions of the splits without the peaks, their margin and the masked intervals."""
    holes = [axis.place(peaks, margin), *(axis.place(intervals) for intervals in masked)]
    starts, ends, _ = (np.concatenate(column) for column in zip(*holes, strict=True))
    used = regions[regions["split"].isin(splits)]
    region_starts, region_ends, here = axis.place(used)
    split = np.array([splits.index(name) for name in used["split"][here]], np.int64)
    order = np.argsort(region_starts)
    return AxisIntervals(region_starts[order], region_ends[order], split[order]).without(starts, ends)


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


def _window_table(axis: GenomeAxis, chosen: AxisWindows, splits: list[str], bins: GCBins) -> pd.DataFrame:
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


def _no_negatives(split: str, free: np.ndarray, width: int, wanted: int) -> InputError:
    """The error for a split without a negative, given the lengths of its free intervals."""
    return InputError(
        f"no negative window was found for the split {split!r}",
        found=f"{wanted} windows wanted; {free.sum()} bases in {len(free)} intervals lie outside peaks, their "
        f"margin and masked intervals; {np.count_nonzero(free >= width)} of these intervals hold a window of {width}",
        allowed="at least one window with the GC content of a positive",
        fix="make the margin smaller, the windows narrower or gc_bin_width larger, give the split more of the genome, "
        "or mask less of it",
    )

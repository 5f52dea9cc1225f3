"""Room for negative windows: how many of them lie side by side away from all peaks, split by split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from .arrays import merged
from .splits import split_regions


def room_for_negatives(
    splits: Mapping[str, Sequence[str]],
    sizes: Mapping[str, int],
    peaks: pd.DataFrame,
    unknown: pd.DataFrame,
    width: int,
    margin: int,
) -> dict[str, int]:
    """The largest number of disjoint windows in each split that touch no unknown bases and no peak with its margin.

    Their GC is not looked at, so fewer may be found for the GC of the positives.

    Parameters
    ----------
    splits
        Regions as configured (`genome_data.intervals.splits.split_regions`).
    sizes
        Length of every contig of the genome.
    peaks, unknown
        ``contig, start, end``: all peaks, and runs of N.
    width, margin
        Bases of a window, and its distance from every peak.
    """
    regions = split_regions(splits, sizes)
    holes = pd.concat([peaks.assign(start=peaks["start"] - margin, end=peaks["end"] + margin), unknown])
    of_contig = dict(tuple(holes.groupby("contig")[["start", "end"]]))
    none = pd.DataFrame({"start": [], "end": []}, dtype=np.int64)
    room = dict.fromkeys(regions["split"].unique(), 0)
    for contig, start, end, split in regions[["contig", "start", "end", "split"]].itertuples(index=False):
        found = of_contig.get(contig, none)
        starts, ends = merged(found["start"].to_numpy(np.int64), found["end"].to_numpy(np.int64))
        left = np.clip(np.append(start, ends), start, end)
        right = np.clip(np.append(starts, end), start, end)
        room[split] += int((np.maximum(right - left, 0) // width).sum())
    return room

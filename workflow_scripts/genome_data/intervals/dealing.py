"""Splits for a file of peaks whose user named none."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from workflow_support.errors import InputError

from .splits import assign_split, split_regions

#: Shares of the windows that the two splits are to have, as near as contigs or regions allow.
SHARES = {"test": 0.2, "validation": 0.15}
#: Whole contigs are taken if no share is further away than by this factor.
NEAR = 1.5
#: The fewest windows of a split.
FEWEST = 10

Splits = dict[str, list[str]]


def dealt_splits(peaks: pd.DataFrame, sizes: Mapping[str, int], width: int) -> Splits:
    """Splits of a genome by which test and validation have about 20 % and 15 % of the windows.

    They are whole contigs if these come near enough; otherwise parts of the contig with most peaks, one after the other
    from its first base, if these come nearer. The choice depends on the peaks alone, and draws nothing at random.

    Parameters
    ----------
    peaks
        ``contig, summit``; contigs are in ``sizes``.
    sizes
        Length of every contig of the genome.
    width
        Bases of a window. A window counts once, and not at all if no split contains it whole.

    Returns
    -------
    dict
        ``validation`` and ``test``: contigs, or regions like ``chr21:1-5,000,000``.

    Raises
    ------
    ValueError
        If a split, or training, would have hardly any windows.
    """
    windows = _distinct_windows(peaks, sizes, width)
    counts = windows["contig"].value_counts()
    counts = counts.loc[sorted(counts.index, key=lambda contig: (-counts[contig], contig))]
    best, distance = {}, np.inf
    for deal in (_contigs, _regions):
        splits = deal(counts, windows, sizes)
        if (reached := _distance(splits, windows, sizes)) < distance:
            best, distance = splits, reached
        if distance <= np.log(NEAR):
            break
    if not best:
        raise ValueError(f"{len(windows):,} windows of {width} bases, on {len(counts)} contigs")
    return best


def windows_in(splits: Splits, peaks: pd.DataFrame, sizes: Mapping[str, int], width: int) -> dict[str, int]:
    """The number of different windows that each split contains whole; parameters as in :func:`dealt_splits`."""
    found = _counts_of(splits, _distinct_windows(peaks, sizes, width), sizes)
    return {split: int(found.get(split, 0)) for split in ("train", "validation", "test")}


def _distinct_windows(peaks: pd.DataFrame, sizes: Mapping[str, int], width: int) -> pd.DataFrame:
    """``contig, start, end`` of the windows that lie on the genome, in its order."""
    windows = pd.DataFrame({"contig": peaks["contig"], "start": peaks["summit"] - width // 2}).drop_duplicates()
    windows["end"] = windows["start"] + width
    inside = (windows["start"] >= 0) & (windows["end"] <= windows["contig"].map(sizes))
    return windows[inside].sort_values(["contig", "start"], ignore_index=True)


def _contigs(counts: pd.Series, windows: pd.DataFrame, sizes: Mapping[str, int]) -> Splits:
    """Whole contigs, of which the one with most windows is for training."""
    splits, left = {}, counts[1:]
    for split, share in SHARES.items():
        splits[split], total = [], 0
        for contig, count in left.items():
            # Those with most windows first, each if it brings the sum nearer to the share.
            if abs(total + count - share * len(windows)) < abs(total - share * len(windows)):
                splits[split].append(contig)
                total += count
        left = left.drop(splits[split])
    return splits


def _regions(counts: pd.Series, windows: pd.DataFrame, sizes: Mapping[str, int]) -> Splits:
    """Consecutive regions of the contig with most windows, from its first base on, each up to the end of a window."""
    if counts.empty:
        return {}
    contig = counts.index[0]
    ends = windows.loc[windows["contig"] == contig, "end"].to_numpy()
    splits, first, passed = {}, 1, 0
    for split, share in SHARES.items():
        passed += max(1, round(share * len(windows)))
        last = int(ends[min(passed, len(ends)) - 1])
        splits[split] = [f"{contig}:{first:,}-{last:,}"] if last >= first else []
        first = last + 1
    return splits


def _distance(splits: Splits, windows: pd.DataFrame, sizes: Mapping[str, int]) -> float:
    """The largest logarithm of a share over that asked for, either way; infinite if a split has hardly any windows."""
    if not splits or not all(splits.values()):
        return np.inf
    found = _counts_of(splits, windows, sizes)
    if min(found.get(split, 0) for split in ("train", *SHARES)) < FEWEST:
        return np.inf
    return max(abs(np.log(found[split] / len(windows) / share)) for split, share in SHARES.items())


def _counts_of(splits: Splits, windows: pd.DataFrame, sizes: Mapping[str, int]) -> pd.Series:
    try:
        regions = split_regions(splits, sizes)
    except InputError:
        # They leave no base for training.
        return pd.Series(dtype=int)
    return pd.Series(assign_split(windows, regions)).value_counts()

"""Splits for a file of peaks whose user named none."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

#: Shares of the peaks that the two splits are to have, as near as contigs or regions allow.
SHARES = {"test": 0.2, "validation": 0.15}
#: A split of whole contigs is accepted if its share is at most this factor away.
TOLERANCE = 1.5


def dealt_splits(peaks: pd.DataFrame, sizes: Mapping[str, int]) -> dict[str, list[str]]:
    """Splits of a genome by which test and validation have about 20 % and 15 % of the peaks.

    They are whole contigs if these come near enough; otherwise they are parts of the contig with most peaks, one after
    the other from its first base. The choice depends on the peaks alone, and draws nothing at random.

    Parameters
    ----------
    peaks
        ``contig, summit``; contigs are in ``sizes``.
    sizes
        Length of every contig of the genome.

    Returns
    -------
    dict
        ``validation`` and ``test``: contigs, or regions like ``chr21:1-5,000,000``.
    """
    counts = peaks["contig"].value_counts()
    counts = counts.loc[sorted(counts.index, key=lambda contig: (-counts[contig], contig))]
    splits, left = {}, counts
    for split, share in SHARES.items():
        # The contig with most peaks is for training.
        chosen = _contigs_near(left.iloc[1:] if left.index[0] == counts.index[0] else left, share * len(peaks))
        splits[split] = chosen
        left = left.drop(chosen)
    reached = {split: counts[contigs].sum() / len(peaks) for split, contigs in splits.items()}
    if all(share / TOLERANCE <= reached[split] <= share * TOLERANCE for split, share in SHARES.items()):
        return splits
    return _regions(peaks, counts.index[0], sizes)


def _contigs_near(counts: pd.Series, wanted: float) -> list[str]:
    """Contigs, those with most peaks first, each taken if it brings their sum nearer to the number."""
    chosen, total = [], 0
    for contig, count in counts.items():
        if abs(total + count - wanted) < abs(total - wanted):
            chosen.append(contig)
            total += count
    return chosen


def _regions(peaks: pd.DataFrame, contig: str, sizes: Mapping[str, int]) -> dict[str, list[str]]:
    """Consecutive regions of a contig, from its first base on."""
    summits = np.sort(peaks.loc[peaks["contig"] == contig, "summit"].to_numpy())
    splits, start, last = {}, 1, 0
    for split, share in SHARES.items():
        # Not more than its share of the contig, however many peaks are elsewhere.
        last = min(last + max(1, round(share * len(peaks))), len(summits) - 1)
        end = min(int(summits[last]), sizes[contig])
        splits[split] = [f"{contig}:{start:,}-{end:,}"]
        start = end + 1
    return splits

"""Folds of equal size: contigs that are dealt out, or consecutive parts of the genome where contigs are too unequal."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from ..folds import fold_name
from .overlaps import COORDINATES

NEAR = 1.5
"""Whole contigs are dealt out if the largest fold is no larger than the smallest one by more than this factor."""


def dealt_folds(regions: pd.DataFrame, folds: int) -> pd.DataFrame:
    """Folds of regions of a genome, of about as many bases each. Nothing is drawn at random.

    Contigs are dealt out one by one, the largest first, each to the fold with the fewest bases. So no two folds differ
    by more than the largest contig. If the sizes are too unequal, as with fewer contigs than folds, each fold is a
    stretch of the genome instead, and no two folds differ by more than one base.

    Parameters
    ----------
    regions
        Disjoint ``contig, start, end`` in genome order.
    folds
        Their number.

    Returns
    -------
    pandas.DataFrame
        ``contig, start, end, split``, with the same bases as ``regions``. Without as many bases as folds, some folds
        have none.
    """
    of_contigs = (regions["end"] - regions["start"]).groupby(regions["contig"], sort=False).sum()
    totals, fold_of = np.zeros(folds, dtype=np.int64), {}
    for contig, bases in of_contigs.sort_values(ascending=False, kind="stable").items():
        fold_of[contig] = int(np.argmin(totals))
        totals[fold_of[contig]] += bases
    if totals.min() * NEAR < totals.max():
        return _stretches(regions, folds)
    return regions.assign(split=[fold_name(fold_of[contig] + 1) for contig in regions["contig"]])


def _stretches(regions: pd.DataFrame, folds: int) -> pd.DataFrame:
    """Consecutive parts of all regions, one after the other."""
    ends = (regions["end"] - regions["start"]).cumsum()
    firsts = ends - (regions["end"] - regions["start"])
    edges = [int(ends.iloc[-1]) * fold // folds for fold in range(folds + 1)] if len(regions) else [0] * (folds + 1)
    rows = []
    for fold, (low, high) in enumerate(pairwise(edges), start=1):
        for region, first, last in zip(regions[COORDINATES].itertuples(index=False), firsts, ends, strict=True):
            start, end = max(low, first), min(high, last)
            if start < end:
                rows.append((region.contig, region.start + start - first, region.start + end - first, fold_name(fold)))
    return pd.DataFrame(rows, columns=[*COORDINATES, "split"]).astype({"start": np.int64, "end": np.int64})

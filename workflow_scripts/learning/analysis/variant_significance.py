"""Significance of differences between alleles: how often null variants differ as much, corrected for their number."""

from __future__ import annotations

import numpy as np
from scipy.stats import false_discovery_control


def empirical_p_values(
    differences: np.ndarray, kinds: np.ndarray, null_differences: np.ndarray, null_kinds: np.ndarray
) -> np.ndarray:
    """The share of null variants of the same kind that differ at least as much, in either direction.

    The variant itself is counted among them (Phipson & Smyth 2010), so that no p value is 0: with n null variants the
    smallest is 1 / (n + 1).

    Parameters
    ----------
    differences, null_differences
        Differences between alleles (variants,) and (nulls,).
    kinds, null_kinds
        The kind of each, such as whether it is a change of a single base.

    Returns
    -------
    numpy.ndarray
        p values (variants,); NaN without a null variant of the kind.
    """
    p = np.full(len(differences), np.nan)
    for kind in np.unique(kinds):
        rows, sizes = kinds == kind, np.sort(np.abs(null_differences[null_kinds == kind]))
        if len(sizes):
            larger = len(sizes) - np.searchsorted(sizes, np.abs(differences[rows]))
            p[rows] = (1 + larger) / (1 + len(sizes))
    return p


def q_values(p: np.ndarray) -> np.ndarray:
    """The q values of Benjamini & Hochberg (variants,); NaN, and not counted, where p is NaN."""
    q, is_known = np.full(len(p), np.nan), ~np.isnan(p)
    if is_known.any():
        q[is_known] = false_discovery_control(p[is_known])
    return q


def quantiles(scores: np.ndarray, of_peaks: np.ndarray) -> np.ndarray:
    """The share of peaks, whose scores are (peaks,), that score at most as much as each variant: (variants,)."""
    return np.searchsorted(np.sort(of_peaks), scores, side="right") / len(of_peaks)

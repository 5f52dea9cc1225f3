"""The correlation of predicted differences between alleles with measured effects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

SIGNIFICANT = 1e-5
"""Variants with a smaller p-value are also a subset of their own."""
BOOTSTRAPS = 10_000
_SEED = 0
_LEAST_VARIANTS = 4
"""Fisher's interval needs n > 3."""
_BLOCK = 2**20
"""Number of values of bootstrap draws in memory at once."""
_ROUNDING = 1e-9
_NORMAL_QUANTILE = 1.959964
_PERCENTILES = (2.5, 97.5)


@dataclass(frozen=True)
class Correlation:
    """The correlation of a scorer with the measured effects of ``n`` variants.

    ``low`` and ``high`` are the 95 % percentile interval over variants drawn with replacement, ``fisher_low`` and
    ``fisher_high`` the interval of Fisher's z transform. All are None if there are too few variants or they do not
    vary.
    """

    scorer: str
    subset: str
    n: int
    pearson: float | None = None
    low: float | None = None
    high: float | None = None
    fisher_low: float | None = None
    fisher_high: float | None = None
    spearman: float | None = None
    spearman_low: float | None = None
    spearman_high: float | None = None


def correlations(effects: np.ndarray, p_values: np.ndarray, differences: dict[str, np.ndarray]) -> list[Correlation]:
    """The correlations with the measured effects, for each scorer, over all variants and over the significant ones.

    Parameters
    ----------
    effects, p_values
        Measured values of the alternative allele, float64 (variants,), NaN if there is none.
    differences
        For each scorer, the score of the alternative minus that of the reference, float64 (variants,).
    """
    is_measured = np.isfinite(effects)
    subsets = {"all": is_measured}
    if np.isfinite(p_values[is_measured]).any():
        subsets[f"p < {SIGNIFICANT:.0e}"] = is_measured & (p_values < SIGNIFICANT)
    return [
        correlation(effects[rows], difference[rows], scorer=scorer, subset=subset)
        for subset, rows in subsets.items()
        if rows.any()
        for scorer, difference in differences.items()
    ]


def correlation(first: np.ndarray, second: np.ndarray, *, scorer: str, subset: str) -> Correlation:
    """Pearson's and Spearman's correlation of two float64 (n,) arrays, with intervals."""
    n = len(first)
    if n < _LEAST_VARIANTS or np.ptp(first) == 0 or np.ptp(second) == 0:
        return Correlation(scorer, subset, n)
    # On one scale, so that rounding is not taken for variation.
    first, second = ((values - values.mean()) / values.std() for values in (first, second))
    once = np.ones((1, n))
    pearson, spearman = (
        float(np.clip(measure(first, second, once)[0], -1, 1)) for measure in (_weighted_pearson, _weighted_spearman)
    )
    draws = _bootstrap(first, second)
    with np.errstate(divide="ignore"):
        z, half = np.arctanh(pearson), _NORMAL_QUANTILE / np.sqrt(n - 3)
    fisher_low, fisher_high = np.tanh([z - half, z + half])
    # A draw that has only one variant has no correlation.
    (low, spearman_low), (high, spearman_high) = np.nanpercentile(draws, _PERCENTILES, axis=0)
    intervals = (low, high, fisher_low, fisher_high)
    return Correlation(
        scorer, subset, n, pearson, *map(float, intervals), spearman, float(spearman_low), float(spearman_high)
    )


def lead(effects: np.ndarray, ours: np.ndarray, other: np.ndarray) -> tuple[float, float, float]:
    """The lead of one scorer's Pearson correlation with measured effects over another's, with its interval.

    Parameters
    ----------
    effects, ours, other
        Measured effects and the differences between alleles by either scorer, float64 (variants,).

    Returns
    -------
    The difference of the correlations, and its 95 % percentile interval over variants drawn with replacement, the same
    ones for both scorers.
    """
    once = np.ones((1, len(effects)))
    (found,), drawn = _lead(effects, ours, other, once), [_lead(effects, ours, other, t) for t in _draws(len(effects))]
    low, high = np.nanpercentile(np.concatenate(drawn), _PERCENTILES)
    return float(found), float(low), float(high)


def _lead(effects: np.ndarray, ours: np.ndarray, other: np.ndarray, times: np.ndarray) -> np.ndarray:
    return _weighted_pearson(effects, ours, times) - _weighted_pearson(effects, other, times)


def _bootstrap(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Pearson's and Spearman's correlation of variants drawn with replacement: (bootstraps, 2)."""
    blocks = []
    for times in _draws(len(first)):
        measures = (measure(first, second, times) for measure in (_weighted_pearson, _weighted_spearman))
        blocks.append(np.column_stack(list(measures)))
    return np.concatenate(blocks)


def _draws(n: int) -> Iterator[np.ndarray]:
    """Yield blocks of draws of n variants with replacement: how often each was drawn, float64 (draws, n)."""
    rng, rows = np.random.default_rng(_SEED), max(1, _BLOCK // n)
    for begin in range(0, BOOTSTRAPS, rows):
        yield rng.multinomial(n, np.full(n, 1 / n), size=min(rows, BOOTSTRAPS - begin)).astype(np.float64)


def _weighted_pearson(first: np.ndarray, second: np.ndarray, times: np.ndarray) -> np.ndarray:
    """The correlation (draws,) if value i, (n,) or (draws, n), counts ``times[:, i]`` times; NaN without variation."""
    totals = times.sum(axis=1, keepdims=True)
    first, second = (values - (times * values).sum(axis=1, keepdims=True) / totals for values in (first, second))
    covariance, *variances = (
        (times * a * b).sum(axis=1) for a, b in ((first, second), (first, first), (second, second))
    )
    scale = np.sqrt(variances[0] * variances[1])
    return np.divide(covariance, scale, out=np.full(len(times), np.nan), where=scale > _ROUNDING)


def _weighted_spearman(first: np.ndarray, second: np.ndarray, times: np.ndarray) -> np.ndarray:
    return _weighted_pearson(_weighted_ranks(first, times), _weighted_ranks(second, times), times)


def _weighted_ranks(values: np.ndarray, times: np.ndarray) -> np.ndarray:
    """The mean ranks (draws, n) minus one half of values (n,), of which value i occurs ``times[:, i]`` times."""
    order = np.argsort(values, kind="stable")
    _, firsts, groups = np.unique(values, return_index=True, return_inverse=True)
    begins = np.searchsorted(values[order], values[firsts])
    in_group = np.add.reduceat(times[:, order], begins, axis=1)
    return (np.cumsum(in_group, axis=1) - in_group / 2)[:, groups]

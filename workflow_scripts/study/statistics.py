"""Intervals and tests of paired differences. They are NaN if there are too few values."""

from __future__ import annotations

import numpy as np
from scipy import stats

CONFIDENCE = 0.95
LEAST_PAIRS = 8
"""The smallest number of pairs with a test. With fewer, the two-sided p of Wilcoxon's test is always above 0.01."""


def t_interval(values: np.ndarray) -> tuple[float, float]:
    """Student's 95 % interval of the mean of a sample (n,); NaN for fewer than two values."""
    if len(values) < 2:
        return np.nan, np.nan
    reach = stats.t.ppf((1 + CONFIDENCE) / 2, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values))
    return float(np.mean(values) - reach), float(np.mean(values) + reach)


def percentile_interval(resampled: np.ndarray) -> tuple[float, float]:
    """The middle 95 % of bootstrap values (resamples,), ignoring NaN."""
    defined = resampled[np.isfinite(resampled)]
    if not defined.size:
        return np.nan, np.nan
    low, high = np.quantile(defined, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)


def wilcoxon_p(differences: np.ndarray) -> float:
    """Two-sided p of Wilcoxon's signed-rank test; exact for up to 50 pairs without ties and zeros."""
    if len(differences) < LEAST_PAIRS:
        return np.nan
    if not np.any(differences):
        return 1.0
    return float(stats.wilcoxon(differences).pvalue)


def paired_t_p(differences: np.ndarray) -> float:
    """Two-sided p of the paired t test. If all differences are equal, it is 1 if they are zero and otherwise 0."""
    if len(differences) < LEAST_PAIRS:
        return np.nan
    if np.ptp(differences) == 0:
        return float(differences[0] == 0)
    return float(stats.ttest_1samp(differences, 0).pvalue)


def holm(p_values: np.ndarray) -> np.ndarray:
    """p values (n,) corrected for their number (Holm 1979); NaN stay NaN and do not count."""
    p_values = np.asarray(p_values, dtype=np.float64)
    corrected = np.full(p_values.shape, np.nan)
    tested = np.flatnonzero(~np.isnan(p_values))
    order = tested[np.argsort(p_values[tested], kind="stable")]
    scaled = p_values[order] * np.arange(len(order), 0, -1)
    corrected[order] = np.minimum(np.maximum.accumulate(scaled), 1)
    return corrected

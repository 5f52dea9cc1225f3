"""95 % intervals of the study metric of single arms, over seeds and test windows together."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import optimize, stats
from scipy.special import expit, logit

from workflow_support.metrics import RANKS, find_metric

from .evaluations import MODEL
from .evidence import Evidence
from .pairs import Measurements
from .statistics import CONFIDENCE, combined_reach

INTERVAL_COLUMNS = [*MODEL, "metric", "replicates", "mean", "seed_error", "window_error", "low", "high"]

_INSIDE = 1e-9


def intervals_table(measurements: Measurements, metrics: Mapping[str, str]) -> pd.DataFrame:
    """One row per arm and size: the mean of the study metric, its standard errors, and a 95 % interval.

    The interval of a single replicate is over test windows alone. It is missing if nothing is known about windows.

    Parameters
    ----------
    metrics
        The study metric of each task.
    """
    rows = []
    for task, arm, size in measurements.models:
        values = measurements.of_arm(task, arm, size)
        evidence, errors, bounds = values.evidence(), (np.nan, np.nan), (np.nan, np.nan)
        if evidence is not None:
            errors = evidence.error(slice(0, 1)), evidence.error(slice(1, None))
            known = (
                evidence
                if len(values.by_seed) > 1
                else Evidence(evidence.mean, evidence.variances[1:], evidence.degrees[1:])
            )
            has_ranks = find_metric(metrics[task]).over_windows == RANKS
            bounds = auroc_interval(known, values.classes_of_places()) if has_ranks else known.interval()
        rows.append((task, arm, size, metrics[task], len(values.by_seed), values.by_seed.mean(), *errors, *bounds))
    return pd.DataFrame(rows, columns=INTERVAL_COLUMNS)


def auroc_interval(evidence: Evidence, classes: np.ndarray) -> tuple[float, float]:
    """The 95 % interval of a mean AUROC, over windows and, if it is the first source, over seeds.

    Near 1 and with few positives, the variance that the windows show is too small if the rare errors are not among
    them. The interval is therefore the hull of two: DeLong's on the logit scale, from what the windows show, and one
    with the variance that Hanley & McNeil (1982) give for each AUROC within it (Newcombe 2006, method 5).

    Parameters
    ----------
    classes
        The class of each place with test windows (places,). With more than two, the rarest one is told from all others.
    """
    if np.isnan(evidence.variances).any():
        return np.nan, np.nan
    sizes = np.unique(classes, return_counts=True)[1]
    least, rest = int(sizes.min()), int(sizes.sum() - sizes.min())
    mean = float(evidence.mean)
    if mean < 0.5:
        low, high = auroc_interval(Evidence(1 - evidence.mean, evidence.variances, evidence.degrees), classes)
        return 1 - high, 1 - low
    shown = _logit_interval(mean, evidence, least)
    has_seeds = len(evidence.degrees) > len(sizes)
    over_seeds = combined_reach(evidence.variances[:1], evidence.degrees[:1]) if has_seeds else 0.0
    expected = _expected_interval(mean, float(over_seeds), least, rest)
    return min(shown[0], expected[0]), max(shown[1], expected[1])


def _logit_interval(mean: float, evidence: Evidence, least: int) -> tuple[float, float]:
    """DeLong's interval on the logit scale; of an AUROC of 1, that of a share without a failure among ``least``."""
    if mean == 1:
        return ((1 - CONFIDENCE) / 2) ** (1 / least), 1.0
    reach = float(combined_reach(evidence.variances, evidence.degrees)) / (mean * (1 - mean))
    return float(expit(logit(mean) - reach)), float(expit(logit(mean) + reach))


def _expected_interval(mean: float, over_seeds: float, least: int, rest: int) -> tuple[float, float]:
    """All AUROCs whose own reach, from the variance expected of them, comes to the mean."""
    quantile, extra = stats.norm.ppf((1 + CONFIDENCE) / 2), (least + rest) / 2 - 1

    def beyond(value: float) -> float:
        above = max(value, 1 - value)
        windows = above * (1 - above) * (1 + extra * ((1 - above) / (2 - above) + above / (1 + above))) / (least * rest)
        return abs(value - mean) - np.sqrt(quantile**2 * windows + over_seeds**2)

    # An AUROC of 1 has no variance, so that it reaches itself; the bound is further down.
    low = optimize.brentq(beyond, 0.0, mean - _INSIDE) if beyond(0.0) > 0 else 0.0
    return low, optimize.brentq(beyond, mean, 1.0) if beyond(1.0) > 0 else 1.0

"""Comparisons of arms: with the reference, with each other where a claim names them, and with published values."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import numpy as np
import pandas as pd

from workflow_support.metrics import BASELINE_ARM

from .evaluations import ALL, MODEL
from .evidence import Evidence
from .pairs import Measurements
from .statistics import t_interval
from .tables import rows_with

COMPARISON_COLUMNS = [
    "task", "size", "metric", "arm", "reference", "pairs", "mean_arm", "mean_reference", "difference",
    "seed_error", "window_error", "low", "high",
]  # fmt: skip
PUBLISHED_COLUMNS = [*MODEL, "metric", "replicates", "mean", "published", "source", "gap", "low", "high"]


def comparisons_table(
    measurements: Measurements,
    metrics: Mapping[str, str],
    references: Mapping[str, str],
    further: Iterable[tuple[str, str]],
) -> pd.DataFrame:
    """Paired differences arm - reference with 95 % intervals, one row per task, size, arm and reference.

    The intervals are over seeds and test windows together, and are not corrected for their number. The k-mer baseline
    is among the arms, and all others are compared with it too, at the end.

    Parameters
    ----------
    metrics, references
        The study metric and the reference of each task. The comparisons with this reference come first.
    further
        More pairs (arm, reference), compared wherever both were evaluated.
    """
    further = list(further)
    rows = []
    for task, metric in metrics.items():
        arms = dict.fromkeys(arm for of_task, arm, _ in measurements.models if of_task == task)
        pairs = [(arm, references[task]) for arm in arms if arm != references[task]]
        wanted = dict.fromkeys([*pairs, *further, *_with_floor(arms)])
        rows += [
            (task, size, metric, arm, reference, *_compare(measurements, task, size, arm, reference))
            for arm, reference in wanted
            for size in measurements.sizes(task, arm, reference)
        ]
    return pd.DataFrame(rows, columns=COMPARISON_COLUMNS)


def published_table(replicates: pd.DataFrame, published: Iterable[Mapping]) -> pd.DataFrame:
    """Gaps mean - published with a 95 % t interval over replicates, one row per published value and arm.

    Only arms trained on all windows are compared, because published models are.

    Parameters
    ----------
    replicates
        ``task, arm, size, seed, metric, value``.
    published
        ``task, metric, value, source``.
    """
    rows = []
    for value in published:
        of_value = rows_with(replicates, {"task": value["task"], "metric": value["metric"], "size": ALL})
        for model, of_model in of_value.groupby(MODEL, sort=False):
            gaps = of_model["value"] - value["value"]
            mean = of_model["value"].mean()
            known = (value["value"], value["source"], gaps.mean(), *t_interval(gaps))
            rows.append((*model, value["metric"], len(gaps), mean, *known))
    return pd.DataFrame(rows, columns=PUBLISHED_COLUMNS)


def _with_floor(arms: Collection[str]) -> list[tuple[str, str]]:
    """Every arm with the k-mer baseline, if the task has one."""
    return [(arm, BASELINE_ARM) for arm in arms if arm != BASELINE_ARM] if BASELINE_ARM in arms else []


def _compare(measurements: Measurements, task: str, size: str, arm: str, reference: str) -> tuple:
    difference = measurements.difference(task, arm, reference, size)
    seeds, evidence = difference.by_seed.index, difference.evidence()
    means = (measurements.of_arm(task, name, size, seeds).by_seed.mean() for name in (arm, reference))
    known = (np.nan,) * 4 if evidence is None else (*_errors(evidence), *evidence.interval())
    return len(seeds), *means, difference.by_seed.mean(), *known


def _errors(evidence: Evidence) -> tuple[float, float]:
    """The standard errors over seeds and over test windows."""
    return evidence.error(slice(0, 1)), evidence.error(slice(1, None))

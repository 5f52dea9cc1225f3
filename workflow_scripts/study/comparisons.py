"""Comparisons of arms: with the reference, with each other where a claim names them, and with published values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from workflow_support.metrics import BASELINE_ARM

from .evaluations import ALL, MODEL
from .pairs import Measurements
from .statistics import paired_t_p, t_interval, wilcoxon_p
from .tables import rows_with

COMPARISON_COLUMNS = [
    "task", "size", "metric", "arm", "reference", "pairs", "mean_arm", "mean_reference", "difference",
    "seed_low", "seed_high", "window_low", "window_high", "wilcoxon_p", "t_p",
]  # fmt: skip
PUBLISHED_COLUMNS = [*MODEL, "metric", "replicates", "mean", "published", "source", "gap", "low", "high"]


def comparisons_table(
    measurements: Measurements,
    metrics: Mapping[str, str],
    references: Mapping[str, str],
    further: Iterable[tuple[str, str]],
) -> pd.DataFrame:
    """Paired differences arm - reference with intervals and tests, one row per task, size, arm and reference.

    The k-mer baseline is left out, because it has no seeds to be paired by.

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
        skipped = {references[task], BASELINE_ARM}
        arms = dict.fromkeys(arm for of_task, arm, _ in measurements.models if of_task == task and arm not in skipped)
        wanted = dict.fromkeys([*((arm, references[task]) for arm in arms), *further])
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


def _compare(measurements: Measurements, task: str, size: str, arm: str, reference: str) -> tuple:
    pairs = measurements.pairs(task, arm, reference, size)
    return (
        len(pairs.differences),
        pairs.first.mean(),
        pairs.second.mean(),
        pairs.differences.mean(),
        *pairs.seed_interval(),
        *pairs.window_interval(),
        wilcoxon_p(pairs.differences),
        paired_t_p(pairs.differences),
    )

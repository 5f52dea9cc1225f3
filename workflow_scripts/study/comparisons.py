"""Every arm against the reference, and the two sides of every claim, at each task and size."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from workflow_support.metrics import BASELINE_ARM

from .pairs import Measurements
from .statistics import paired_t_p, wilcoxon_p

COLUMNS = [
    "task", "size", "metric", "arm", "reference", "pairs", "mean_arm", "mean_reference", "difference",
    "seed_low", "seed_high", "window_low", "window_high", "wilcoxon_p", "t_p",
]  # fmt: skip


def comparisons_table(
    measurements: Measurements,
    metrics: Mapping[str, str],
    references: Mapping[str, str],
    further: Iterable[tuple[str, str]],
) -> pd.DataFrame:
    """One row a (task, size, arm, reference): the paired difference arm - reference, its intervals and tests.

    The k-mer baseline is not compared.

    Parameters
    ----------
    metrics, references
        The study metric and the reference of each task.
    further
        More pairs (arm, reference), compared wherever both are.
    """
    further = list(further)
    rows = []
    for task, metric in metrics.items():
        # The baseline has no seeds to be paired by.
        skipped = {references[task], BASELINE_ARM}
        arms = dict.fromkeys(arm for of_task, arm, _ in measurements.models if of_task == task and arm not in skipped)
        wanted = dict.fromkeys([*((arm, references[task]) for arm in arms), *further])
        rows += [
            (task, size, metric, arm, reference, *_compare(measurements, task, size, arm, reference))
            for arm, reference in wanted
            for size in measurements.sizes(task, arm, reference)
        ]
    return pd.DataFrame(rows, columns=COLUMNS)


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

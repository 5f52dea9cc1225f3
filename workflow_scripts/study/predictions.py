"""Scores of test windows: how metrics of models vary with the choice of the windows."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_support.errors import InputError

from .evaluations import ALL
from .resampling import Metric, auroc_of_draws, macro_auroc_of_draws, mean_of_draws, resampled_metrics

Replicate = tuple[str, str, str, int]
"""Task, arm, size and seed."""
WINDOW = ["name", "contig", "start", "end"]
LABEL, SCORE, SCORE_OF_CLASS = "label", "logit", "probability."


def resample_predictions(
    predictions: Sequence[Path], evaluations: Sequence[Path], metrics: Mapping[str, str], resamples: int, seed: int
) -> dict[Replicate, np.ndarray]:
    """Bootstrap values (resamples,) of the study metric of every model, the windows of a task being drawn once for all.

    Parameters
    ----------
    predictions, evaluations
        Of the same models; an evaluation says which model it is of.
    metrics
        The study metric of each task: "AUROC", or a metric that the predictions hold for every window.
    seed
        With the name of a task, decides its draws.

    Raises
    ------
    InputError
        Where models of one task were not scored on the same windows.
    """
    by_task: dict[str, dict[Replicate, Path]] = {}
    for table, replicate in zip(predictions, map(_replicate, evaluations), strict=True):
        by_task.setdefault(replicate[0], {})[replicate] = table
    resampled: dict[Replicate, np.ndarray] = {}
    for task, tables in by_task.items():
        generator = np.random.default_rng([seed, zlib.crc32(task.encode())])
        strata, of_models = _metrics_of_task(tables, metrics[task])
        resampled |= resampled_metrics(of_models, strata, resamples, generator)
    return resampled


def _replicate(evaluation: Path) -> Replicate:
    content = json.loads(evaluation.read_bytes())
    return content["task"], content["arm"], content.get("size", ALL), content["seed"]


def _metrics_of_task(tables: Mapping[Replicate, Path], metric: str) -> tuple[np.ndarray, dict[Replicate, Metric]]:
    first, windows, of_models = None, None, {}
    for replicate, path in tables.items():
        table = pd.read_csv(path, sep="\t", usecols=lambda column: _is_needed(column, metric), dtype={"contig": str})
        if windows is None:
            first, windows = path, table[_identity(table)]
        elif not windows.equals(table[_identity(table)]):
            raise InputError(
                "these predictions are of other windows than those of another model of the task",
                file=path,
                found=f"{len(table)} windows; {len(windows)} in {first}",
                allowed="the same test windows in the same order for all models of a task",
                mend="delete the older of the two and run again",
            )
        of_models[replicate] = _metric_of_model(table, metric)
    strata = windows[LABEL].to_numpy() if LABEL in windows else np.zeros(len(windows))
    return strata, of_models


def _is_needed(column: str, metric: str) -> bool:
    return column in (*WINDOW, LABEL, SCORE, metric) or column.startswith(SCORE_OF_CLASS)


def _identity(table: pd.DataFrame) -> list[str]:
    return [column for column in (*WINDOW, LABEL) if column in table]


def _metric_of_model(table: pd.DataFrame, metric: str) -> Metric:
    if metric != "AUROC":
        return mean_of_draws(table[metric].to_numpy())
    labels, of_classes = table[LABEL].to_numpy(), _columns_of_classes(table.columns)
    if of_classes:
        return macro_auroc_of_draws(labels, table[of_classes].to_numpy())
    return auroc_of_draws(labels, table[SCORE].to_numpy())


def _columns_of_classes(columns: Iterable[str]) -> list[str]:
    return [column for column in columns if column.startswith(SCORE_OF_CLASS)]

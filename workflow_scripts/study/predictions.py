"""Bootstrap values of the metrics of models, from the predictions for the test windows."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_support.errors import InputError
from workflow_support.metrics import RANKS, find_metric, read_evaluations

from .resampling import Metric, auroc_of_draws, macro_auroc_of_draws, mean_of_draws, resampled_metrics

Model = tuple[str, str, str]
"""Task, arm and size."""
Replicate = tuple[str, str, str, int]
"""Task, arm, size and seed."""
WINDOW = ["name", "contig", "start", "end"]
SEED, LABEL, SCORE, SCORE_OF_CLASS = "seed", "label", "logit", "probability."


def resample_predictions(
    predictions: Sequence[Path], evaluations: Sequence[Path], metrics: Mapping[str, str], resamples: int, seed: int
) -> dict[Replicate, np.ndarray]:
    """Bootstrap values (resamples,) of the study metric of every replicate.

    All models of a task share the same draws of its test windows.

    Parameters
    ----------
    predictions, evaluations
        Files of the same models in the same order. An evaluation names its task, arm and size; the predictions have a
        column ``seed``.
    metrics
        The study metric of each task. Its ``resampling`` says how it is computed.
    seed
        Decides the draws, together with the name of the task.

    Raises
    ------
    InputError
        If models of one task were not scored on the same windows.
    """
    by_task: dict[str, dict[Model, Path]] = {}
    for table, model in zip(predictions, map(_model, evaluations), strict=True):
        by_task.setdefault(model[0], {})[model] = table
    resampled: dict[Replicate, np.ndarray] = {}
    for task, tables in by_task.items():
        generator = np.random.default_rng([seed, zlib.crc32(task.encode())])
        strata, of_models = _metrics_of_task(tables, metrics[task])
        resampled |= resampled_metrics(of_models, strata, resamples, generator)
    return resampled


def _model(evaluation: Path) -> Model:
    record = read_evaluations([evaluation])[0]
    return record["task"], record["arm"], record["size"]


def _metrics_of_task(tables: Mapping[Model, Path], metric: str) -> tuple[np.ndarray, dict[Replicate, Metric]]:
    first, windows, of_models = None, None, {}
    for model, path in tables.items():
        of_arm = pd.read_csv(path, sep="\t", usecols=lambda column: _is_needed(column, metric), dtype={"contig": str})
        for seed, table in of_arm.groupby(SEED, sort=False):
            identity = table[_identity(table)].reset_index(drop=True)
            if windows is None:
                first, windows = path, identity
            elif not windows.equals(identity):
                raise InputError(
                    "the predictions of two models of a task are for different windows",
                    file=path,
                    found=f"{len(identity)} windows with seed {seed}; {len(windows)} in {first}",
                    allowed="the same test windows in the same order for all models of a task",
                    fix="delete the older of the two and run again",
                )
            of_models[*model, seed] = _metric_of_replicate(table, metric)
    strata = windows[LABEL].to_numpy() if LABEL in windows else np.zeros(len(windows))
    return strata, of_models


def _is_needed(column: str, metric: str) -> bool:
    return column in (SEED, *WINDOW, LABEL, SCORE, metric) or column.startswith(SCORE_OF_CLASS)


def _identity(table: pd.DataFrame) -> list[str]:
    return [column for column in (*WINDOW, LABEL) if column in table]


def _metric_of_replicate(table: pd.DataFrame, metric: str) -> Metric:
    if find_metric(metric).resampling != RANKS:
        return mean_of_draws(table[metric].to_numpy())
    labels, of_classes = table[LABEL].to_numpy(), _columns_of_classes(table.columns)
    if of_classes:
        return macro_auroc_of_draws(labels, table[of_classes].to_numpy())
    return auroc_of_draws(labels, table[SCORE].to_numpy())


def _columns_of_classes(columns: Iterable[str]) -> list[str]:
    return [column for column in columns if column.startswith(SCORE_OF_CLASS)]

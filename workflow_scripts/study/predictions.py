"""The values of test windows whose mean is the metric of a model, from the predictions for these windows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_support.errors import InputError
from workflow_support.metrics import RANKS, find_metric, read_evaluations

from .window_values import auroc_values, macro_auroc_values, mean_values

Model = tuple[str, str, str]
"""Task, arm and size."""
Replicate = tuple[str, str, str, int]
"""Task, arm, size and seed."""
PLACE = ["contig", "start", "end"]
WINDOW = ["name", *PLACE]
SEED, LABEL, SCORE, SCORE_OF_CLASS = "seed", "label", "logit", "probability."


@dataclass(frozen=True)
class WindowValues:
    """The parts of the test windows in the metric of each replicate, as :mod:`study.window_values` defines it.

    Attributes
    ----------
    strata
        The class of each test window (windows,), by task; zeros for tasks without classes.
    keys
        What identifies each test window (windows,), by task: equal integers are the same window in two tasks.
    values
        Values (windows,), float32, by replicate.
    places
        The place of each test window (windows,), by task: windows with equal integers overlap, or are joined by others
        that do. Without an entry, each window of a task is a place of its own.
    """

    strata: Mapping[str, np.ndarray] = field(default_factory=dict)
    keys: Mapping[str, np.ndarray] = field(default_factory=dict)
    values: Mapping[Replicate, np.ndarray] = field(default_factory=dict)
    places: Mapping[str, np.ndarray] = field(default_factory=dict)


def read_window_values(
    predictions: Sequence[Path], evaluations: Sequence[Path], metrics: Mapping[str, str]
) -> WindowValues:
    """The values of test windows for the study metric of every replicate.

    Parameters
    ----------
    predictions, evaluations
        Files of the same models in the same order. An evaluation names its task, arm and size; the predictions have a
        column ``seed``.
    metrics
        The study metric of each task. Its ``over_windows`` says how it is computed.

    Raises
    ------
    InputError
        If models of one task were not scored on the same windows.
    """
    first: dict[str, tuple[Path, pd.DataFrame]] = {}
    values: dict[Replicate, np.ndarray] = {}
    for path, model in zip(predictions, map(_model, evaluations), strict=True):
        task = model[0]
        table = pd.read_csv(
            path, sep="\t", usecols=lambda name, task=task: _is_needed(name, metrics[task]), dtype={"contig": str}
        )
        for seed, of_seed in table.groupby(SEED, sort=False):
            windows = of_seed[_identity(of_seed)].reset_index(drop=True)
            _require_same_windows(*first.setdefault(task, (path, windows)), path, windows, seed)
            values[*model, seed] = _values_of_replicate(of_seed, metrics[task]).astype(np.float32)
    windows_of = {task: windows for task, (_, windows) in first.items()}
    return WindowValues(
        {task: _strata(windows) for task, windows in windows_of.items()},
        {task: _keys(windows) for task, windows in windows_of.items()},
        values,
        {task: places_of(windows) for task, windows in windows_of.items()},
    )


def places_of(windows: pd.DataFrame) -> np.ndarray:
    """The place of each window (windows,), from ``contig, start, end``: those that share a base have the same integer.

    So have windows that do not overlap, but are joined by others between them.
    """
    ordered = windows[PLACE].reset_index(drop=True).sort_values(["contig", "start"], kind="stable")
    furthest = ordered.groupby("contig")["end"].cummax()
    is_first = (ordered["contig"] != ordered["contig"].shift()) | (ordered["start"] >= furthest.shift())
    places = np.empty(len(windows), dtype=np.int64)
    places[ordered.index] = is_first.cumsum()
    return places


def _model(evaluation: Path) -> Model:
    record = read_evaluations([evaluation])[0]
    return record["task"], record["arm"], record["size"]


def _require_same_windows(first: Path, allowed: pd.DataFrame, path: Path, windows: pd.DataFrame, seed: int) -> None:
    if not allowed.equals(windows):
        raise InputError(
            "the predictions of two models of a task are for different windows",
            file=path,
            found=f"{len(windows)} windows with seed {seed}; {len(allowed)} in {first}",
            allowed="the same test windows in the same order for all models of a task",
            fix="delete the older of the two and run again",
        )


def _strata(windows: pd.DataFrame) -> np.ndarray:
    return windows[LABEL].to_numpy() if LABEL in windows else np.zeros(len(windows))


def _keys(windows: pd.DataFrame) -> np.ndarray:
    # Every task may have its own name for the same place. The contig of a labelled sequence is its name.
    return pd.util.hash_pandas_object(windows[PLACE], index=False).to_numpy().view(np.int64)


def _is_needed(column: str, metric: str) -> bool:
    return column in (SEED, *WINDOW, LABEL, SCORE, metric) or column.startswith(SCORE_OF_CLASS)


def _identity(table: pd.DataFrame) -> list[str]:
    return [column for column in (*WINDOW, LABEL) if column in table]


def _values_of_replicate(table: pd.DataFrame, metric: str) -> np.ndarray:
    if find_metric(metric).over_windows != RANKS:
        return mean_values(table[metric].to_numpy())
    labels, of_classes = table[LABEL].to_numpy(), _columns_of_classes(table.columns)
    if of_classes:
        return macro_auroc_values(labels, table[of_classes].to_numpy())
    return auroc_values(labels, table[SCORE].to_numpy())


def _columns_of_classes(columns: Iterable[str]) -> list[str]:
    return [column for column in columns if column.startswith(SCORE_OF_CLASS)]

"""The tables that figures are drawn from, as tidy frames with task, arm and seed in every row."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from workflow_support.metrics import read_evaluations

KEYS = ["task", "arm", "seed"]


def read_metrics(evaluations: Iterable[Path]) -> pd.DataFrame:
    """One row per replicate of ``evaluation.json`` files: its keys and metrics, ``rc_error`` and ``folds`` if given."""
    rows = []
    for evaluation in read_evaluations(evaluations):
        strands = evaluation.get("reverse_complement")
        rc_error = {} if strands is None else {"rc_error": strands["largest_absolute"]}
        folds = {"folds": evaluation["folds"]} if "folds" in evaluation else {}
        rows.append({key: evaluation[key] for key in KEYS} | evaluation["metrics"] | rc_error | folds)
    return pd.DataFrame(rows)


def read_per_model(tables: Sequence[Path], evaluations: Sequence[Path], columns: Collection[str]) -> pd.DataFrame:
    """One table per arm below each other: ``task, arm, seed`` and those of the ``columns`` that a table has.

    The ``evaluation.json`` of the arm, in the same order, names its task and arm.
    """
    named = []
    for table, evaluation in zip(tables, evaluations, strict=True):
        record = read_evaluations([evaluation])[0]
        rows = pd.read_csv(table, sep="\t", usecols=lambda column: column == "seed" or column in columns)
        named.append(rows.assign(task=record["task"], arm=record["arm"]))
    return pd.concat(named, ignore_index=True)


def read_per_task(tables: Sequence[Path], tasks: Sequence[str]) -> pd.DataFrame:
    """One table per task below each other, with a column ``task``."""
    return pd.concat(
        [pd.read_csv(table, sep="\t").assign(task=task) for table, task in zip(tables, tasks, strict=True)],
        ignore_index=True,
    )


def of_study_metric(table: pd.DataFrame, metrics: Mapping[str, str]) -> pd.DataFrame:
    """The rows of a study's table with the metric that ``metrics`` gives for their task."""
    return table[table["metric"] == table["task"].map(metrics)]


def of_largest_size(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of a study's table with the most training windows of their task."""
    return table[table["train_size"] == table.groupby("task")["train_size"].transform("max")]

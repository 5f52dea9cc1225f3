"""The tables that figures are drawn from, as tidy frames that name task, arm and seed in every row."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

KEYS = ["task", "arm", "seed"]


def read_metrics(evaluations: Iterable[Path]) -> pd.DataFrame:
    """One row an ``evaluation.json``: ``task, arm, seed``, its metrics, and ``rc_error`` where there is one."""
    rows = []
    for evaluation in map(_read_json, evaluations):
        strands = evaluation.get("reverse_complement")
        rc_error = {} if strands is None else {"rc_error": strands["largest_absolute"]}
        rows.append({key: evaluation[key] for key in KEYS} | evaluation["metrics"] | rc_error)
    return pd.DataFrame(rows)


def read_calibration(evaluations: Iterable[Path]) -> pd.DataFrame:
    """The calibration tables of ``evaluation.json`` files below each other, with ``task, arm, seed``."""
    return pd.concat(
        [_keyed(pd.DataFrame(content["calibration"]), content) for content in map(_read_json, evaluations)],
        ignore_index=True,
    )


def read_per_model(tables: Sequence[Path], evaluations: Sequence[Path], columns: Sequence[str]) -> pd.DataFrame:
    """Columns of one table of each model below each other; its ``evaluation.json`` says ``task, arm, seed``."""
    return pd.concat(
        [
            _keyed(pd.read_csv(table, sep="\t", usecols=columns), _read_json(evaluation))
            for table, evaluation in zip(tables, evaluations, strict=True)
        ],
        ignore_index=True,
    )


def read_per_task(tables: Sequence[Path], tasks: Sequence[str]) -> pd.DataFrame:
    """One table of each task below each other, with a column ``task``."""
    return pd.concat(
        [pd.read_csv(table, sep="\t").assign(task=task) for table, task in zip(tables, tasks, strict=True)],
        ignore_index=True,
    )


def _read_json(path: Path) -> dict:
    return json.loads(path.read_text())


def _keyed(table: pd.DataFrame, evaluation: dict) -> pd.DataFrame:
    return table.assign(**{key: evaluation[key] for key in KEYS})

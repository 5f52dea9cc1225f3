"""The tables that figures are drawn from, as tidy frames that name task, arm and seed in every row."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

KEYS = ["task", "arm", "seed"]


def read_metrics(evaluations: Iterable[Path]) -> pd.DataFrame:
    """One row a replicate of ``evaluation.json`` files: its keys, its metrics, and ``rc_error`` where there is one."""
    rows = []
    for evaluation in _records(evaluations):
        strands = evaluation.get("reverse_complement")
        rc_error = {} if strands is None else {"rc_error": strands["largest_absolute"]}
        rows.append({key: evaluation[key] for key in KEYS} | evaluation["metrics"] | rc_error)
    return pd.DataFrame(rows)


def read_calibration(evaluations: Iterable[Path]) -> pd.DataFrame:
    """The calibration tables of ``evaluation.json`` files below each other, with ``task, arm, seed``."""
    tables = [
        pd.DataFrame(record["calibration"]).assign(**{key: record[key] for key in KEYS})
        for record in _records(evaluations)
    ]
    return pd.concat(tables, ignore_index=True)


def read_per_model(tables: Sequence[Path], evaluations: Sequence[Path], columns: Sequence[str]) -> pd.DataFrame:
    """Columns, and the seed, of one table of each arm below each other; its ``evaluation.json`` says task and arm."""
    named = []
    for table, evaluation in zip(tables, evaluations, strict=True):
        record = _records([evaluation])[0]
        rows = pd.read_csv(table, sep="\t", usecols=["seed", *columns])
        named.append(rows.assign(task=record["task"], arm=record["arm"]))
    return pd.concat(named, ignore_index=True)


def read_per_task(tables: Sequence[Path], tasks: Sequence[str]) -> pd.DataFrame:
    """One table of each task below each other, with a column ``task``."""
    return pd.concat(
        [pd.read_csv(table, sep="\t").assign(task=task) for table, task in zip(tables, tasks, strict=True)],
        ignore_index=True,
    )


def _records(evaluations: Iterable[Path]) -> list[dict]:
    """What ``evaluation.json`` files say of every replicate, file by file."""
    return [record for file in evaluations for record in json.loads(file.read_bytes())]

"""The tables of a study as files."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

#: As text, lest sizes such as 1000 and all, or tasks and arms named by numbers, become numbers.
TEXT_COLUMNS = [
    "task", "arm", "size", "family", "kind", "representation", "training", "combination", "metric", "reference",
    "claim", "better", "than", "wider_than", "scope", "verdict", "candidate", "source",
]  # fmt: skip


def read_table(path: Path) -> pd.DataFrame:
    """A tab-separated table of a study; texts that are missing are empty, numbers that are missing NaN."""
    header = path.read_text(encoding="utf-8").partition("\n")[0].split("\t")
    texts = [column for column in header if column in TEXT_COLUMNS]
    missing = {column: [""] for column in header if column not in texts}
    return pd.read_csv(path, sep="\t", dtype=dict.fromkeys(texts, str), keep_default_na=False, na_values=missing)


def read_evaluations(files: Iterable[Path]) -> list[dict[str, Any]]:
    """What ``evaluation.json`` files say of every replicate, file by file."""
    return [record for file in files for record in json.loads(file.read_bytes())]


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Tab-separated; six digits, so that the same numbers give the same bytes."""
    table.to_csv(path, sep="\t", index=False, float_format="%.6g")

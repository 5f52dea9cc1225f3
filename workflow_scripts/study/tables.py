"""Reading, writing and selecting from the tables of a study."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

#: Columns that are read as text, because sizes such as 1000, or tasks named by numbers, would become numbers.
TEXT_COLUMNS = [
    "task", "arm", "size", "family", "kinds", "network", "representation", "strands", "training", "combination",
    "metric", "reference", "claim", "better", "than", "wider_than", "scope", "verdict", "why", "candidate", "source",
    "subset", "training_task", "consensus", "match", "accession", "evidence",
]  # fmt: skip


def read_table(path: Path) -> pd.DataFrame:
    """Read a tab-separated table of a study; missing texts are empty, missing numbers NaN."""
    header = path.read_text(encoding="utf-8").partition("\n")[0].split("\t")
    texts = [column for column in header if column in TEXT_COLUMNS]
    missing = {column: [""] for column in header if column not in texts}
    return pd.read_csv(path, sep="\t", dtype=dict.fromkeys(texts, str), keep_default_na=False, na_values=missing)


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a tab-separated table with six significant digits, so that equal numbers give equal bytes."""
    table.to_csv(path, sep="\t", index=False, float_format="%.6g")


def rows_with(table: pd.DataFrame, keys: Mapping[str, str]) -> pd.DataFrame:
    """The rows whose columns have the values of ``keys``."""
    return table[(table[list(keys)] == list(keys.values())).all(axis=1)]

"""Print the main metrics of a run, one row per arm: ``python -m study.print_summary results/demo/summary.tsv``."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from workflow_support.metrics import printed_metrics

from .tables import read_table


def summary_text(summary: pd.DataFrame, kinds: Mapping[str, str]) -> str:
    """The main metrics as text, one table per kind of task, with mean ± sample standard deviation over replicates.

    Each arm is shown at the largest of its training sizes. The size is a column if arms differ in it.

    Parameters
    ----------
    summary
        ``task, arm, size, train_size, metric, replicates, mean, sd``.
    kinds
        The kind of each task, in the order of the tables.
    """
    of_arm = summary.groupby(["task", "arm"], sort=False)["train_size"]
    largest = summary[summary["train_size"] == of_arm.transform("max")]
    kind_of_row = largest["task"].map(kinds)
    return "\n\n".join(
        _table(largest[kind_of_row == kind], printed_metrics(kind)) for kind in dict.fromkeys(kinds.values())
    )


def read_config(run: Path) -> dict[str, Any]:
    """The configuration that a run kept in its folder, with all defaults filled in."""
    return yaml.safe_load((run / "config.yaml").read_text(encoding="utf-8"))


def kinds_of_tasks(config: Mapping[str, Any]) -> dict[str, str]:
    """The kind of each task of a configuration."""
    return {task: settings["kind"] for task, settings in config["tasks"].items()}


def _table(summary: pd.DataFrame, metrics: Sequence[str]) -> str:
    printed = summary[summary["metric"].isin(metrics)]
    cells = printed.assign(text=[_with_spread(*row) for row in zip(printed["mean"], printed["sd"], strict=True)])
    keys = ["task", "arm", *(["size"] if summary["size"].nunique() > 1 else []), "replicates"]
    table = cells.pivot(index=keys, columns="metric", values="text").reindex(columns=metrics)
    order = pd.MultiIndex.from_frame(cells[keys].drop_duplicates())
    return table.loc[order].astype(object).fillna("").reset_index().to_string(index=False)


def _with_spread(mean: float, sd: float) -> str:
    """The mean ± the standard deviation: three decimals, or powers of ten if the mean is small, or 0 if it is exact."""
    notation = ".3f" if abs(mean) >= 0.001 else ".0e" if mean else "g"
    return f"{mean:{notation}}" if pd.isna(sd) else f"{mean:{notation}} ± {sd:{notation}}"


if __name__ == "__main__":
    summary_file = Path(sys.argv[1])
    print(summary_text(read_table(summary_file), kinds_of_tasks(read_config(summary_file.parent))))

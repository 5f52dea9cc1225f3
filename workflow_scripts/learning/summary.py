"""One row a metric: the mean and spread over replicates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

# The main metrics of each kind of task, the first of which tells the kind.
PRINTED_METRICS = [["AUROC", "AUPRC", "MCC", "RC error"], ["JSD", "Spearman 1 bp", "Count Pearson", "RC error"]]
COLUMNS = ["task", "arm", "train_size", "metric", "replicates", "mean", "sd"]


def summarise(evaluations: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Summary of the contents of ``evaluation.json`` files.

    Returns
    -------
    ``task, arm, train_size, metric, replicates, mean, sd``, in the order in which the evaluations first name each.
    ``sd`` is that of a sample (n - 1), missing for a single replicate. "RC error" is the largest |f(x) - f(rc x)| of a
    model (of a profile, once strands and positions are brought back), "RC flips" the fraction of windows that it calls
    differently on the two strands.
    """
    rows = [
        (evaluation["task"], evaluation["arm"], evaluation["train_size"], metric, value)
        for evaluation in evaluations
        for metric, value in _all_metrics(evaluation).items()
    ]
    values = pd.DataFrame(rows, columns=[*COLUMNS[:4], "value"])
    groups = values.groupby(COLUMNS[:4], sort=False)["value"]
    return groups.agg(replicates="count", mean="mean", sd="std").reset_index()


def as_text(summary: pd.DataFrame) -> str:
    """The main metrics for a terminal, a table a kind of task: a row an arm, mean ± sample deviation of replicates."""
    tables = []
    for metrics in PRINTED_METRICS:
        tasks = summary.loc[summary["metric"] == metrics[0], "task"].unique()
        if tasks.size:
            tables.append(_table(summary[summary["task"].isin(tasks)], metrics))
    return "\n\n".join(tables)


def _table(summary: pd.DataFrame, metrics: list[str]) -> str:
    printed = summary[summary["metric"].isin(metrics)]
    spread = (" ± " + printed["sd"].map(_short)).where(printed["sd"].notna(), "")
    cells = printed.assign(text=printed["mean"].map(_short) + spread)
    keys = ["task", "arm", "replicates"]
    table = cells.pivot(index=keys, columns="metric", values="text").reindex(columns=metrics)
    order = pd.MultiIndex.from_frame(cells[keys].drop_duplicates())
    return table.loc[order].astype(object).fillna("").reset_index().to_string(index=False)


def _short(value: float) -> str:
    return f"{value:.3f}" if abs(value) >= 0.001 else f"{value:.0e}"


def _all_metrics(evaluation: Mapping[str, Any]) -> dict[str, float]:
    strands = evaluation.get("reverse_complement", {})
    named = {"RC error": "largest_absolute", "RC flips": "flipped"}
    return evaluation["metrics"] | {name: strands[key] for name, key in named.items() if key in strands}

"""One row a metric: the mean and spread over replicates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

PRINTED_METRICS = ["AUROC", "AUPRC", "MCC", "RC error"]
COLUMNS = ["task", "arm", "train_size", "metric", "replicates", "mean", "sd"]


def summarise(evaluations: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Summary of the contents of ``evaluation.json`` files.

    Returns
    -------
    ``task, arm, train_size, metric, replicates, mean, sd``, in the order in which the evaluations first name each.
    ``sd`` is that of a sample (n - 1), missing for a single replicate. "RC error" is the largest |f(x) - f(rc x)| of a
    model, "RC flips" the fraction of windows that it calls differently on the two strands.
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
    """The main metrics of a summary for a terminal: a row an arm, mean ± standard deviation over replicates."""
    printed = summary[summary["metric"].isin(PRINTED_METRICS)]
    spread = (" ± " + printed["sd"].map(_short)).where(printed["sd"].notna(), "")
    cells = printed.assign(text=printed["mean"].map(_short) + spread)
    keys = ["task", "arm", "replicates"]
    table = cells.pivot(index=keys, columns="metric", values="text").reindex(columns=PRINTED_METRICS)
    order = pd.MultiIndex.from_frame(cells[keys].drop_duplicates())
    return table.loc[order].astype(object).fillna("").reset_index().to_string(index=False)


def _short(value: float) -> str:
    return f"{value:.3f}" if value >= 0.001 else f"{value:.0e}"


def _all_metrics(evaluation: Mapping[str, Any]) -> dict[str, float]:
    strands = evaluation.get("reverse_complement")
    if strands is None:
        return evaluation["metrics"]
    return evaluation["metrics"] | {"RC error": strands["largest_absolute"], "RC flips": strands["flipped"]}

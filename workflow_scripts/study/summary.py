"""One row a metric: the mean and spread over replicates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

# The main metrics of each kind of task: binary, profile, labelled.
PRINTED_METRICS = [
    ["AUROC", "AUPRC", "MCC", "RC error"],
    ["JSD", "Spearman 1 bp", "Count Pearson", "RC error"],
    ["Accuracy", "MCC", "MCC 0.5", "AUROC", "RC error"],
]
KEYS = ["task", "arm", "size", "train_size", "metric"]
COLUMNS = [*KEYS, "replicates", "mean", "sd"]


def summarise(evaluations: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Summary of the contents of ``evaluation.json`` files.

    Returns
    -------
    ``task, arm, size, train_size, metric, replicates, mean, sd``, in the order in which the evaluations first name
    each. ``sd`` is that of a sample (n - 1), missing for a single replicate. "RC error" is the largest |f(x) - f(rc x)|
    of a model (of a profile, once strands and positions are brought back), "RC flips" the fraction of windows that it
    calls differently on the two strands.
    """
    rows = [
        (*(evaluation[key] for key in KEYS[:-1]), metric, value)
        for evaluation in evaluations
        for metric, value in _all_metrics(evaluation).items()
    ]
    values = pd.DataFrame(rows, columns=[*KEYS, "value"])
    groups = values.groupby(KEYS, sort=False)["value"]
    return groups.agg(replicates="count", mean="mean", sd="std").reset_index()


def as_text(summary: pd.DataFrame) -> str:
    """The main metrics for a terminal, a table a kind of task: a row an arm, mean ± sample deviation of replicates.

    Of several training sizes the largest of each arm is shown; which it is, where arms differ.
    """
    of_arm = summary.groupby(["task", "arm"], sort=False)["train_size"]
    largest = summary[summary["train_size"] == of_arm.transform("max")]
    kinds = largest["task"].map(largest.groupby("task")["metric"].agg(_kind))
    return "\n\n".join(
        _table(largest[kinds == kind], metrics) for kind, metrics in enumerate(PRINTED_METRICS) if (kinds == kind).any()
    )


def _kind(found: pd.Series) -> int:
    """Which of :data:`PRINTED_METRICS` a task has; labelled tasks have an AUROC like binary ones, and an accuracy."""
    return max(kind for kind, metrics in enumerate(PRINTED_METRICS) if metrics[0] in set(found))


def _table(summary: pd.DataFrame, metrics: list[str]) -> str:
    printed = summary[summary["metric"].isin(metrics)]
    spread = (" ± " + printed["sd"].map(_short)).where(printed["sd"].notna(), "")
    cells = printed.assign(text=printed["mean"].map(_short) + spread)
    keys = ["task", "arm", *(["size"] if summary["size"].nunique() > 1 else []), "replicates"]
    table = cells.pivot(index=keys, columns="metric", values="text").reindex(columns=metrics)
    order = pd.MultiIndex.from_frame(cells[keys].drop_duplicates())
    return table.loc[order].astype(object).fillna("").reset_index().to_string(index=False)


def _short(value: float) -> str:
    return f"{value:.3f}" if abs(value) >= 0.001 else f"{value:.0e}"


def _all_metrics(evaluation: Mapping[str, Any]) -> dict[str, float]:
    strands = evaluation.get("reverse_complement", {})
    named = {"RC error": "largest_absolute", "RC flips": "flipped"}
    return evaluation["metrics"] | {name: strands[key] for name, key in named.items() if key in strands}

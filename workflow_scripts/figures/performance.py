"""How well each arm tells bound from unbound windows."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from workflow_support.baseline import BASELINE_ARM

from .arms import BASELINE_LABEL, BASELINE_MARK, draw_arm_rows, network_arms
from .style import GREY, legend_below, panels, publication_style

METRICS = ("AUROC", "AUPRC")


@publication_style
def performance_figure(metrics: pd.DataFrame) -> Figure:
    """AUROC and AUPRC of every arm, a row of panels a task: a dot a seed, a bar at their mean, the baseline dashed.

    Parameters
    ----------
    metrics
        ``task, arm, seed, AUROC, AUPRC`` on the test split.
    """
    tasks, arms = metrics["task"].unique(), network_arms(metrics)
    figure, axes = panels(len(tasks), len(METRICS), 0.55 + 0.17 * len(arms), sharex="col", sharey=True)
    for task, row in zip(tasks, axes, strict=True):
        row[0].set_title(task, loc="left")
        of_task = metrics[metrics["task"] == task]
        for metric, axis in zip(METRICS, row, strict=True):
            draw_arm_rows(axis, of_task, metric, arms)
            baseline = of_task.loc[of_task["arm"] == BASELINE_ARM, metric].mean()
            axis.axvline(baseline, color=BASELINE_MARK.colour, ls=BASELINE_MARK.line, lw=0.9)
    for metric, axis in zip(METRICS, axes[-1], strict=True):
        axis.set_xlabel(f"{metric} on the test split")
    seeds = metrics.loc[metrics["arm"] != BASELINE_ARM, "seed"].nunique()
    legend_below(
        figure,
        [
            Line2D([], [], ls="", marker="o", color=GREY, label=f"one of {seeds} seeds"),
            Line2D([], [], ls="", marker="|", markersize=8, markeredgewidth=1.4, color=GREY, label="mean"),
            Line2D([], [], ls=BASELINE_MARK.line, lw=0.9, color=BASELINE_MARK.colour, label=BASELINE_LABEL),
        ],
        columns=3,
    )
    return figure

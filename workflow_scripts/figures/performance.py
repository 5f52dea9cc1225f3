"""How well each arm tells bound from unbound windows."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from workflow_support.metrics import BASELINE_ARM

from .arms import BASELINE_LABEL, BASELINE_MARK, draw_arm_rows, network_arms
from .style import GREY, legend_below, publication_style, stacked_panels

METRICS = ("AUROC", "AUPRC")


@publication_style
def performance_figure(metrics: pd.DataFrame) -> Figure:
    """AUROC and AUPRC of every arm, a row of panels a task: a dot a seed, a bar at their mean, the baseline dashed.

    Parameters
    ----------
    metrics
        ``task, arm, seed`` and those of ``AUROC, AUPRC`` that are defined, on the test split.
    """
    drawn = [metric for metric in METRICS if metric in metrics]
    tasks, arms = metrics["task"].unique(), network_arms(metrics)
    figure, by_task = stacked_panels(tasks, len(drawn), 0.6 + 0.14 * len(arms), sharey=True)
    for task, axes in by_task.items():
        axes[0].set_title(task, loc="left")
        of_task = metrics[metrics["task"] == task]
        for metric, axis in zip(drawn, axes, strict=True):
            draw_arm_rows(axis, of_task, metric, arms)
            baseline = of_task.loc[of_task["arm"] == BASELINE_ARM, metric].mean()
            axis.axvline(baseline, color=BASELINE_MARK.colour, ls=BASELINE_MARK.line, lw=0.9)
            axis.xaxis.set_major_locator(MaxNLocator(3, min_n_ticks=2))
            axis.set_xlabel(f"Test {metric}")
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

"""How close the profiles and totals that each arm predicts come to what was observed."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from .arms import draw_arm_rows, network_arms
from .style import BLACK, COLUMN_WIDTH, GREY, PAGE_WIDTH, legend_below, panels, publication_style

METRICS = {"JSD": "JSD\n(nats)", "Spearman 1 bp": "Spearman\n1 bp", "Count Pearson": "Count\nPearson"}
REFERENCES = {
    "JSD floor": (":", "average profile (floor)"),
    "JSD ceiling": ("--", "pseudo-replicates (reference, no bound)"),
}
#: Inches of an arm: where there is room, and where there are many arms.
ROW_HEIGHT, LEAST_ROW_HEIGHT, MANY_ARMS = 0.14, 0.115, 8


@publication_style
def profile_performance_figure(metrics: pd.DataFrame) -> Figure:
    """Metrics of every arm, a column of panels a task: a dot a seed, a bar at their mean, and references for the JSD.

    Parameters
    ----------
    metrics
        ``task, arm, seed`` and those of ``JSD, JSD floor, JSD ceiling, Spearman 1 bp, Count Pearson`` that are defined,
        on the test split.
    """
    metrics = metrics.reindex(columns=["task", "arm", "seed", *METRICS, *REFERENCES])
    tasks, arms = metrics["task"].unique(), network_arms(metrics)
    # Each panel has an axis of its own: tasks differ in depth, by which their metrics differ far more than by arm.
    height = 0.45 + (ROW_HEIGHT if len(arms) <= MANY_ARMS else LEAST_ROW_HEIGHT) * max(3, len(arms))
    width = COLUMN_WIDTH if len(tasks) <= 3 else PAGE_WIDTH
    figure, axes = panels(len(METRICS), len(tasks), height, width, sharey=True)
    for task, column in zip(tasks, axes.T, strict=True):
        column[0].set_title(task)
        of_task = metrics[metrics["task"] == task]
        for metric, axis in zip(METRICS, column, strict=True):
            draw_arm_rows(axis, of_task, metric, arms)
            axis.xaxis.set_major_locator(MaxNLocator(max(2, 6 // len(tasks)), min_n_ticks=2))
            axis.tick_params(axis="x", labelsize=6.5 if len(tasks) < 3 else 5)
        for reference, (line, _) in REFERENCES.items():
            column[0].axvline(of_task[reference].mean(), color=BLACK, ls=line, lw=0.9)
    for label, axis in zip(METRICS.values(), axes[:, 0], strict=True):
        axis.set_ylabel(label)
    figure.align_ylabels(axes[:, 0])
    legend_below(
        figure,
        [
            Line2D([], [], ls="", marker="o", color=GREY, label=f"one of {metrics['seed'].nunique()} seeds"),
            Line2D([], [], ls="", marker="|", markersize=8, markeredgewidth=1.4, color=GREY, label="mean"),
            *(Line2D([], [], ls=line, lw=0.9, color=BLACK, label=label) for line, label in REFERENCES.values()),
        ],
    )
    return figure

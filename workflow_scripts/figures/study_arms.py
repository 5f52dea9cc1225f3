"""Who wins at each task, and by how much."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from workflow_support.metrics import gain_sign

from .arms import SEED_SPREAD
from .study_panels import GROUPS, group_handles, groups_of, of_largest_size, of_study_metric, row_panels, seeds_handle
from .style import GREY, legend_below, publication_style

LEAST_REPLICATES = 3
"""Replicates from which on a mean has an interval in the figure."""


@publication_style
def study_arms_figure(
    replicates: pd.DataFrame,
    means: pd.DataFrame,
    arms: pd.DataFrame,
    metrics: Mapping[str, str],
    references: Mapping[str, str],
) -> Figure:
    """The study metric of every arm with the most training windows, a panel a task.

    A dot a seed, the mean with its 95 % interval, a line at the mean of the reference, and beside the best mean of all
    seeds its distance to that line.

    Parameters
    ----------
    replicates, means, arms
        Tables of the study.
    metrics, references
        Metric and reference of each task, in the order of the panels.
    """
    replicates, means = (of_largest_size(of_study_metric(table, metrics)) for table in (replicates, means))
    # The interval of two seeds is many times wider than anything else, and reaches beyond what a metric can be.
    enough = means["replicates"] >= LEAST_REPLICATES
    means = means.assign(low=means["low"].where(enough), high=means["high"].where(enough))
    shown = arms[arms["arm"].isin(means["arm"])]
    groups = groups_of(shown)
    figure, axes = row_panels(list(metrics), list(groups))
    for task, axis in axes.items():
        of_task = means[means["task"] == task].set_index("arm")
        _draw_rows(axis, replicates[replicates["task"] == task], of_task, groups)
        _mark_best(axis, of_task[of_task.index.isin(groups)], list(groups), references[task], metrics[task])
        axis.set_xlabel(f"Test {metrics[task]}")
    legend_below(
        figure,
        [
            *group_handles(list(groups.values())),
            seeds_handle(replicates),
            Line2D([], [], marker="|", markersize=6, color=GREY, label="mean, 95 % interval"),
            Line2D(
                [], [], color=GREY, ls="--", lw=0.8, label="mean of " + " or ".join(dict.fromkeys(references.values()))
            ),
        ],
    )
    return figure


def _draw_rows(axis: Axes, replicates: pd.DataFrame, means: pd.DataFrame, groups: Mapping[str, str]) -> None:
    for row, (arm, group) in enumerate(groups.items()):
        if arm not in means.index:
            continue
        mark, summary = GROUPS[group], means.loc[arm]
        values = replicates.loc[replicates["arm"] == arm].sort_values("seed")["value"].to_numpy()
        # Seeds lie side by side, so that equal values remain countable.
        offsets = np.linspace(-SEED_SPREAD, SEED_SPREAD, len(values)) if len(values) > 1 else 0
        axis.plot(values, row + offsets, ls="", marker="o", markersize=1.6, mew=0, color=mark.colour, alpha=0.45)
        if np.isfinite(summary["low"]):
            axis.plot([summary["low"], summary["high"]], [row, row], color=mark.colour, lw=1.1)
        axis.plot(summary["mean"], row, marker=mark.marker, markersize=3.2, color=mark.colour, mec="white", mew=0.4)
    axis.xaxis.set_major_locator(MaxNLocator(3, min_n_ticks=2))
    axis.margins(x=0.08)
    axis.grid(axis="x")


def _mark_best(axis: Axes, means: pd.DataFrame, arms: list[str], reference: str, metric: str) -> None:
    if reference not in means.index:
        return
    # Combinations of several seeds have fewer replicates, whose mean is left to more chance.
    values = means.loc[means["replicates"] == means["replicates"].max(), "mean"]
    axis.axvline(values[reference], color=GREY, ls="--", lw=0.8, zorder=1)
    best = (gain_sign(metric) * values).idxmax()
    if best != reference:
        # Beside the interval, on the side that has more room.
        is_left = values[best] > np.mean(axis.get_xlim())
        end = means.loc[best, ["low", "mean"] if is_left else ["high", "mean"]].dropna().iloc[0]
        axis.annotate(
            f"{values[best] - values[reference]:+.3f}".replace("-", "−"),
            (end, arms.index(best)),
            xytext=(-6 if is_left else 6, 0),
            textcoords="offset points",
            ha="right" if is_left else "left",
            va="center",
            fontsize=6,
            fontweight="bold",
        )

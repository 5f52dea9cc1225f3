"""The study metric of every arm at every task, and the gain of the best one over the reference."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from study.tables import read_table
from workflow_support.metrics import BASELINE_ARM, gain_sign
from workflow_support.palette import GREY

from .arms import Mark, arm_label, arm_marks, group_handles, marks_by_task, seed_offsets, seeds_handle
from .panels import arm_panels, legend_below
from .style import SMALL, publication_style
from .tables import of_largest_size, of_study_metric

LEAST_REPLICATES = 3
"""Replicates from which on a mean has an interval in the figure."""


def draw(
    *, replicates: Path, means: Path, metrics: dict[str, str], references: dict[str, str], arms: dict[str, str]
) -> Figure:
    """Draw the figure from tables of the study.

    ``metrics`` and ``references`` have the metric and reference of each task, ``arms`` the group of every arm.
    """
    return study_arms_figure(read_table(replicates), read_table(means), metrics, references, arms)


@publication_style
def study_arms_figure(
    replicates: pd.DataFrame,
    means: pd.DataFrame,
    metrics: Mapping[str, str],
    references: Mapping[str, str],
    arms: Mapping[str, str],
) -> Figure:
    """The study metric of every arm with the most training windows, one panel per task.

    An arm has one dot per seed, and a larger one at the mean with its 95 % interval. A line marks the mean of the
    reference; to the right of the row with the best mean of all seeds stands its distance to that line.

    Parameters
    ----------
    replicates, means
        Tables of the study.
    metrics, references
        Metric and reference of each task, in the order of the panels.
    arms
        Group of every arm of the run.
    """
    replicates, means = (of_largest_size(of_study_metric(table, metrics)) for table in (replicates, means))
    # The interval of two seeds is many times wider than anything else, and reaches beyond what a metric can be.
    enough = means["replicates"] >= LEAST_REPLICATES
    means = means.assign(low=means["low"].where(enough), high=means["high"].where(enough))
    means = means[means["arm"] != BASELINE_ARM]
    marks = marks_by_task(means, arms)
    figure, axes = arm_panels({task: list(marks[task]) for task in metrics})
    for task, (axis,) in axes.items():
        of_task = means[means["task"] == task].set_index("arm")
        _draw_rows(axis, replicates[replicates["task"] == task], of_task, marks[task])
        _mark_best(axis, of_task, list(marks[task]), references[task], metrics[task])
        axis.set_xlabel(f"Test {metrics[task]}")
    reference = "mean of " + " or ".join(arm_label(arm) for arm in dict.fromkeys(references.values()))
    legend_below(
        figure,
        [
            *group_handles(arms[arm] for arm in arm_marks(arms, means["arm"])),
            seeds_handle(replicates.groupby(["task", "arm"])["seed"].nunique().max()),
            Line2D([], [], marker="|", markersize=6, color=GREY, label="mean, 95 % interval"),
            Line2D([], [], color=GREY, ls="--", lw=0.8, label=reference),
        ],
    )
    return figure


def _draw_rows(axis: Axes, replicates: pd.DataFrame, means: pd.DataFrame, marks: Mapping[str, Mark]) -> None:
    for row, (arm, mark) in enumerate(marks.items()):
        summary = means.loc[arm]
        values = replicates.loc[replicates["arm"] == arm].sort_values("seed")["value"].to_numpy()
        rows = row + seed_offsets(len(values))
        axis.plot(values, rows, ls="", marker="o", markersize=1.6, mew=0, color=mark.colour, alpha=0.45)
        if np.isfinite(summary["low"]):
            axis.plot([summary["low"], summary["high"]], [row, row], color=mark.colour, lw=1.1)
        axis.plot(summary["mean"], row, marker=mark.marker, color=mark.colour, mec="white", mew=0.4)
    axis.xaxis.set_major_locator(MaxNLocator(3, min_n_ticks=2))
    axis.margins(x=0.08)


def _mark_best(axis: Axes, means: pd.DataFrame, arms: list[str], reference: str, metric: str) -> None:
    if reference not in means.index:
        return
    # Combinations of several seeds have fewer replicates, whose mean is left to more chance.
    values = means.loc[means["replicates"] == means["replicates"].max(), "mean"]
    axis.axvline(values[reference], color=GREY, ls="--", lw=0.8, zorder=1)
    best = (gain_sign(metric) * values).idxmax()
    if best != reference:
        # To the right of the axis, where no line, dot or interval can be.
        axis.annotate(
            f"{values[best] - values[reference]:+.3f}".replace("-", "−"),
            (1, arms.index(best)),
            xycoords=("axes fraction", "data"),
            xytext=(2, 0),
            textcoords="offset points",
            ha="left",
            va="center",
            fontsize=SMALL,
            fontweight="bold",
            annotation_clip=False,
        )

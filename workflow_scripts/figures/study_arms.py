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

from .arms import (
    BASELINE_LABEL,
    BASELINE_MARK,
    Mark,
    arm_label,
    arm_marks,
    draw_arm_rows,
    group_handles,
    marks_by_task,
    seeds_handle,
)
from .panels import arm_panels, legend_below
from .scales import metric_label, share_spans
from .style import SMALL, publication_style
from .tables import of_largest_size, of_study_metric

SIZE = ["task", "size", "train_size"]
TWO = 2
"""Replicates whose interval is not drawn: it is many times wider than anything else, and would flatten all."""


def draw(
    *, replicates: Path, intervals: Path, metrics: dict[str, str], references: dict[str, str], arms: dict[str, str]
) -> Figure:
    """Draw the figure from tables of the study.

    ``metrics`` and ``references`` have the metric and reference of each task, ``arms`` the group of every arm.
    """
    return study_arms_figure(read_table(replicates), read_table(intervals), metrics, references, arms)


@publication_style
def study_arms_figure(
    replicates: pd.DataFrame,
    intervals: pd.DataFrame,
    metrics: Mapping[str, str],
    references: Mapping[str, str],
    arms: Mapping[str, str],
) -> Figure:
    """The study metric of every arm with the most training windows, one panel per task.

    An arm has one dot per seed, a bar at their mean, and its 95 % interval over seeds and test windows. Lines mark the
    means of the reference and of the floor; to the right of the row with the best mean of all seeds stands its distance
    from the reference.

    Parameters
    ----------
    replicates, intervals
        Tables of the study.
    metrics, references
        Metric and reference of each task, in the order of the panels.
    arms
        Group of every arm of the run.
    """
    replicates = of_largest_size(of_study_metric(replicates, metrics))
    means = intervals.merge(replicates[SIZE].drop_duplicates())
    is_drawn = means["replicates"] != TWO
    means = means.assign(low=means["low"].where(is_drawn), high=means["high"].where(is_drawn))
    floors = means[means["arm"] == BASELINE_ARM].set_index("task")["mean"]
    means, replicates = (table[table["arm"] != BASELINE_ARM] for table in (means, replicates))
    marks = marks_by_task(means, arms)
    figure, axes = arm_panels({task: list(marks[task]) for task in metrics})
    ends, of_reference = {}, {}
    for task, (axis,) in axes.items():
        of_task = means[means["task"] == task].set_index("arm")
        of_dots = replicates[replicates["task"] == task]
        _draw_rows(axis, of_dots, of_task, marks[task])
        # One arm alone is compared with nothing but the floor.
        if len(of_task) > 1 and references[task] in of_task.index:
            _mark_reference(axis, of_task, list(marks[task]), references[task], metrics[task])
            of_reference[references[task]] = None
        if task in floors:
            axis.axvline(floors[task], color=BASELINE_MARK.colour, ls=BASELINE_MARK.line, lw=0.9, zorder=1)
        values = [of_dots["value"], of_task[["low", "high"]].to_numpy().ravel(), [floors.get(task, np.nan)]]
        ends[task] = np.concatenate(values)
        axis.set_xlabel(metric_label(metrics[task]))
    share_spans({task: axis for task, (axis,) in axes.items()}, ends, metrics, "x")
    seeds = replicates.groupby(["task", "arm"])["seed"].nunique().max()
    handles = [*group_handles(arms[arm] for arm in arm_marks(arms, means["arm"])), seeds_handle(seeds)]
    handles.append(_mean_handle(means, seeds))
    if of_reference:
        label = "mean of " + " or ".join(map(arm_label, of_reference))
        handles.append(Line2D([], [], color=GREY, ls=":", lw=0.9, label=label))
    if len(floors):
        handles.append(Line2D([], [], color=BASELINE_MARK.colour, ls=BASELINE_MARK.line, lw=0.9, label=BASELINE_LABEL))
    legend_below(figure, handles)
    return figure


def _mean_handle(means: pd.DataFrame, seeds: int) -> Line2D:
    look = {"marker": "|", "markersize": 8, "markeredgewidth": 1.4, "color": GREY}
    if means["low"].isna().all():
        return Line2D([], [], ls="", label="mean", **look)
    return Line2D([], [], lw=1.1, label=f"mean, 95 %, over {'seeds and ' if seeds > 1 else ''}test windows", **look)


def _draw_rows(axis: Axes, replicates: pd.DataFrame, means: pd.DataFrame, marks: Mapping[str, Mark]) -> None:
    draw_arm_rows(axis, replicates, "value", marks)
    for row, (arm, mark) in enumerate(marks.items()):
        low, high = means.loc[arm, ["low", "high"]]
        if np.isfinite(low):
            axis.plot([low, high], [row, row], color=mark.colour, lw=1.1, zorder=1.8)
    axis.xaxis.set_major_locator(MaxNLocator(3, min_n_ticks=2))


def _mark_reference(axis: Axes, means: pd.DataFrame, arms: list[str], reference: str, metric: str) -> None:
    axis.axvline(means.loc[reference, "mean"], color=GREY, ls=":", lw=0.9, zorder=1)
    # Combinations of several seeds have fewer replicates, whose mean is left to more chance.
    values = means.loc[means["replicates"] == means["replicates"].max(), "mean"]
    best = (gain_sign(metric) * values).idxmax()
    if best != reference:
        # To the right of the axis, where no line, dot or interval can be.
        axis.annotate(
            f"{values[best] - means.loc[reference, 'mean']:+.3f}".replace("-", "−"),
            (1, arms.index(best)),
            xycoords=("axes fraction", "data"),
            xytext=(2, 0),
            textcoords="offset points",
            ha="left",
            va="center",
            fontsize=SMALL,
            annotation_clip=False,
        )

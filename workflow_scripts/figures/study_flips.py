"""The share of windows that a model calls differently on their two strands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from study.tables import read_table
from workflow_support.palette import GREY

from .arms import arm_marks, group_handles, marks_by_task, seed_offsets, seeds_handle
from .panels import arm_panels, legend_below
from .style import publication_style
from .tables import of_largest_size

LEAST_RANGE = 1.0
"""Percent up to which the axis goes at least, so that a single call of a thousand does not look like many."""


def draw(*, replicates: Path, tasks: list[str], arms: dict[str, str]) -> Figure:
    """Draw the figure from the replicates of the study; ``tasks`` have calls, ``arms`` has the group of every arm."""
    return study_flips_figure(read_table(replicates), tasks, arms)


@publication_style
def study_flips_figure(replicates: pd.DataFrame, tasks: Sequence[str], arms: Mapping[str, str]) -> Figure:
    """Percentage of test windows whose call differs between strands: one panel per task, one dot per seed, hollow at 0.

    Parameters
    ----------
    replicates
        The table of the study.
    tasks
        Tasks with calls, in the order of the panels.
    arms
        Group of every arm of the run.
    """
    flips = of_largest_size(replicates[(replicates["metric"] == "RC flips") & replicates["task"].isin(tasks)])
    marks = marks_by_task(flips, arms)
    figure, axes = arm_panels({task: list(marks[task]) for task in tasks}, label_lines=2)
    largest = max(100 * flips["value"].max(), LEAST_RANGE)
    for task, (axis,) in axes.items():
        for row, (arm, mark) in enumerate(marks[task].items()):
            of_arm = flips[(flips["task"] == task) & (flips["arm"] == arm)].sort_values("seed")
            values = 100 * of_arm["value"].to_numpy()
            rows, is_zero = row + seed_offsets(len(values)), values == 0
            look = {"ls": "", "marker": "o", "color": mark.colour}
            axis.plot(values[~is_zero], rows[~is_zero], markersize=2.5, **look)
            if is_zero.any():
                axis.plot(0, row, markersize=4, mfc="white", mew=0.9, clip_on=False, **look)
        axis.set_xlim(-0.06 * largest, 1.06 * largest)
        axis.xaxis.set_major_locator(MaxNLocator(3))
        axis.set_xlabel("Calls that differ (%)\n(low is good)")
    legend_below(
        figure,
        [
            *group_handles(arms[arm] for arm in arm_marks(arms, flips["arm"])),
            seeds_handle(flips.groupby(["task", "arm"])["seed"].nunique().max()),
            Line2D([], [], ls="", marker="o", markersize=4, mfc="white", color=GREY, label="exactly zero"),
        ],
    )
    return figure

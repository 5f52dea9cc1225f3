"""The scores of bound windows against the distance of the site from the middle of the window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from study.tables import read_table

from .arms import arm_marks, line_handles
from .panels import legend_below, stacked_panels
from .style import publication_style
from .tables import of_largest_size

VALUES = {"auroc": "AUROC", "mean_logit": "Mean logit"}
DISTANCE = "Site from middle (bp)"


def draw(*, positions: Path, tasks: dict[str, list[str]], arms: dict[str, str]) -> Figure:
    """Draw the figure from the table of the study; ``tasks`` has the arms shown of each, ``arms`` their groups."""
    return place_of_site_figure(read_table(positions), tasks, arms)


@publication_style
def place_of_site_figure(
    positions: pd.DataFrame, tasks: Mapping[str, Sequence[str]], arms: Mapping[str, str]
) -> Figure:
    """AUROC and mean score of moved test windows, two panels per task with one line per arm: means over seeds.

    Parameters
    ----------
    positions
        ``task, arm, train_size, distance`` in bases, ``auroc, mean_logit``; the largest size is drawn.
    tasks
        The arms to draw of each task.
    arms
        Group of every arm of the run.
    """
    marks = arm_marks(arms, {arm for shown in tasks.values() for arm in shown})
    figure, axes = stacked_panels(list(tasks), len(VALUES), 1.35)
    at_largest = of_largest_size(positions)
    for task, shown in tasks.items():
        of_task = at_largest[at_largest["task"] == task]
        for axis, column in zip(axes[task], VALUES, strict=True):
            for arm in [arm for arm in marks if arm in shown]:
                rows, mark = of_task[of_task["arm"] == arm], marks[arm]
                look = {"color": mark.colour, "ls": mark.line, "marker": mark.marker, "markersize": 2.5}
                axis.plot(rows["distance"], rows[column], clip_on=False, **look)
            axis.set_xlim(0, 1.03 * of_task["distance"].max())
            axis.grid()
        # Half the pairs of windows are in order by chance.
        axes[task][0].set_ylim(min(0.5, of_task["auroc"].min()), 1)
        axes[task][0].set_title(task, loc="left")
        # Beside each other, the panels of a task show different values.
        rows_of_grid = {axis.get_subplotspec().rowspan.start for axis in axes[task]}
        for axis, label in zip(axes[task], VALUES.values(), strict=True):
            axis.set_xlabel(DISTANCE)
            if axis.get_subplotspec().is_first_col() or len(rows_of_grid) == 1:
                axis.set_ylabel(label)
    legend_below(figure, line_handles(marks, with_markers=True))
    return figure

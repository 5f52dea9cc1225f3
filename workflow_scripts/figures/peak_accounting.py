"""The fate of every row of a peak file: kept, or dropped for one reason."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from workflow_support.palette import GREEN, GREY, VERMILION

from .panels import panels
from .style import SMALL, publication_style
from .tables import read_per_task

ROW_HEIGHT, LEAST_ROW_HEIGHT, MARGINS, REPORT_HEIGHT = 0.16, 0.115, 0.52, 3.4
"""Heights in inches: of a bar if there is room, of a bar at least, of a panel beside its bars, and of a figure that the
report shows whole."""


def draw(*, counts: list[Path], tasks: list[str]) -> Figure:
    """Draw the figure from the ``peak_counts.tsv`` of every task, in the order of ``tasks``."""
    return peak_accounting_figure(read_per_task(counts, tasks))


@publication_style
def peak_accounting_figure(counts: pd.DataFrame) -> Figure:
    """Rows in, rows dropped by reason, rows kept: bars of a waterfall with their numbers, one panel per task.

    Parameters
    ----------
    counts
        ``task, reason, rows, format``; a task's first row is ``in``, its last ``kept``. The title names the format.
    """
    by_task = {task: of_task[of_task["rows"] > 0] for task, of_task in counts.groupby("task", sort=False)}
    longest = max(len(of_task) for of_task in by_task.values())
    room = (REPORT_HEIGHT / len(by_task) - MARGINS) / longest
    figure, axes = panels(len(by_task), 1, MARGINS + longest * min(ROW_HEIGHT, max(room, LEAST_ROW_HEIGHT)))
    for (task, of_task), axis in zip(by_task.items(), axes[:, 0], strict=True):
        _draw_waterfall(axis, of_task)
        name, _, _ = str(of_task["format"].iloc[0]).partition(",")
        axis.set_title(task, loc="left")
        axis.set_title(name, loc="right", fontsize=SMALL)
    axes[-1, 0].set_xlabel("Rows of the peak file")
    return figure


def _draw_waterfall(axis: Axes, counts: pd.DataFrame) -> None:
    rows = counts["rows"].to_numpy()
    dropped = rows[1:-1]
    # Each dropped bar ends where the one above it began; the last one begins where the kept rows end.
    left = np.array([0, *(rows[0] - np.cumsum(dropped)), 0])
    colours = [GREY, *[VERMILION] * len(dropped), GREEN]
    positions = np.arange(len(rows))
    axis.barh(positions, rows, left=left, color=colours, edgecolor=colours, linewidth=0.6, height=0.7)
    for position, number, end in zip(positions, rows, left + rows, strict=True):
        axis.annotate(
            f"{number:,}", (end, position), xytext=(3, 0), textcoords="offset points", va="center", size=SMALL
        )
    axis.set_yticks(positions, ["rows in", *(reason.replace("_", " ") for reason in counts["reason"][1:-1]), "kept"])
    axis.tick_params(axis="y", length=0)
    axis.invert_yaxis()
    axis.margins(x=0.14)
    axis.set_xlim(left=0)
    axis.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axis.xaxis.set_major_formatter("{x:,.0f}")

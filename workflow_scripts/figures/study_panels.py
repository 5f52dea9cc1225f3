"""What the figures of a study share: panels of tasks, rows of arms, colours by what arms are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from .arms import Mark
from .style import BLACK, BLUE, COLUMN_WIDTH, GREEN, GREY, MOST_TASKS_ABREAST, PAGE_WIDTH, PURPLE, VERMILION, panels

MOST_COLUMNS = {"rows": MOST_TASKS_ABREAST, "lines": 4}
"""Panels beside each other: of rows, which share the names of the arms, and of lines."""
ROW_HEIGHT, MARGINS = 0.135, 0.55
MARGIN_OF_SIZES = 0.14
"""What lies beyond the least and the most training windows, as a share of what lies between them."""
COMBINATION = "combination"
GROUPS = {
    "standard": Mark(VERMILION, "o", "-"),
    "rcps": Mark(PURPLE, "o", "-"),
    "regular": Mark(BLUE, "o", "-"),
    "irrep": Mark(GREEN, "o", "-"),
    COMBINATION: Mark(BLACK, "D", "-"),
}


def of_study_metric(table: pd.DataFrame, metrics: Mapping[str, str]) -> pd.DataFrame:
    """The rows of each task's study metric, for tasks in the order of ``metrics``."""
    return table[table["metric"] == table["task"].map(metrics)]


def of_largest_size(table: pd.DataFrame) -> pd.DataFrame:
    """The rows with the most training windows of their task."""
    return table[table["train_size"] == table.groupby("task")["train_size"].transform("max")]


def groups_of(arms: pd.DataFrame) -> dict[str, str]:
    """By arm, the key of its colour: the representation of a network, or that it is a combination."""
    is_combination = arms["combination"] != ""
    return dict(zip(arms["arm"], arms["representation"].where(~is_combination, COMBINATION), strict=True))


def row_panels(tasks: Sequence[str], arms: Sequence[str], **shared: object) -> tuple[Figure, dict[str, Axes]]:
    """A figure with a panel of rows a task, from top to bottom the arms; and its axes by task."""
    figure, by_task = _task_panels(tasks, "rows", MARGINS + ROW_HEIGHT * len(arms), sharey=True, **shared)
    for axis in by_task.values():
        axis.set_yticks(range(len(arms)), arms)
        axis.set_ylim(len(arms) - 0.5, -0.5)
        axis.tick_params(axis="y", length=0)
        for row in range(0, len(arms), 2):
            axis.axhspan(row - 0.5, row + 0.5, color="#F4F4F4", lw=0, zorder=0)
    return figure, by_task


def line_panels(tasks: Sequence[str], **shared: object) -> tuple[Figure, dict[str, Axes]]:
    """A figure with a panel of lines a task, and its axes by task."""
    figure, by_task = _task_panels(tasks, "lines", 1.7, **shared)
    for axis in by_task.values():
        axis.grid()
    return figure, by_task


def label_panels(axes: Mapping[str, Axes], x_label: str, y_labels: Mapping[str, str]) -> None:
    """Label the lowest panel of each column, and each panel whose y is another than that of its left neighbour."""
    left = None
    for task, axis in axes.items():
        spec = axis.get_subplotspec()
        if list(axes).index(task) + spec.get_gridspec().ncols >= len(axes):
            axis.set_xlabel(x_label)
        if spec.is_first_col() or y_labels[task] != left:
            axis.set_ylabel(y_labels[task])
        left = y_labels[task]


def scale_by_size(axis: Axes, sizes: Sequence[int]) -> None:
    """A logarithmic axis of training windows that names the least, the middle and the most."""
    sizes = np.unique(sizes)
    shown = np.unique([sizes[0], sizes[np.abs(np.log(sizes / np.sqrt(sizes[0] * sizes[-1]))).argmin()], sizes[-1]])
    axis.set_xscale("log")
    margin = max((sizes[-1] / sizes[0]) ** MARGIN_OF_SIZES, 1.1)
    axis.set_xlim(sizes[0] / margin, sizes[-1] * margin)
    axis.xaxis.set_major_locator(FixedLocator(shown))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda size, _: f"{size:,.0f}"))
    axis.xaxis.set_minor_locator(NullLocator())


def group_handles(groups: Sequence[str]) -> list[Line2D]:
    """Legend entries of the colours in use."""
    return [
        Line2D([], [], ls="", marker=mark.marker, color=mark.colour, label=group)
        for group, mark in GROUPS.items()
        if group in groups
    ]


def seeds_handle(replicates: pd.DataFrame) -> Line2D:
    """Legend entry of a dot a replicate."""
    most = int(replicates.groupby(["task", "arm", "size"])["seed"].nunique().max())
    return Line2D(
        [], [], ls="", marker="o", markersize=2, color=GREY, label=f"one of {most} seeds" if most > 1 else "single seed"
    )


def _task_panels(
    tasks: Sequence[str], kind: str, panel_height: float, **shared: object
) -> tuple[Figure, dict[str, Axes]]:
    columns = min(MOST_COLUMNS[kind], len(tasks))
    rows = -(-len(tasks) // columns)
    figure, axes = panels(rows, columns, panel_height, PAGE_WIDTH if columns > 2 else COLUMN_WIDTH, **shared)
    for unused in axes.flat[len(tasks) :]:
        unused.remove()
    by_task = dict(zip(tasks, axes.flat, strict=False))
    for task, axis in by_task.items():
        axis.set_title(task)
    return figure, by_task

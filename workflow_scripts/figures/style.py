"""The one style of all figures: sizes, colours, panels, legends, and how a figure becomes files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from workflow_support.files import atomic_paths

COLUMN_WIDTH = 3.4
"""Width in inches of a journal's column; figures have it, unless they show many tasks."""
PAGE_WIDTH = 7.0
"""Width in inches of a journal's page."""

MOST_TASKS_ABREAST = 5
PNG_RESOLUTION = 200

# Okabe & Ito's colour-blind safe palette (2008), without its yellow, which is too pale for lines.
BLACK, BLUE, ORANGE, GREEN = "#000000", "#0072B2", "#E69F00", "#009E73"
PURPLE, VERMILION, SKY = "#CC79A7", "#D55E00", "#56B4E9"
GREY = "#8C8C8C"

publication_style = matplotlib.rc_context(
    {
        "font.family": "DejaVu Sans",
        "font.size": 7,
        "axes.titlesize": 8,
        "axes.labelsize": 7,
        "axes.linewidth": 0.6,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "xtick.labelsize": 6.5,
        "ytick.labelsize": 6.5,
        "xtick.major.width": 0.6,
        "ytick.major.width": 0.6,
        "xtick.major.size": 2.5,
        "ytick.major.size": 2.5,
        "legend.fontsize": 6.5,
        "legend.frameon": False,
        "legend.handlelength": 1.6,
        "lines.linewidth": 1.1,
        "lines.markersize": 3.5,
        "grid.color": "#E4E4E4",
        "grid.linewidth": 0.5,
        # Text stays text, so that it can be searched and edited; a fixed salt makes the ids of two runs the same.
        "svg.fonttype": "none",
        "svg.hashsalt": "figures",
    }
)
"""Decorator: the function draws, or saves, in the common style."""


def panels(
    rows: int, columns: int, panel_height: float, width: float = COLUMN_WIDTH, **shared: object
) -> tuple[Figure, np.ndarray]:
    """A figure and its axes, shape (rows, columns); ``panel_height`` and ``width``, of the figure, in inches."""
    figure = Figure(figsize=(width, rows * panel_height), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False, **shared)


def stacked_panels(
    tasks: Sequence[str], number: int, panel_height: float, **shared: object
) -> tuple[Figure, dict[str, np.ndarray]]:
    """A figure with ``number`` panels a task, and its axes (number,) by task.

    They lie beside each other, a row a task; those of more than two tasks above each other, tasks side by side.
    """
    if len(tasks) <= 2:
        figure, axes = panels(len(tasks), number, panel_height, **shared)
        return figure, dict(zip(tasks, axes, strict=True))
    columns = min(MOST_TASKS_ABREAST, len(tasks))
    blocks = -(-len(tasks) // columns)
    figure, axes = panels(blocks * number, columns, panel_height, PAGE_WIDTH, **shared)
    of_tasks = axes.reshape(blocks, number, columns).swapaxes(1, 2).reshape(-1, number)
    for unused in of_tasks[len(tasks) :].flat:
        unused.remove()
    return figure, dict(zip(tasks, of_tasks, strict=False))


def task_panels(
    tasks: Sequence[str], panel_height: float, x_label: str, y_label: str
) -> tuple[Figure, dict[str, Axes]]:
    """A figure with one titled panel a task on common axes, two or four beside each other, and its axes by task."""
    columns = min(2, len(tasks)) if len(tasks) <= 4 else 4
    rows = -(-len(tasks) // columns)
    width = COLUMN_WIDTH if columns <= 2 else PAGE_WIDTH
    figure, axes = panels(rows, columns, panel_height, width, sharex=True, sharey=True)
    for unused in axes.flat[len(tasks) :]:
        unused.remove()
    by_task = dict(zip(tasks, axes.flat, strict=False))
    for number, (task, axis) in enumerate(by_task.items()):
        axis.set_title(task)
        if number % columns == 0:
            axis.set_ylabel(y_label)
        is_lowest = number + columns >= len(tasks)
        axis.tick_params(labelbottom=is_lowest)
        if is_lowest:
            axis.set_xlabel(x_label)
    return figure, by_task


def legend_below(figure: Figure, handles: Sequence[object], columns: int = 2) -> None:
    """A legend under all panels, outside of the data; the figure grows by its height. ``columns`` are a column's."""
    columns *= round(figure.get_figwidth() / COLUMN_WIDTH)
    rows = -(-len(handles) // columns)
    figure.set_figheight(figure.get_figheight() + 0.15 * rows + 0.1)
    figure.legend(handles=handles, loc="outside lower center", ncols=min(columns, len(handles)))


@publication_style
def save_figure(figure: Figure, svg: Path, png: Path) -> None:
    """Write a figure as SVG and PNG; the same figure gives the same bytes."""
    with atomic_paths(svg, png) as (svg_file, png_file):
        figure.savefig(svg_file, metadata={"Date": None})
        figure.savefig(png_file, dpi=PNG_RESOLUTION, metadata={"Software": None})

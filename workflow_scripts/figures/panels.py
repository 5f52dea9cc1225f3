"""The panels of figures: one or several per task, their labels, and the legend below them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from .arms import name_rows
from .style import COLUMN_WIDTH, PAGE_WIDTH

MOST_ABREAST = 2
"""Panels beside each other in a column; more of them take a page."""
MOST_ROWS_ABREAST, MOST_LINES_ABREAST = 5, 4
"""Panels beside each other on a page: of rows, which share the names of the arms, and of lines."""
ROW_HEIGHT, MARGINS = 0.135, 0.55
MARGIN_OF_SIZES = 0.14
"""Room beyond the least and the most training windows, as a share of the axis between them."""


def panels(
    rows: int, columns: int, panel_height: float, *, width: float | None = None, **shared: object
) -> tuple[Figure, np.ndarray]:
    """A figure and its axes, shape (rows, columns), each ``panel_height`` inches high.

    The figure is as wide as a column, or as a page if it has many columns of panels, unless ``width`` says otherwise.
    """
    width = width or (COLUMN_WIDTH if columns <= MOST_ABREAST else PAGE_WIDTH)
    figure = Figure(figsize=(width, rows * panel_height), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False, **shared)


def stacked_panels(
    tasks: Sequence[str], number: int, panel_height: float, **shared: object
) -> tuple[Figure, dict[str, np.ndarray]]:
    """A figure with ``number`` panels per task, and its axes (number,) by task.

    Up to two panels of up to two tasks lie beside each other, one row per task; more of them lie above each other, one
    column per task.
    """
    if max(len(tasks), number) <= MOST_ABREAST:
        figure, axes = panels(len(tasks), number, panel_height, **shared)
        return figure, dict(zip(tasks, axes, strict=True))
    columns = min(MOST_ROWS_ABREAST, len(tasks))
    blocks = -(-len(tasks) // columns)
    figure, axes = panels(blocks * number, columns, panel_height, **shared)
    of_tasks = axes.reshape(blocks, number, columns).swapaxes(1, 2).reshape(-1, number)
    for unused in of_tasks[len(tasks) :].flat:
        unused.remove()
    return figure, dict(zip(tasks, of_tasks, strict=False))


def row_panels(tasks: Sequence[str], arms: Sequence[str], **shared: object) -> tuple[Figure, dict[str, Axes]]:
    """A figure with one panel per task, in which every arm has a row; and its axes by task."""
    height = MARGINS + ROW_HEIGHT * len(arms)
    figure, by_task = _task_panels(tasks, MOST_ROWS_ABREAST, height, sharey=True, **shared)
    for axis in by_task.values():
        name_rows(axis, arms)
    return figure, by_task


def line_panels(tasks: Sequence[str], **shared: object) -> tuple[Figure, dict[str, Axes]]:
    """A figure with one panel of lines per task, and its axes by task."""
    figure, by_task = _task_panels(tasks, MOST_LINES_ABREAST, 1.7, **shared)
    for axis in by_task.values():
        axis.grid()
    return figure, by_task


def label_panels(axes: Mapping[str, Axes], x_label: str, y_labels: Mapping[str, str]) -> None:
    """Label the lowest panel of each column, and each panel whose y is another than that of its left neighbour."""
    left = None
    for number, (task, axis) in enumerate(axes.items()):
        spec = axis.get_subplotspec()
        if number + spec.get_gridspec().ncols >= len(axes):
            axis.set_xlabel(x_label)
            axis.tick_params(labelbottom=True)
        if spec.is_first_col() or y_labels[task] != left:
            axis.set_ylabel(y_labels[task])
        left = y_labels[task]


def scale_by_size(axis: Axes, sizes: Sequence[int]) -> None:
    """Make x a logarithmic axis of training windows that names the least, the middle and the most."""
    sizes = np.unique(sizes)
    shown = np.unique([sizes[0], sizes[np.abs(np.log(sizes / np.sqrt(sizes[0] * sizes[-1]))).argmin()], sizes[-1]])
    axis.set_xscale("log")
    margin = max((sizes[-1] / sizes[0]) ** MARGIN_OF_SIZES, 1.1)
    axis.set_xlim(sizes[0] / margin, sizes[-1] * margin)
    axis.xaxis.set_major_locator(FixedLocator(shown))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda size, _: f"{size:,.0f}"))
    axis.xaxis.set_minor_locator(NullLocator())


def legend_below(figure: Figure, handles: Sequence[object], columns: int = 2) -> None:
    """Put a legend under all panels; the figure grows by its height. A page has twice the ``columns`` of a column."""
    columns *= round(figure.get_figwidth() / COLUMN_WIDTH)
    rows = -(-len(handles) // columns)
    figure.set_figheight(figure.get_figheight() + 0.15 * rows + 0.1)
    figure.legend(handles=handles, loc="outside lower center", ncols=min(columns, len(handles)))


def _task_panels(
    tasks: Sequence[str], abreast: int, panel_height: float, **shared: object
) -> tuple[Figure, dict[str, Axes]]:
    columns = min(abreast, len(tasks))
    figure, axes = panels(-(-len(tasks) // columns), columns, panel_height, **shared)
    for unused in axes.flat[len(tasks) :]:
        unused.remove()
    by_task = dict(zip(tasks, axes.flat, strict=False))
    for task, axis in by_task.items():
        axis.set_title(task)
    return figure, by_task

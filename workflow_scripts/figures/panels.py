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
ROW_HEIGHT, MARGINS, LINE_HEIGHT = 0.135, 0.55, 0.12
LEAST_ROWS = 3
"""Rows that a panel has room for at least, so that a single arm is no thin strip."""
NOTE_HEIGHT = 0.4
"""Height in inches of a figure that is a line of text."""
MARGIN_OF_SIZES = 0.14
"""Room beyond the least and the most training windows, as a share of the axis between them."""


def panels(
    rows: int, columns: int, panel_height: float, *, width: float | None = None, **shared: object
) -> tuple[Figure, np.ndarray]:
    """A figure and its axes, shape (rows, columns), each ``panel_height`` inches high.

    The figure is as wide as a column, or as a page if it has many columns of panels, unless ``width`` says otherwise.
    """
    figure = Figure(figsize=(width or _width(columns), rows * panel_height), layout="constrained")
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


def arm_panels(
    arms: Mapping[str, Sequence[str]], number: int = 1, *, label_lines: int = 1
) -> tuple[Figure, dict[str, np.ndarray]]:
    """A figure in which every task has ``number`` panels with a row for each of its arms, and its axes by task.

    Tasks with the same arms lie beside each other and share the names of the arms; other tasks lie below them, so that
    no row is empty. If there are few, the panels of a task lie beside each other, and otherwise above each other.

    Parameters
    ----------
    arms
        Names of the arms of each task, from top to bottom.
    label_lines
        Lines of text of the label of x.
    """
    is_flat = 1 < number <= MOST_ABREAST and len(arms) <= MOST_ABREAST
    rows_of_tasks = _rows_of_tasks(arms, 1 if is_flat else MOST_ROWS_ABREAST)
    above = 1 if is_flat else number
    columns = number if is_flat else max(map(len, rows_of_tasks))
    heights = [max(LEAST_ROWS, len(arms[tasks[0]])) for tasks in rows_of_tasks for _ in range(above)]
    margins = MARGINS + LINE_HEIGHT * (label_lines - 1)
    figure = Figure(figsize=(_width(columns), margins * len(heights) + ROW_HEIGHT * sum(heights)), layout="constrained")
    axes = figure.subplots(len(heights), columns, squeeze=False, sharey="row", height_ratios=heights)
    by_task = {}
    for place, tasks in enumerate(rows_of_tasks):
        of_row = axes[place * above : (place + 1) * above]
        for column, task in enumerate(tasks):
            by_task[task] = of_row[0] if is_flat else of_row[:, column]
            by_task[task][0].set_title(task, loc="center" if number == 1 else "left")
            for axis in by_task[task]:
                name_rows(axis, arms[task])
        for unused in of_row[:, len(tasks) :].flat if not is_flat else ():
            unused.remove()
    return figure, {task: by_task[task] for task in arms}


def _rows_of_tasks(arms: Mapping[str, Sequence[str]], abreast: int) -> list[list[str]]:
    """Put tasks with the same arms into rows of at most ``abreast``, those of the first task first."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for task, names in arms.items():
        alike.setdefault(tuple(names), []).append(task)
    return [tasks[start : start + abreast] for tasks in alike.values() for start in range(0, len(tasks), abreast)]


def line_panels(tasks: Sequence[str], **shared: object) -> tuple[Figure, dict[str, Axes]]:
    """A figure with one panel of lines per task, and its axes by task."""
    columns = min(MOST_LINES_ABREAST, len(tasks))
    figure, axes = panels(-(-len(tasks) // columns), columns, 1.7, **shared)
    for unused in axes.flat[len(tasks) :]:
        unused.remove()
    by_task = dict(zip(tasks, axes.flat, strict=False))
    for task, axis in by_task.items():
        axis.set_title(task)
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


def note_figure(note: str) -> Figure:
    """A figure that says why there is nothing to draw, without an empty panel."""
    figure, axes = panels(1, 1, NOTE_HEIGHT)
    axes[0, 0].set_axis_off()
    axes[0, 0].set_title(note, loc="left")
    return figure


def legend_below(figure: Figure, handles: Sequence[object], columns: int = 2) -> None:
    """Put a legend under all panels; the figure grows by its height. A page has twice the ``columns`` of a column."""
    columns *= round(figure.get_figwidth() / COLUMN_WIDTH)
    rows = -(-len(handles) // columns)
    figure.set_figheight(figure.get_figheight() + 0.15 * rows + 0.1)
    figure.legend(handles=handles, loc="outside lower center", ncols=min(columns, len(handles)))


def _width(columns: int) -> float:
    return COLUMN_WIDTH if columns <= MOST_ABREAST else PAGE_WIDTH

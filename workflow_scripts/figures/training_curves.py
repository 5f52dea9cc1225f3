"""How networks do on the validation split while they train."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .arms import Mark, arm_marks, line_handles, network_arms
from .style import legend_below, panels, publication_style, task_panels

PROFILE_LOSSES = {"validation_profile_loss": "Profile loss", "validation_count_loss": "Count loss"}


@publication_style
def training_curves_figure(histories: pd.DataFrame) -> Figure:
    """Validation AUROC against the epoch, a panel a task: the mean over seeds as a line, their range shaded.

    Parameters
    ----------
    histories
        ``task, arm, seed, epoch, validation_auroc``.
    """
    marks = arm_marks(network_arms(histories))
    figure, axes = task_panels(histories["task"].unique(), 1.7, "Epoch", "Validation AUROC")
    for task, axis in axes.items():
        _draw(axis, histories[histories["task"] == task], "validation_auroc", marks)
    legend_below(figure, line_handles(marks))
    return figure


@publication_style
def profile_training_curves_figure(histories: pd.DataFrame) -> Figure:
    """Validation losses against the epoch, a column of panels a task: the mean over seeds, their range shaded.

    Parameters
    ----------
    histories
        ``task, arm, seed, epoch, validation_profile_loss, validation_count_loss``: nats a window; squared difference of
        logarithms.
    """
    marks, tasks = arm_marks(network_arms(histories)), histories["task"].unique()
    # The profile loss grows with the reads of a task, so that tasks have no common axis.
    figure, axes = panels(len(PROFILE_LOSSES), len(tasks), 1.25, sharex="col")
    for task, column in zip(tasks, axes.T, strict=True):
        column[0].set_title(task)
        for loss, axis in zip(PROFILE_LOSSES, column, strict=True):
            _draw(axis, histories[histories["task"] == task], loss, marks)
        column[-1].set_xlabel("Epoch")
    for label, axis in zip(PROFILE_LOSSES.values(), axes[:, 0], strict=True):
        axis.set_ylabel(label)
    figure.align_ylabels(axes[:, 0])
    legend_below(figure, line_handles(marks))
    return figure


def _draw(axis: Axes, of_task: pd.DataFrame, column: str, marks: Mapping[str, Mark]) -> None:
    for arm, mark in marks.items():
        by_epoch = of_task[of_task["arm"] == arm].groupby("epoch")[column].agg(["mean", "min", "max"])
        axis.fill_between(by_epoch.index, by_epoch["min"], by_epoch["max"], color=mark.colour, alpha=0.15, lw=0)
        axis.plot(by_epoch.index, by_epoch["mean"], color=mark.colour, ls=mark.line)
    axis.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axis.grid()

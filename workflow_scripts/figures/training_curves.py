"""How validation performance rises while networks train."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .arms import arm_marks, line_handles, network_arms
from .style import legend_below, publication_style, task_panels


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
        for arm, mark in marks.items():
            is_shown = (histories["task"] == task) & (histories["arm"] == arm)
            by_epoch = histories[is_shown].groupby("epoch")["validation_auroc"].agg(["mean", "min", "max"])
            axis.fill_between(by_epoch.index, by_epoch["min"], by_epoch["max"], color=mark.colour, alpha=0.15, lw=0)
            axis.plot(by_epoch.index, by_epoch["mean"], color=mark.colour, ls=mark.line)
        axis.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axis.grid()
    legend_below(figure, line_handles(marks))
    return figure

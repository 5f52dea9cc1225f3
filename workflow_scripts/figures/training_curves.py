"""Training curves: AUROC of classification tasks, or losses of profile tasks, on the validation split by epoch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .arms import Mark, arm_marks, line_handles
from .panels import label_panels, legend_below, line_panels, stacked_panels
from .style import publication_style
from .tables import read_per_model

CURVES = {
    "validation_auroc": "Validation AUROC",
    "validation_profile_loss": "Profile loss",
    "validation_count_loss": "Count loss",
}


def draw(*, histories: list[Path], evaluations: list[Path], arms: dict[str, str]) -> Figure:
    """Draw the figure from each network's ``history.tsv``, in the order of the ``evaluation.json`` that name them.

    ``arms`` has the group of every arm.
    """
    return training_curves_figure(read_per_model(histories, evaluations, ["epoch", *CURVES]), arms)


@publication_style
def training_curves_figure(histories: pd.DataFrame, arms: Mapping[str, str]) -> Figure:
    """Values on the validation split against the epoch: the mean over seeds as a line, their range shaded.

    Tasks share the axes of AUROC. Losses have axes of their own for each task, for they grow with its reads.

    Parameters
    ----------
    histories
        ``task, arm, seed, epoch`` and ``validation_auroc``, or ``validation_profile_loss`` (nats per window) and
        ``validation_count_loss`` (squared difference of logarithms).
    arms
        Group of every arm of the run.
    """
    marks, tasks = arm_marks(arms, histories["arm"]), list(histories["task"].unique())
    curves = [curve for curve in CURVES if curve in histories]
    if len(curves) == 1:
        figure, axes = line_panels(tasks, sharex=True, sharey=True)
        label_panels(axes, "Epoch", dict.fromkeys(tasks, CURVES[curves[0]]))
        panels = {task: [axis] for task, axis in axes.items()}
    else:
        figure, panels = stacked_panels(tasks, len(curves), 1.4)
        for task, axes in panels.items():
            axes[0].set_title(task, loc="left")
            for curve, axis in zip(curves, axes, strict=True):
                axis.set(xlabel="Epoch", ylabel=CURVES[curve])
    for task, axes in panels.items():
        for curve, axis in zip(curves, axes, strict=True):
            _draw(axis, histories[histories["task"] == task], curve, marks)
    legend_below(figure, line_handles(marks))
    return figure


def _draw(axis: Axes, of_task: pd.DataFrame, curve: str, marks: Mapping[str, Mark]) -> None:
    for arm, mark in marks.items():
        by_epoch = of_task[of_task["arm"] == arm].groupby("epoch")[curve].agg(["mean", "min", "max"])
        axis.fill_between(by_epoch.index, by_epoch["min"], by_epoch["max"], color=mark.colour, alpha=0.15, lw=0)
        axis.plot(by_epoch.index, by_epoch["mean"], color=mark.colour, ls=mark.line)
    axis.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axis.grid()

"""Training curves: the training loss, and AUROC or losses on the validation split, by epoch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from workflow_support.palette import GREY

from .arms import Mark, arm_marks, line_handles
from .panels import legend_below, stacked_panels
from .style import publication_style
from .tables import read_per_model

AUROC = "validation_auroc"
CURVES = {
    "train_loss": "Training loss\n(low is good)",
    AUROC: "Validation\nAUROC",
    "validation_profile_loss": "Profile loss\n(low is good)",
    "validation_count_loss": "Count loss\n(low is good)",
}
PANEL_HEIGHT, TASK_HEIGHT = 1.4, 2.9
"""Heights in inches of a panel, if there is room for all of a task, and of the panels of a task above each other."""


def draw(*, histories: list[Path], models: list[Path], evaluations: list[Path], arms: dict[str, str]) -> Figure:
    """Draw the figure from each network's ``history.tsv`` and ``models.json``, and the evaluations that name them.

    The files are in the same order. ``arms`` has the group of every arm.
    """
    tables = []
    for history, described, evaluation in zip(histories, models, evaluations, strict=True):
        table = read_per_model([history], [evaluation], ["epoch", "fold", *CURVES])
        best = {(model["seed"], model["fold"]): model["best_epoch"] for model in json.loads(described.read_bytes())}
        folds = table["fold"] if "fold" in table else [None] * len(table)
        chosen = [best[each] for each in zip(table["seed"], folds, strict=True)]
        tables.append(table.assign(is_chosen=table["epoch"] == chosen))
    return training_curves_figure(pd.concat(tables, ignore_index=True), arms)


@publication_style
def training_curves_figure(histories: pd.DataFrame, arms: Mapping[str, str]) -> Figure:
    """Values against the epoch: the mean over seeds as a line, their range shaded, a dot at the chosen epoch of a seed.

    With folds, each seed has one training for each fold, and these count like seeds.

    Tasks share the axis of AUROC. Losses have axes of their own for each task, for they depend on its data.

    Parameters
    ----------
    histories
        ``task, arm, seed, epoch, is_chosen, train_loss`` and ``validation_auroc``, or ``validation_profile_loss`` (nats
        per window) and ``validation_count_loss`` (squared difference of logarithms).
    arms
        Group of every arm of the run.
    """
    marks, tasks = arm_marks(arms, histories["arm"]), list(histories["task"].unique())
    curves = [curve for curve in CURVES if curve in histories]
    figure, panels = stacked_panels(tasks, len(curves), min(PANEL_HEIGHT, TASK_HEIGHT / len(curves)))
    for task, axes in panels.items():
        axes[0].set_title(task, loc="left")
        for curve, axis in zip(curves, axes, strict=True):
            axis.set(xlabel="Epoch", ylabel=CURVES[curve])
            _draw(axis, histories[histories["task"] == task], curve, marks)
    if AUROC in curves:
        _share_ends([axes[curves.index(AUROC)] for axes in panels.values()])
    chosen = Line2D([], [], ls="", marker="o", markersize=3, color=GREY, label="chosen epoch of a seed")
    legend_below(figure, [*line_handles(marks), chosen])
    return figure


def _draw(axis: Axes, of_task: pd.DataFrame, curve: str, marks: Mapping[str, Mark]) -> None:
    for arm, mark in marks.items():
        of_arm = of_task[of_task["arm"] == arm]
        by_epoch = of_arm.groupby("epoch")[curve].agg(["mean", "min", "max"])
        axis.fill_between(by_epoch.index, by_epoch["min"], by_epoch["max"], color=mark.colour, alpha=0.15, lw=0)
        axis.plot(by_epoch.index, by_epoch["mean"], color=mark.colour, ls=mark.line)
        chosen = of_arm[of_arm["is_chosen"]]
        axis.plot(chosen["epoch"], chosen[curve], ls="", marker="o", color=mark.colour, mec="white", mew=0.4)
    axis.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axis.grid()


def _share_ends(axes: list[Axes]) -> None:
    lows, highs = zip(*(axis.get_ylim() for axis in axes), strict=True)
    for axis in axes:
        axis.set_ylim(min(lows), max(highs))

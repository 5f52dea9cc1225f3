"""Receiver operating characteristic and precision against recall."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.metrics import precision_recall_curve, roc_curve

from workflow_support.metrics import BASELINE_ARM

from .arms import BASELINE_MARK, Mark, arm_marks, line_handles, network_arms
from .style import GREY, legend_below, publication_style, stacked_panels

GRID = np.linspace(0, 1, 201)


@publication_style
def roc_and_precision_recall_figure(predictions: pd.DataFrame) -> Figure:
    """Both curves of every arm, a row of panels a task; curves are averaged over seeds at equal x.

    Parameters
    ----------
    predictions
        ``task, arm, seed, label, logit``: every window of the test split, once a model. Empty where no task has two
        classes, which the figure then says.
    """
    if predictions.empty:
        return _without_curves()
    tasks = predictions["task"].unique()
    marks = arm_marks(network_arms(predictions)) | {BASELINE_ARM: BASELINE_MARK}
    figure, axes = stacked_panels(tasks, 2, 1.65)
    for task, (roc, precision_recall) in axes.items():
        of_task = predictions[predictions["task"] == task]
        for arm, mark in marks.items():
            of_arm = of_task[of_task["arm"] == arm]
            _draw_mean_curve(roc, of_arm, _true_positive_rate, mark)
            _draw_mean_curve(precision_recall, of_arm, _precision, mark)
        roc.plot([0, 1], [0, 1], color=GREY, ls=":", lw=0.8)
        precision_recall.axhline(of_task["label"].mean(), color=GREY, ls=":", lw=0.8)
        roc.set_title(task, loc="left")
        roc.set_ylabel("True positive rate")
        precision_recall.set_ylabel("Precision")
        for axis in (roc, precision_recall):
            axis.set(xlim=(0, 1), ylim=(0, 1.02), xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
        roc.set_xlabel("False positive rate")
        precision_recall.set_xlabel("Recall")
    legend_below(figure, line_handles(marks, reference="chance"))
    return figure


def _without_curves() -> Figure:
    figure, axes = stacked_panels(["no task has two classes, whose curves these would be"], 1, 0.5)
    for (axis,) in axes.values():
        axis.set_axis_off()
    return figure


def _draw_mean_curve(axis: Axes, predictions: pd.DataFrame, curve: Callable[..., np.ndarray], mark: Mark) -> None:
    curves = [curve(of_seed["label"], of_seed["logit"]) for _, of_seed in predictions.groupby("seed", dropna=False)]
    if curves:
        axis.plot(GRID, np.mean(curves, axis=0), color=mark.colour, ls=mark.line, clip_on=False)


def _true_positive_rate(label: pd.Series, logit: pd.Series) -> np.ndarray:
    false_positive_rate, true_positive_rate, _ = roc_curve(label, logit)
    return np.interp(GRID, false_positive_rate, true_positive_rate)


def _precision(label: pd.Series, logit: pd.Series) -> np.ndarray:
    precision, recall, _ = precision_recall_curve(label, logit)
    # Recall falls along these arrays; at equal recall the precision of the highest threshold counts.
    return precision[::-1][np.searchsorted(recall[::-1], GRID)]

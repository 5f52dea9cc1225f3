"""Receiver operating characteristic, and precision against recall."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.metrics import precision_recall_curve, roc_curve

from workflow_support.palette import GREY

from .arms import Mark, arm_marks, line_handles
from .panels import legend_below, note_figure, stacked_panels
from .style import publication_style
from .tables import read_per_model

GRID = np.linspace(0, 1, 201)
WITHOUT_CURVES = "These curves need a task of two classes, and no task has them."


def draw(*, predictions: list[Path], evaluations: list[Path], arms: dict[str, str]) -> Figure:
    """Draw the figure of the tasks with two classes.

    Each ``predictions.tsv`` stands in the order of the ``evaluation.json`` that names its arm; ``arms`` has the group
    of every arm.
    """
    of_two_classes = [
        files
        for files in zip(predictions, evaluations, strict=True)
        if "logit" in pd.read_csv(files[0], sep="\t", nrows=0)
    ]
    columns = ["label", "logit"]
    table = read_per_model(*zip(*of_two_classes, strict=True), columns) if of_two_classes else pd.DataFrame()
    return roc_and_precision_recall_figure(table, arms)


@publication_style
def roc_and_precision_recall_figure(predictions: pd.DataFrame, arms: Mapping[str, str]) -> Figure:
    """Both curves of every arm, one row of panels per task; curves are averaged over seeds at equal x.

    Parameters
    ----------
    predictions
        ``task, arm, seed, label, logit``: every window of the test split, once per model. If the table is empty, the
        figure says that no task has two classes.
    arms
        Group of every arm of the run.
    """
    if predictions.empty:
        return note_figure(WITHOUT_CURVES)
    marks = arm_marks(arms, predictions["arm"])
    figure, axes = stacked_panels(predictions["task"].unique(), 2, 1.65)
    for task, (roc, precision_recall) in axes.items():
        of_task = predictions[predictions["task"] == task]
        for arm, mark in marks.items():
            of_arm = of_task[of_task["arm"] == arm]
            _draw_mean_curve(roc, of_arm, _true_positive_rate, mark)
            _draw_mean_curve(precision_recall, of_arm, _precision, mark)
        roc.plot([0, 1], [0, 1], color=GREY, ls=":", lw=0.8)
        precision_recall.axhline(of_task["label"].mean(), color=GREY, ls=":", lw=0.8)
        roc.set_title(task, loc="left")
        roc.set(xlabel="False positive rate", ylabel="True positive rate")
        precision_recall.set(xlabel="Recall", ylabel="Precision")
        for axis in (roc, precision_recall):
            axis.set(xlim=(0, 1), ylim=(0, 1.02), xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
    legend_below(figure, line_handles(marks, reference="chance"))
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

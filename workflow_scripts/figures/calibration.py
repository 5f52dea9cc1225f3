"""Calibration: the observed frequency of bound windows against the predicted probability."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from workflow_support.palette import GREY

from .arms import Mark, arm_label, marks_by_task
from .panels import legend_below, panels
from .style import SMALL, publication_style
from .tables import read_per_model

WINDOWS_OF_BIN, FEWEST_BINS, MOST_BINS = 30, 2, 10
"""Windows of a bin at least, if that leaves as many bins as the fewest."""
MOST_ABREAST, PANEL_HEIGHT, LONGEST_LINE = 5, 1.25, 18
"""Panels beside each other, their height in inches, and the letters of a line of their titles."""
OF_CLASS = "probability."


def draw(*, predictions: list[Path], evaluations: list[Path], arms: dict[str, str]) -> Figure:
    """Draw the figure from each ``predictions.tsv``, in the order of the ``evaluation.json`` that name their arms.

    ``arms`` has the group of every arm.
    """
    tables = [
        _calls(read_per_model([path], [evaluation], _columns(path)))
        for path, evaluation in zip(predictions, evaluations, strict=True)
    ]
    return calibration_figure(pd.concat(tables, ignore_index=True), arms)


def _columns(predictions: Path) -> list[str]:
    """The label, and the probability of class 1 or of each of more than two classes."""
    of_classes = [column for column in pd.read_csv(predictions, sep="\t", nrows=0) if column.startswith(OF_CLASS)]
    return ["label", *(of_classes or ["probability"])]


def _calls(predictions: pd.DataFrame) -> pd.DataFrame:
    """Predictions of more than two classes as those of two: the class called, and whether the call is right."""
    of_classes = [column for column in predictions if column.startswith(OF_CLASS)]
    if not of_classes:
        return predictions
    probabilities = predictions[of_classes].to_numpy()
    is_right = probabilities.argmax(axis=1) == predictions["label"]
    return predictions.drop(columns=of_classes).assign(
        probability=probabilities.max(axis=1), label=is_right.astype(int)
    )


@publication_style
def calibration_figure(predictions: pd.DataFrame, arms: Mapping[str, str]) -> Figure:
    """Observed frequency of bound windows against predicted probability, one panel per task and arm.

    Bars are 95 % intervals of the frequency over test windows.

    Parameters
    ----------
    predictions
        ``task, arm, seed, label, probability``: every window of the test split, once per model.
    arms
        Group of every arm of the run.
    """
    marks = marks_by_task(predictions, arms)
    most = max(map(len, marks.values()))
    columns = -(-most // -(-most // MOST_ABREAST))
    rows = {task: -(-len(of_task) // columns) for task, of_task in marks.items()}
    figure, axes = panels(sum(rows.values()), columns, PANEL_HEIGHT, sharex=True, sharey=True)
    start = 0
    for task, of_arms in marks.items():
        of_task, places = predictions[predictions["task"] == task], axes[start : start + rows[task]]
        start += rows[task]
        for axis, (arm, mark) in zip(places.flat, of_arms.items(), strict=False):
            _draw(axis, calibration_table(of_task[of_task["arm"] == arm]), mark)
            axis.set_title(textwrap.fill(arm_label(arm), LONGEST_LINE), fontsize=SMALL)
        for axis in places.flat[len(of_arms) :]:
            axis.remove()
        for axis in places[:, 0]:
            axis.set_ylabel(f"{task}\nObserved frequency")
    _label_lowest(axes)
    handles = [
        Line2D([], [], color=GREY, marker="o", markersize=2.5, lw=0.8, label="test windows, 95 % interval"),
        Line2D([], [], color=GREY, ls=":", lw=0.8, label="perfect calibration"),
    ]
    legend_below(figure, handles)
    return figure


def calibration_table(predictions: pd.DataFrame) -> pd.DataFrame:
    """Mean probability and observed frequency in bins with equally many windows, with 95 % intervals.

    The seeds of an arm are pooled. They score the same windows, so that a bin counts each of its windows once, however
    many seeds there are.

    Parameters
    ----------
    predictions
        ``seed, label, probability`` of one arm.

    Returns
    -------
    ``windows, mean_probability, fraction_positive, low, high``: one row per bin. Equal probabilities are in one bin.
    """
    seeds = max(predictions["seed"].nunique(), 1)
    number = int(np.clip(len(predictions) // seeds // WINDOWS_OF_BIN, FEWEST_BINS, MOST_BINS))
    probability = predictions["probability"]
    edges = np.unique(np.quantile(probability, np.arange(1, number) / number, method="inverted_cdf"))
    by_bin = predictions.groupby(np.searchsorted(edges, probability, side="left"))
    table = by_bin.agg(mean_probability=("probability", "mean"), fraction_positive=("label", "mean"))
    windows = by_bin.size() / seeds
    low, high = share_interval(table["fraction_positive"], windows)
    return table.assign(windows=windows, low=low, high=high)


def share_interval(shares: pd.Series, numbers: pd.Series) -> tuple[pd.Series, pd.Series]:
    """The 95 % intervals of ``shares`` seen among so many ``numbers``, which stay within 0 and 1 (Wilson 1927)."""
    square = NormalDist().inv_cdf(0.975) ** 2
    middle = (shares + square / (2 * numbers)) / (1 + square / numbers)
    reach = np.sqrt(square * (shares * (1 - shares) / numbers + square / (4 * numbers**2))) / (1 + square / numbers)
    return middle - reach, middle + reach


def _draw(axis: Axes, table: pd.DataFrame, mark: Mark) -> None:
    axis.plot([0, 1], [0, 1], color=GREY, ls=":", lw=0.8)
    axis.vlines(table["mean_probability"], table["low"], table["high"], color=mark.colour, lw=0.8, clip_on=False)
    axis.plot(
        table["mean_probability"],
        table["fraction_positive"],
        color=mark.colour,
        lw=0.8,
        marker="o",
        markersize=2.5,
        clip_on=False,
    )
    axis.set(xlim=(0, 1), ylim=(0, 1), xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
    axis.set_xticklabels(["0", "0.5", "1"])
    axis.set_yticklabels(["0", "0.5", "1"])
    axis.grid()


def _label_lowest(axes: np.ndarray) -> None:
    """Label x below the lowest panel of each column."""
    for column in axes.T:
        lowest = [axis for axis in column if axis.figure is not None][-1]
        lowest.tick_params(labelbottom=True)
        lowest.set_xlabel("Predicted probability")

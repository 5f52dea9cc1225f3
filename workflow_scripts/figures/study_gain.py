"""The gain of arms over the reference against the number of training windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from study.tables import read_table
from workflow_support.metrics import gain_sign
from workflow_support.palette import GREY

from .arms import arm_label, arm_marks, line_handles
from .panels import label_panels, legend_below, line_panels
from .scales import share_spans
from .study_sizes import THIN, draw_against_size
from .style import publication_style


def draw(
    *,
    comparisons: Path,
    means: Path,
    metrics: dict[str, str],
    references: dict[str, str],
    shown: list[str],
    arms: dict[str, str],
) -> Figure:
    """Draw the figure of the arms ``shown`` from tables of the study.

    ``metrics`` and ``references`` have the metric and reference of each task, ``arms`` the group of every arm.
    """
    return gain_figure(read_table(comparisons), read_table(means), metrics, references, shown, arms)


@publication_style
def gain_figure(
    comparisons: pd.DataFrame,
    means: pd.DataFrame,
    metrics: Mapping[str, str],
    references: Mapping[str, str],
    shown: Sequence[str],
    arms: Mapping[str, str],
) -> Figure:
    """The gain over the reference against the number of training windows, one panel per task; positive is better.

    Bars are 95 % intervals over seeds and test windows together.

    Parameters
    ----------
    comparisons, means
        Tables of the study; the means have the number of windows of each size.
    metrics, references
        Metric and reference of each task, in the order of the panels.
    shown
        Arms to draw; the reference may be among them.
    arms
        Group of every arm of the run.
    """
    sizes = means[["task", "arm", "size", "train_size"]].drop_duplicates()
    gains = comparisons[comparisons["reference"] == comparisons["task"].map(references)].merge(sizes)
    gains = gains[gains["arm"].isin(shown)]
    bounds = ["difference", "low", "high"]
    gains[bounds] = gains[bounds].mul(gains["metric"].map(gain_sign), axis=0)
    marks = arm_marks(arms, gains["arm"])
    figure, axes = line_panels(list(metrics))
    ends = {}
    for task, axis in axes.items():
        axis.axhline(0, color=GREY, lw=0.8)
        # Zero is in view, so that a small gain lies close to it.
        ends[task] = np.append(draw_against_size(axis, gains[gains["task"] == task], marks, "difference"), 0.0)
    share_spans(axes, ends, metrics, "y")
    y_labels = {task: f"Gain in {metric}\nover {arm_label(references[task])}" for task, metric in metrics.items()}
    label_panels(axes, "Training windows", y_labels)
    interval = {"ls": "", "marker": "|", "markersize": 8, "mew": THIN}
    interval_handle = Line2D([], [], color=GREY, label="95 %, over seeds and test windows", **interval)
    legend_below(figure, [*line_handles(marks, with_markers=True), interval_handle])
    return figure

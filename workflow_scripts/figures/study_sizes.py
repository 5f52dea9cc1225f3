"""How arms do with fewer training windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from workflow_support.metrics import gain_sign

from .arms import Mark, arm_marks, marked_handles
from .study_panels import label_panels, line_panels, of_study_metric, scale_by_size
from .style import GREY, legend_below, publication_style

STEP = 0.012
"""How far arms lie beside each other, as a share of the axis of training windows."""
THICK, THIN = 2.4, 0.8
WIDE, MARGIN = 3.0, 0.06
"""An interval so many times as wide as the median one may leave the panel; and room beyond what is shown."""
ALPHA = {THICK: 0.4, THIN: 1.0}
"""A thick line lets a thin one be seen."""


@publication_style
def learning_curves_figure(means: pd.DataFrame, metrics: Mapping[str, str], shown: Sequence[str]) -> Figure:
    """The study metric against the number of training windows, a panel a task: means with 95 % intervals over seeds.

    Parameters
    ----------
    means
        The table of the study.
    metrics
        Metric of each task, in the order of the panels.
    shown
        Arms, whose order decides their colours.
    """
    values, marks = of_study_metric(means, metrics), arm_marks(shown)
    figure, axes = line_panels(list(metrics))
    for task, axis in axes.items():
        of_task = values[(values["task"] == task) & values["arm"].isin(shown)]
        _draw(axis, of_task, marks, "mean", [("low", "high", THIN)])
    label_panels(axes, "Training windows", {task: f"Test {metric}" for task, metric in metrics.items()})
    legend_below(figure, marked_handles(marks))
    return figure


@publication_style
def gain_figure(
    comparisons: pd.DataFrame,
    means: pd.DataFrame,
    metrics: Mapping[str, str],
    references: Mapping[str, str],
    shown: Sequence[str],
) -> Figure:
    """The gain over the reference against the number of training windows, a panel a task; positive is better.

    Thick bars are 95 % intervals over seeds, thin ones over test windows.

    Parameters
    ----------
    comparisons, means
        Tables of the study; the means say how many windows a size is.
    metrics, references
        Metric and reference of each task, in the order of the panels.
    shown
        Arms, whose order decides their colours; the reference may be among them.
    """
    marks = arm_marks(shown)
    sizes = means[["task", "arm", "size", "train_size"]].drop_duplicates()
    gains = comparisons[comparisons["reference"] == comparisons["task"].map(references)].merge(sizes)
    signs = gains["metric"].map(gain_sign)
    bounds = ["difference", "seed_low", "seed_high", "window_low", "window_high"]
    gains[bounds] = gains[bounds].mul(signs, axis=0)
    figure, axes = line_panels(list(metrics))
    for task, axis in axes.items():
        of_task = gains[(gains["task"] == task) & gains["arm"].isin(shown)]
        axis.axhline(0, color=GREY, lw=0.8)
        intervals = [("seed_low", "seed_high", THICK), ("window_low", "window_high", THIN)]
        _draw(axis, of_task, marks, "difference", intervals)
    y_labels = {task: f"{metric} gained over\n{references[task]}" for task, metric in metrics.items()}
    label_panels(axes, "Training windows", y_labels)
    handles = [handle for handle in marked_handles(marks) if handle.get_label() in set(gains["arm"])]
    interval_handles = [
        Line2D([], [], color=GREY, lw=THICK, alpha=ALPHA[THICK], label="95 %, over seeds"),
        Line2D([], [], color=GREY, lw=THIN, label="95 %, over test windows"),
    ]
    legend_below(figure, [*handles, *interval_handles])
    return figure


def _draw(
    axis: Axes,
    values: pd.DataFrame,
    marks: Mapping[str, Mark],
    column: str,
    intervals: Sequence[tuple[str, str, float]],
) -> None:
    scale_by_size(axis, values["train_size"])
    span = np.log(values["train_size"].max() / values["train_size"].min()) or 1
    drawn = [arm for arm in marks if arm in set(values["arm"])]
    for number, arm in enumerate(drawn):
        of_arm, mark = values[values["arm"] == arm].sort_values("train_size"), marks[arm]
        x = of_arm["train_size"] * np.exp((number - (len(drawn) - 1) / 2) * STEP * min(1, 8 / len(drawn)) * span)
        axis.plot(x, of_arm[column], color=mark.colour, ls=mark.line, marker=mark.marker, markersize=3, lw=0.9)
        for low, high, width in intervals:
            axis.vlines(x, of_arm[low], of_arm[high], color=mark.colour, lw=width, alpha=ALPHA[width])
    axis.yaxis.set_major_locator(MaxNLocator(5))
    _limit(axis, values, column, intervals)


def _limit(axis: Axes, values: pd.DataFrame, column: str, intervals: Sequence[tuple[str, str, float]]) -> None:
    """Limit y to the means and to ordinary intervals: a few seeds can give one that would flatten all else."""
    ends = [values[column].to_numpy()]
    widths = np.concatenate([(values[high] - values[low]).to_numpy() for low, high, _ in intervals])
    ordinary = WIDE * np.nanmedian(widths) if np.isfinite(widths).any() else 0.0
    for low, high, _ in intervals:
        shown = values[values[high] - values[low] <= ordinary]
        ends += [shown[low].to_numpy(), shown[high].to_numpy()]
    lowest, highest = np.concatenate(ends).min(), np.concatenate(ends).max()
    margin = MARGIN * (highest - lowest) or axis.margins()[1]
    axis.set_ylim(lowest - margin, highest + margin)

"""The difference between a model's scores of the two strands of a window."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from .arms import draw_arm_rows, marks_by_task
from .panels import arm_panels
from .style import publication_style
from .tables import read_metrics

SMALLEST_DECADE, LARGEST_DECADE = -7, 0
"""Decades of the axis if all errors are zero. It reaches one logit in any case, so that rounding looks small."""
MOST_TICKS = 3


def draw(*, evaluations: list[Path], arms: dict[str, str]) -> Figure:
    """Draw the figure from the ``evaluation.json`` of every network; ``arms`` has the group of every arm."""
    return reverse_complement_error_figure(read_metrics(evaluations), arms)


@publication_style
def reverse_complement_error_figure(metrics: pd.DataFrame, arms: Mapping[str, str]) -> Figure:
    """Largest |f(x) - f(rc x)| of every model, one panel per task: one dot per seed, a bar at their mean.

    The axis is logarithmic and begins at zero.

    Parameters
    ----------
    metrics
        ``task, arm, seed, rc_error`` (in units of the logit); the baseline has no ``rc_error``.
    arms
        Group of every arm of the run.
    """
    metrics = metrics.dropna(subset="rc_error")
    marks = marks_by_task(metrics, arms)
    figure, axes = arm_panels({task: list(of_task) for task, of_task in marks.items()})
    for task, (axis,) in axes.items():
        draw_arm_rows(axis, metrics[metrics["task"] == task], "rc_error", marks[task])
        _scale_from_zero(axis, metrics["rc_error"].to_numpy())
    figure.supxlabel("Largest difference between both strands, test split (logit; low is good)")
    return figure


def _scale_from_zero(axis: Axes, values: np.ndarray) -> None:
    """Scale x logarithmically above the smallest value's decade and linearly below, so that zero has its place."""
    positive = values[values > 0]
    lowest = np.floor(np.log10(positive.min())) if len(positive) else SMALLEST_DECADE
    highest = max(LARGEST_DECADE, lowest + 1, *np.ceil(np.log10(positive)))
    axis.set_xscale("symlog", linthresh=10.0**lowest, linscale=0.8)
    axis.set_xlim(-0.3 * 10.0**lowest, 2 * 10.0**highest)
    step = int(np.ceil((highest - lowest + 1) / MOST_TICKS))
    decades = np.arange(highest, lowest - 1, -step)[::-1]
    axis.xaxis.set_major_locator(FixedLocator([0, *10.0**decades]))
    axis.xaxis.set_minor_locator(NullLocator())

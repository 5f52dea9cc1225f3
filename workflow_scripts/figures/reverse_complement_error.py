"""How differently a model scores the two strands of the same window."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from .arms import draw_arm_rows, network_arms
from .style import panels, publication_style

SMALLEST_DECADE, LARGEST_DECADE = -7, 1
MOST_TICKS = 5


@publication_style
def reverse_complement_error_figure(metrics: pd.DataFrame) -> Figure:
    """Largest |f(x) - f(rc x)| of every model, a panel a task: a dot a seed on a logarithmic axis that begins at zero.

    Parameters
    ----------
    metrics
        ``task, arm, seed, rc_error`` (in units of the logit); the baseline has no ``rc_error``.
    """
    tasks, arms = metrics["task"].unique(), network_arms(metrics)
    figure, axes = panels(len(tasks), 1, 0.55 + 0.17 * len(arms), sharex=True)
    for task, axis in zip(tasks, axes[:, 0], strict=True):
        draw_arm_rows(axis, metrics[metrics["task"] == task], "rc_error", arms)
        axis.set_title(task, loc="left")
    errors = metrics["rc_error"].dropna().to_numpy()
    for axis in axes[:, 0]:
        _scale_from_zero(axis, errors)
    axes[-1, 0].set_xlabel("Largest |f(x) − f(rc x)| on the test split (logit)")
    return figure


def _scale_from_zero(axis: Axes, errors: np.ndarray) -> None:
    """Logarithmic above the smallest error's decade, linear below, so that an error of exactly zero has its place."""
    positive = errors[errors > 0]
    lowest = np.floor(np.log10(positive.min())) if len(positive) else SMALLEST_DECADE
    highest = np.ceil(np.log10(positive.max())) if len(positive) else LARGEST_DECADE
    highest = max(highest, lowest + 1)
    axis.set_xscale("symlog", linthresh=10.0**lowest, linscale=0.8)
    axis.set_xlim(-0.3 * 10.0**lowest, 2 * 10.0**highest)
    step = int(np.ceil((highest - lowest + 1) / MOST_TICKS))
    decades = np.arange(highest, lowest - 1, -step)[::-1]
    axis.xaxis.set_major_locator(FixedLocator([0, *10.0**decades]))
    axis.xaxis.set_minor_locator(NullLocator())

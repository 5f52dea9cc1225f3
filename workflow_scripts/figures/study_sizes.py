"""Lines of arms against the number of training windows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from .arms import Mark
from .panels import scale_by_size

STEP = 0.012
"""Distance of arms beside each other, as a share of the axis of training windows."""
THIN = 0.8
"""Width of the line of an interval."""
WIDE = 3.0
"""An interval so many times as wide as the median one may leave the panel."""


def draw_against_size(axis: Axes, values: pd.DataFrame, marks: Mapping[str, Mark], column: str) -> np.ndarray:
    """Draw a column of every arm against ``train_size``, with intervals ``low, high``; arms lie beside each other.

    Returns
    -------
    numpy.ndarray
        The values that have to be in view: those of the column, and the ends of ordinary intervals. A few seeds can
        give an interval that would flatten all else.
    """
    scale_by_size(axis, values["train_size"])
    span = np.log(values["train_size"].max() / values["train_size"].min()) or 1
    drawn = [arm for arm in marks if arm in set(values["arm"])]
    for number, arm in enumerate(drawn):
        of_arm, mark = values[values["arm"] == arm].sort_values("train_size"), marks[arm]
        x = of_arm["train_size"] * np.exp((number - (len(drawn) - 1) / 2) * STEP * min(1, 8 / len(drawn)) * span)
        axis.plot(x, of_arm[column], color=mark.colour, ls=mark.line, marker=mark.marker, markersize=3, lw=0.9)
        axis.vlines(x, of_arm["low"], of_arm["high"], color=mark.colour, lw=THIN)
    axis.yaxis.set_major_locator(MaxNLocator(5))
    widths = values["high"] - values["low"]
    ordinary = values[widths <= WIDE * widths.median()]
    return np.concatenate([values[column], ordinary["low"], ordinary["high"]])

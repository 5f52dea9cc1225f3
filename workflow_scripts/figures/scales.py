"""Scales of axes."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator

SMALLEST_DECADE, LARGEST_DECADE = -7, 1
MOST_TICKS = 3


def scale_from_zero(axis: Axes, values: np.ndarray) -> None:
    """Logarithmic above the smallest value's decade, linear below, so that exactly zero has its place."""
    positive = values[values > 0]
    lowest = np.floor(np.log10(positive.min())) if len(positive) else SMALLEST_DECADE
    highest = np.ceil(np.log10(positive.max())) if len(positive) else LARGEST_DECADE
    highest = max(highest, lowest + 1)
    axis.set_xscale("symlog", linthresh=10.0**lowest, linscale=0.8)
    axis.set_xlim(-0.3 * 10.0**lowest, 2 * 10.0**highest)
    step = int(np.ceil((highest - lowest + 1) / MOST_TICKS))
    decades = np.arange(highest, lowest - 1, -step)[::-1]
    axis.xaxis.set_major_locator(FixedLocator([0, *10.0**decades]))
    axis.xaxis.set_minor_locator(NullLocator())

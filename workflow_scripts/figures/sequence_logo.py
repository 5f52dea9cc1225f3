"""Sequence logos: letters as high as their values."""

from __future__ import annotations

import logomaker
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from workflow_support.palette import BLUE, GREEN, ORANGE, VERMILION

LETTERS = "ACGT"
COLOURS = dict(zip(LETTERS, (GREEN, BLUE, ORANGE, VERMILION), strict=True))
"""The usual green, blue, yellow and red, as near as the colour-blind safe palette has them."""


def draw_logo(axis: Axes, values: np.ndarray, start: int = 0) -> None:
    """Draw letters as high as ``values`` (positions, 4), those of negative values upside down below zero.

    The channels are A, C, G and T; position i is centred at x = start + i.
    """
    positions = range(start, start + len(values))
    letters = pd.DataFrame(values, index=positions, columns=list(LETTERS))
    logomaker.Logo(letters, ax=axis, color_scheme=COLOURS, flip_below=True)
    axis.spines[["top", "right"]].set_visible(False)

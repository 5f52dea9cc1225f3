"""What a network looks at: logos of the stretches of bases that contribute most."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from .sequence_logo import draw_logo
from .style import panels, publication_style

STRETCH = 40
"""Bases shown of a window."""
PANELS = 6


@publication_style
def contribution_logos_figure(contributions: np.ndarray, sequences: np.ndarray, table: pd.DataFrame) -> Figure:
    """The stretch of the largest absolute contribution in each of the strongest windows, a panel a window.

    Parameters
    ----------
    contributions
        Hypothetical ones (windows, positions, 4), the strongest window first.
    sequences
        Base codes (windows, positions); those above 3 are unknown and have no letter.
    table
        A row a window: ``contig, start`` and others.
    """
    shown = min(PANELS, len(table))
    figure, axes = panels(shown, 1, 0.57, sharey=True)
    for row, axis in enumerate(axes[:, 0]):
        actual = contributions[row] * (sequences[row, :, None] == np.arange(4))
        stretch = strongest_stretch(np.abs(actual).sum(axis=1), STRETCH)
        draw_logo(axis, actual[stretch])
        start, end = (int(table["start"].iloc[row]) + offset for offset in (stretch.start, stretch.stop))
        axis.set_title(f"{table['contig'].iloc[row]}:{start:,}–{end:,}", fontsize=6.5, loc="left", pad=2)
        axis.set_xticks([])
    figure.supylabel("Contribution", fontsize=7)
    return figure


def strongest_stretch(sizes: np.ndarray, length: int) -> slice:
    """The ``length`` positions, or all if there are fewer, with the largest sum of ``sizes`` (positions,)."""
    length = min(length, len(sizes))
    sums = np.convolve(sizes, np.ones(length), "valid")
    start = int(sums.argmax())
    return slice(start, start + length)

"""Logos of the bases that contribute most to the predictions of a network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from .panels import panels
from .sequence_logo import draw_logo
from .style import SMALL, publication_style

STRETCH = 40
"""Bases shown of a window."""
PANELS = 6
"""Windows shown: the strongest."""


def draw(*, contributions: Path, sequences: Path, table: Path) -> Figure:
    """Draw the figure from the outputs of ``attribute_sequences``."""
    rows = pd.read_csv(table, sep="\t", dtype={"contig": str})
    return contribution_logos_figure(np.load(contributions), np.load(sequences), rows)


@publication_style
def contribution_logos_figure(contributions: np.ndarray, sequences: np.ndarray, table: pd.DataFrame) -> Figure:
    """The stretch of the largest absolute contribution in each of the strongest windows, one panel per window.

    Parameters
    ----------
    contributions
        Hypothetical contributions (windows, positions, 4), the strongest window first.
    sequences
        Base codes (windows, positions); those above 3 are unknown and have no letter.
    table
        One row per window: ``contig, start`` and others.
    """
    shown = min(PANELS, len(table))
    figure, axes = panels(shown, 1, 0.57, sharey=True)
    for row, axis in enumerate(axes[:, 0]):
        actual = contributions[row] * (sequences[row, :, None] == np.arange(4))
        stretch = strongest_stretch(np.abs(actual).sum(axis=1), STRETCH)
        draw_logo(axis, actual[stretch])
        start, end = (int(table["start"].iloc[row]) + offset for offset in (stretch.start, stretch.stop))
        # As genome browsers write regions: the first base is 1 and the last one is included.
        axis.set_title(f"{table['contig'].iloc[row]}:{start + 1:,}–{end:,}", fontsize=SMALL, loc="left", pad=2)
        axis.set_xticks([])
    figure.supylabel("Contribution")
    return figure


def strongest_stretch(sizes: np.ndarray, length: int) -> slice:
    """The ``length`` positions, or all if there are fewer, with the largest sum of ``sizes`` (positions,)."""
    length = min(length, len(sizes))
    sums = np.convolve(sizes, np.ones(length), "valid")
    start = int(sums.argmax())
    return slice(start, start + length)

"""The style of all figures: the sizes of figures and text, and how a figure is saved.

A figure is drawn at the width at which it is shown, so that text has the same size on the page in all figures.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

from workflow_support.files import atomic_paths
from workflow_support.palette import GRID

COLUMN_WIDTH, PAGE_WIDTH = 3.4, 7.0
"""Widths in inches of a journal's column and page; every figure has one of them."""
TITLE, TEXT, SMALL = 8, 7, 6.5
"""Sizes of text in points: of titles, of labels, and of ticks, legends and notes. There are no others."""
PNG_RESOLUTION = 200

publication_style = matplotlib.rc_context(
    {
        "font.family": "DejaVu Sans",
        "font.size": TEXT,
        "axes.titlesize": TITLE,
        "axes.labelsize": TEXT,
        "axes.linewidth": 0.6,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "figure.labelsize": TEXT,
        "xtick.labelsize": SMALL,
        "ytick.labelsize": SMALL,
        "xtick.major.width": 0.6,
        "ytick.major.width": 0.6,
        "xtick.major.size": 2.5,
        "ytick.major.size": 2.5,
        "legend.fontsize": SMALL,
        "legend.frameon": False,
        "legend.handlelength": 1.6,
        "lines.linewidth": 1.1,
        "lines.markersize": 3.5,
        "grid.color": GRID,
        "grid.linewidth": 0.5,
        # Text stays text, so that it can be searched and edited; a fixed salt makes the ids of two runs the same.
        "svg.fonttype": "none",
        "svg.hashsalt": "figures",
    }
)
"""Decorator of functions that draw or save a figure: they do so in the common style."""


@publication_style
def save_figure(figure: Figure, svg: Path, png: Path) -> None:
    """Write a figure as SVG and PNG; the same figure gives the same bytes."""
    with atomic_paths(svg, png) as (svg_file, png_file):
        figure.savefig(svg_file, metadata={"Date": None})
        figure.savefig(png_file, dpi=PNG_RESOLUTION, metadata={"Software": None})

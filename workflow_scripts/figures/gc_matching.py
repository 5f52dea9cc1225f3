"""The GC content of positives and negatives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from genome_data import SPLITS
from workflow_support.palette import BLUE, ORANGE

from .panels import legend_below, panels
from .style import COLUMN_WIDTH, publication_style
from .tables import read_per_task

BIN_WIDTH = 0.02
CLASSES = {1: ("positives", BLUE, "-"), 0: ("negatives", ORANGE, "--")}


def draw(*, windows: list[Path], tasks: list[str]) -> Figure:
    """Draw the figure from the ``windows.tsv`` of every task, in the order of ``tasks``."""
    return gc_matching_figure(read_per_task(windows, tasks))


@publication_style
def gc_matching_figure(windows: pd.DataFrame) -> Figure:
    """Histograms of GC content of positives and negatives, one row per task and one column per split.

    Parameters
    ----------
    windows
        ``task, split, label, gc``.
    """
    tasks = windows["task"].unique()
    edges = np.arange(0, 1 + BIN_WIDTH, BIN_WIDTH)
    figure, axes = panels(len(tasks), len(SPLITS), 1.25, width=COLUMN_WIDTH, sharex=True, sharey="row")
    for task, row in zip(tasks, axes, strict=True):
        for split, axis in zip(SPLITS, row, strict=True):
            of_panel = windows[(windows["task"] == task) & (windows["split"] == split)]
            for label, (_, colour, line) in CLASSES.items():
                counts, _ = np.histogram(of_panel.loc[of_panel["label"] == label, "gc"], edges)
                axis.stairs(100 * counts / max(counts.sum(), 1), edges, color=colour, ls=line, lw=1.1)
        row[0].set_ylabel(f"{task}\nwindows (%)")
        # The panels of a row share the axis, so this comes after all of them.
        row[0].set_ylim(bottom=0)
    lowest, highest = windows["gc"].quantile([0.001, 0.999])
    axes[0, 0].set_xlim(lowest - BIN_WIDTH, highest + BIN_WIDTH)
    for split, axis in zip(SPLITS, axes[0], strict=True):
        axis.set_title(split)
    axes[-1, 1].set_xlabel("GC content of a window (fraction of its known bases)")
    legend_below(figure, [Line2D([], [], color=colour, ls=line, label=name) for name, colour, line in CLASSES.values()])
    return figure

"""The GC content of positives and negatives."""

from __future__ import annotations

from itertools import zip_longest
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from genome_data.folds import split_names
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
    """Histograms of GC content of positives and negatives, one row per task and one column per split or fold.

    Parameters
    ----------
    windows
        ``task, split, label, gc``.
    """
    tasks = windows["task"].unique()
    edges = np.arange(0, 1 + BIN_WIDTH, BIN_WIDTH)
    names = {task: split_names(windows.loc[windows["task"] == task, "split"]) for task in tasks}
    columns = max(map(len, names.values()))
    figure, axes = panels(len(tasks), columns, 1.25, width=COLUMN_WIDTH, sharex=True, sharey="row")
    is_same = len(set(map(tuple, names.values()))) == 1
    for number, (task, row) in enumerate(zip(tasks, axes, strict=True)):
        for split, axis in zip_longest(names[task], row):
            if split is None:
                axis.axis("off")
                continue
            # Tasks with the same splits have them above the first row alone.
            if number == 0 or not is_same:
                axis.set_title(split)
            of_panel = windows[(windows["task"] == task) & (windows["split"] == split)]
            for label, (_, colour, line) in CLASSES.items():
                counts, _ = np.histogram(of_panel.loc[of_panel["label"] == label, "gc"], edges)
                axis.stairs(100 * counts / max(counts.sum(), 1), edges, color=colour, ls=line, lw=1.1)
        row[0].set_ylabel(f"{task}\nwindows (%)")
        # The panels of a row share the axis, so this comes after all of them.
        row[0].set_ylim(bottom=0)
    lowest, highest = windows["gc"].quantile([0.001, 0.999])
    axes[0, 0].set_xlim(lowest - BIN_WIDTH, highest + BIN_WIDTH)
    axes[-1, (columns - 1) // 2].set_xlabel("GC content of a window (fraction of its known bases)")
    legend_below(figure, [Line2D([], [], color=colour, ls=line, label=name) for name, colour, line in CLASSES.values()])
    return figure

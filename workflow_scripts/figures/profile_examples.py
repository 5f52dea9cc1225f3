"""Observed and predicted profiles of single peaks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from genome_data.folds import is_tested
from workflow_support.palette import BLACK, GREY, MINUS, PLUS

from .panels import legend_below, note_figure, panels
from .style import SMALL, publication_style

REACH = 200
"""Bases drawn on either side of a summit."""


@dataclass(frozen=True)
class Example:
    """One window: its ``title``, and the ``observed`` and ``predicted`` reads per base, each (2, positions).

    The summit lies at ``positions // 2``.
    """

    title: str
    observed: np.ndarray
    predicted: np.ndarray


def draw(*, windows: Path, counts: Path, predictions: Path, profiles: Path) -> Figure:
    """Draw the figure from the windows and counts of a task and the first replicate's predictions of its test split."""
    splits = pd.read_csv(windows, sep="\t", usecols=["split"])["split"].to_numpy()
    rows = np.flatnonzero(is_tested(splits))
    table = pd.read_csv(predictions, sep="\t", dtype={"contig": str}, nrows=rows.size)
    observed, predicted = np.load(counts, mmap_mode="r"), np.load(profiles, mmap_mode="r")[0]
    margin = (observed.shape[2] - predicted.shape[2]) // 2
    centre = slice(margin, margin + predicted.shape[2])
    examples = [
        example(name, table.loc[row], observed[rows[row], :, centre], predicted[row])
        for name, row in choose_windows(table).items()
    ]
    return profile_examples_figure(examples)


def choose_windows(predictions: pd.DataFrame) -> dict[str, int]:
    """Rows of the best, median and worst window by JSD, of those with at least the median number of reads.

    Parameters
    ----------
    predictions
        ``reads, JSD``, one row per window; a JSD that is not defined is NaN. If fewer than three windows have a JSD,
        some are chosen twice; if none has, the choice is empty.
    """
    measured = predictions.dropna(subset="JSD")
    deep = measured[measured["reads"] >= measured["reads"].median()]
    by_jsd = deep["JSD"].sort_values(kind="stable").index
    if by_jsd.empty:
        return {}
    return {"best": int(by_jsd[0]), "median": int(by_jsd[len(by_jsd) // 2]), "worst": int(by_jsd[-1])}


def example(name: str, window: Mapping, counts: np.ndarray, probabilities: np.ndarray) -> Example:
    """The example of one window.

    Parameters
    ----------
    name
        Word for the window, such as best.
    window
        ``contig, start, end, reads, JSD``; the profile lies in the middle of ``start`` to ``end``.
    counts, probabilities
        Observed reads, and the share of its strand's reads predicted at each base: (2, positions).
    """
    middle = (window["start"] + window["end"]) // 2
    place = f"{window['contig']}:{middle + 1:,}"
    title = f"{name}: {place}, {window['reads']:,} reads, JSD {window['JSD']:.3f}"
    observed = counts.astype(np.float64)
    return Example(title, observed, probabilities * observed.sum(axis=1, keepdims=True))


@publication_style
def profile_examples_figure(examples: list[Example]) -> Figure:
    """5' ends around the summit, one panel per example: the + strand above zero, the − strand below."""
    if not examples:
        return note_figure("no test window has reads")
    figure, axes = panels(len(examples), 1, 0.9, sharex=True)
    for axis, shown in zip(axes[:, 0], examples, strict=True):
        _draw(axis, shown)
    axes[-1, 0].set_xlabel("Distance from the summit (bp)")
    axes[len(axes) // 2, 0].set_ylabel("5′ ends per base")
    legend_below(
        figure,
        [
            Patch(color=PLUS, alpha=0.6, lw=0, label="observed +"),
            Patch(color=MINUS, alpha=0.6, lw=0, label="observed −"),
            Line2D([], [], color=BLACK, lw=0.8, label="predicted"),
        ],
        columns=3,
    )
    return figure


def _draw(axis: Axes, shown: Example) -> None:
    middle = shown.observed.shape[1] // 2
    reach = min(REACH, middle)
    drawn = slice(middle - reach, middle + reach + 1)
    positions = np.arange(shown.observed.shape[1])[drawn] - middle
    for strand, (sign, colour) in enumerate(((1, PLUS), (-1, MINUS))):
        observed, predicted = (sign * each[strand, drawn] for each in (shown.observed, shown.predicted))
        axis.stairs(observed, np.append(positions, positions[-1] + 1) - 0.5, fill=True, color=colour, alpha=0.6, lw=0)
        axis.plot(positions, predicted, color=BLACK, lw=0.5)
    axis.axhline(0, color=GREY, lw=0.4)
    axis.set_xlim(-reach, reach)
    axis.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axis.yaxis.set_major_formatter(lambda value, _: f"{abs(value):g}")
    axis.set_title(shown.title, loc="left", fontsize=SMALL, pad=3)

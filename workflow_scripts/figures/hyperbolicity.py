"""Hyperbolicity of the embeddings of trained networks, beside reference spaces of known hyperbolicity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from study.tables import read_table
from workflow_support.palette import GREY

from .arms import Mark, arm_marks, name_rows
from .panels import MARGINS, ROW_HEIGHT, legend_below
from .style import COLUMN_WIDTH, publication_style

REFERENCES = "reference spaces"
ALL_TASKS = "tasks"
MOST_PANELS = 4
"""Number of tasks up to which each has a panel of its own."""
ARM_SPREAD = 0.25
"""Distance of the outer arms from the middle of a row that they share."""
STATISTICS = ["q05", "q25", "q50", "q75", "q95"]


def draw(*, hyperbolicity: Path, references: Path, arms: dict[str, str]) -> Figure:
    """Draw the figure from the tables of ``measure_hyperbolicity``; ``arms`` has the group of every arm."""
    return hyperbolicity_figure(read_table(hyperbolicity), read_table(references), arms)


@publication_style
def hyperbolicity_figure(hyperbolicity: pd.DataFrame, references: pd.DataFrame, arms: Mapping[str, str]) -> Figure:
    """Distribution of 2 delta / diameter and its maximum: one panel per task, one row per arm, one panel of references.

    Many tasks share a panel with one row per task, in which arms lie below one another.
    Quantiles are means over seeds and samples; a cross marks the maximum of each sample.

    Parameters
    ----------
    hyperbolicity
        ``task, arm, seed, sample, relative_delta, q05, q25, q50, q75, q95``.
    references
        ``space, dimension, curvature`` in place of task, arm and seed.
    arms
        Group of every arm of the run.
    """
    share_panel = hyperbolicity["task"].nunique() > MOST_PANELS
    marks = arm_marks(arms, hyperbolicity["arm"])
    panel, row = (ALL_TASKS, hyperbolicity["task"]) if share_panel else (hyperbolicity["task"], hyperbolicity["arm"])
    of_tasks = hyperbolicity.assign(panel=panel, row=row)
    names = [_space_name(*row) for row in references[["space", "dimension", "curvature"]].values]
    tables = pd.concat([of_tasks, references.assign(panel=REFERENCES, row=names, arm="")])
    rows = {panel: list(of_panel["row"].unique()) for panel, of_panel in tables.groupby("panel", sort=False)}
    lines = tables.groupby(["panel", "row", "arm"], sort=False)
    figure, axes = _panels(rows, len(marks) if share_panel else 1)
    offsets = dict(zip(marks, np.linspace(-1, 1, len(marks)) * ARM_SPREAD, strict=True)) if share_panel else {}
    for (panel, row, arm), line in lines:
        colour = marks[arm].colour if arm in marks else GREY
        _draw_line(axes[panel], rows[panel].index(row) + offsets.get(arm, 0), line, colour)
    legend_below(figure, [*(_arm_handles(marks) if share_panel else []), *_handles()])
    return figure


def _space_name(space: str, dimension: float, curvature: float) -> str:
    if pd.isna(dimension):
        return space
    bent = f", K = −{-curvature:g}" if curvature < 0 else ""
    return f"{space}{bent}, {dimension:g} dimensions"


def _panels(rows: Mapping[str, Sequence[str]], arms_of_row: int) -> tuple[Figure, dict[str, Axes]]:
    """A figure with panels above each other, each as high as its rows need, by title."""
    heights = [
        MARGINS / 2 + ROW_HEIGHT * len(names) * (1 if title == REFERENCES else arms_of_row)
        for title, names in rows.items()
    ]
    figure = Figure(figsize=(COLUMN_WIDTH, sum(heights) + MARGINS / 2), layout="constrained")
    axes = figure.subplots(len(rows), 1, squeeze=False, sharex=True, height_ratios=heights)[:, 0]
    for axis, (title, names) in zip(axes, rows.items(), strict=True):
        axis.set_title(title)
        name_rows(axis, names)
    axes[-1].set(xlim=(-0.02, 1.02), xlabel="2 δ / diameter")
    return figure, dict(zip(rows, axes, strict=True))


def _draw_line(axis: Axes, y: float, samples: pd.DataFrame, colour: str) -> None:
    low, lower, middle, upper, high = samples[STATISTICS].mean()
    axis.plot([low, high], [y, y], color=colour, lw=0.8)
    axis.plot([lower, upper], [y, y], color=colour, lw=3, solid_capstyle="butt")
    axis.plot(middle, y, ls="", marker="o", markersize=3, mfc="white", mec=colour, mew=0.8)
    maxima = samples["relative_delta"]
    axis.plot(maxima, [y] * len(maxima), ls="", marker="x", markersize=3, mew=0.6, color=colour)


def _arm_handles(marks: Mapping[str, Mark]) -> list[Line2D]:
    return [Line2D([], [], color=mark.colour, lw=3, label=arm) for arm, mark in marks.items()]


def _handles() -> list[Line2D]:
    return [
        Line2D([], [], ls="", marker="o", markersize=3, mfc="white", mec=GREY, label="median"),
        Line2D([], [], color=GREY, lw=3, label="middle half"),
        Line2D([], [], color=GREY, lw=0.8, label="middle 90 %"),
        Line2D([], [], ls="", marker="x", markersize=3, color=GREY, label="maximum (δ) of a sample"),
    ]

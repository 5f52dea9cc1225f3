"""Arms in figures: their order, and the colour, marker and line that each of them keeps everywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from workflow_support.metrics import BASELINE_ARM, BASELINE_KMER

from .style import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION

BASELINE_LABEL = f"{BASELINE_KMER}-mer logistic regression"
COLOURS = (BLUE, ORANGE, GREEN, PURPLE, VERMILION, SKY)
# A second round through the colours takes other marks and lines.
ROUNDS = (("o", "-"), ("s", (0, (4, 1))), ("^", (0, (2, 1))), ("D", "-."))
SEED_SPREAD = 0.18


@dataclass(frozen=True)
class Mark:
    """How an arm is drawn wherever it appears."""

    colour: str
    marker: str
    line: str | tuple


BASELINE_MARK = Mark(BLACK, "o", "--")


def network_arms(frame: pd.DataFrame) -> list[str]:
    """Arms in the order of ``frame["arm"]``, without the baseline."""
    return [arm for arm in frame["arm"].unique() if arm != BASELINE_ARM]


def arm_marks(arms: Sequence[str]) -> dict[str, Mark]:
    """Marks by arm; the order of the arms alone decides."""
    marks = {}
    for number, arm in enumerate(arms):
        marker, line = ROUNDS[number // len(COLOURS) % len(ROUNDS)]
        marks[arm] = Mark(COLOURS[number % len(COLOURS)], marker, line)
    return marks


def line_handles(marks: Mapping[str, Mark], reference: str | None = None) -> list[Line2D]:
    """Legend entries of arms drawn as lines, and of a dotted ``reference`` line."""
    handles = [
        Line2D([], [], color=mark.colour, ls=mark.line, label=BASELINE_LABEL if arm == BASELINE_ARM else arm)
        for arm, mark in marks.items()
    ]
    if reference is not None:
        handles.append(Line2D([], [], color=GREY, ls=":", lw=0.8, label=reference))
    return handles


def marked_handles(marks: Mapping[str, Mark]) -> list[Line2D]:
    """Legend entries of arms drawn as lines through marks."""
    return [
        Line2D([], [], color=mark.colour, ls=mark.line, marker=mark.marker, markersize=3, label=arm)
        for arm, mark in marks.items()
    ]


def draw_arm_rows(axis: Axes, values: pd.DataFrame, column: str, arms: Sequence[str]) -> None:
    """Draw ``values[column]`` along x, arms from top to bottom: a dot a seed and a bar at the mean.

    Parameters
    ----------
    values
        ``arm, seed`` and ``column``, of one task.
    arms
        Which, and in which order; the row of one that is not for this task stays empty.
    """
    for row, (arm, mark) in enumerate(arm_marks(arms).items()):
        replicates = values.loc[values["arm"] == arm].sort_values("seed")[column].to_numpy()
        # Seeds lie side by side, so that equal values remain countable.
        offsets = (
            np.linspace(-SEED_SPREAD, SEED_SPREAD, len(replicates))
            if len(replicates) > 1
            else np.zeros(len(replicates))
        )
        axis.plot(replicates, row + offsets, ls="", marker=mark.marker, color=mark.colour, mec="white", mew=0.4)
        if replicates.size:
            axis.plot(replicates.mean(), row, marker="|", markersize=11, mew=1.4, color=mark.colour, zorder=1.9)
    axis.set_yticks(range(len(arms)), arms)
    axis.set_ylim(len(arms) - 0.5, -0.5)
    axis.tick_params(axis="y", length=0)
    axis.grid(axis="x")

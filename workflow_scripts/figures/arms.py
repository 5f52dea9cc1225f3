"""The marks of arms: each arm has one colour, marker, line and name in all figures of a run.

The hue of an arm names its group: the representation of its networks, or that it is a combination of arms. The arms of
a group take turns through three shades, four lines and five markers: 12 lines without markers and 60 with them can be
told apart. Only the arms of the whole run decide, in their order; a figure that shows few of them draws those the same.
Where arms have rows or panels with their names, they need no markers: a dot is a network, and a bar the mean of an arm.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from workflow_support.metrics import BASELINE_ARM, BASELINE_KMER
from workflow_support.palette import BAND, BASELINE_COLOUR, GREY, HUES, OTHER_HUE

BASELINE_LABEL = f"{BASELINE_KMER}-mer logistic regression (floor)"
LINES = ("-", (0, (4, 1)), (0, (1.5, 0.8)), "-.")
MARKERS = ("o", "s", "^", "D", "v")
SEED_SPREAD = 0.18
"""Reach of the dots of an arm's seeds to either side of its row."""


@dataclass(frozen=True)
class Mark:
    """The look of an arm wherever it appears."""

    colour: str
    marker: str
    line: str | tuple


BASELINE_MARK = Mark(BASELINE_COLOUR, "o", "--")


def arm_marks(arms: Mapping[str, str], shown: Iterable[str]) -> dict[str, Mark]:
    """Marks of the arms ``shown``, in the order of the run, the baseline last.

    Parameters
    ----------
    arms
        Group of every arm and combination of the run.
    shown
        Names of arms, in any order; the baseline may be among them.
    """
    marks, of_group = {}, dict.fromkeys(arms.values(), 0)
    for arm, group in arms.items():
        number, shades = of_group[group], HUES.get(group, OTHER_HUE)
        of_group[group] += 1
        # The numbers of shades, lines and markers have no common divisor, so that 3 x 4 x 5 arms differ.
        marks[arm] = Mark(*(each[number % len(each)] for each in (shades, MARKERS, LINES)))
    marks[BASELINE_ARM] = BASELINE_MARK
    names = set(shown)
    if unknown := names - marks.keys():
        raise ValueError(f"not among the arms of the run: {', '.join(sorted(unknown))}")
    return {arm: mark for arm, mark in marks.items() if arm in names}


def arm_label(arm: str) -> str:
    """The name of an arm, or of the baseline, in every figure."""
    return BASELINE_LABEL if arm == BASELINE_ARM else arm


def line_handles(
    marks: Mapping[str, Mark], *, with_markers: bool = False, reference: str | None = None
) -> list[Line2D]:
    """Legend entries of arms that are drawn as lines, and of a dotted line called ``reference``."""
    handles = [
        Line2D(
            [],
            [],
            color=mark.colour,
            ls=mark.line,
            marker=mark.marker if with_markers else "",
            markersize=3,
            label=arm_label(arm),
        )
        for arm, mark in marks.items()
    ]
    if reference is not None:
        handles.append(Line2D([], [], color=GREY, ls=":", lw=0.8, label=reference))
    return handles


def group_handles(groups: Iterable[str]) -> list[Line2D]:
    """Legend entries of the hues of groups."""
    return [
        Line2D([], [], ls="", marker="o", color=HUES.get(group, OTHER_HUE)[0], label=group)
        for group in dict.fromkeys(groups)
    ]


def seeds_handle(seeds: int) -> Line2D:
    """Legend entry of one dot per seed, for arms of so many ``seeds``."""
    label = f"one of {seeds} seeds" if seeds > 1 else "single seed"
    return Line2D([], [], ls="", marker="o", markersize=3, color=GREY, label=label)


def marks_by_task(values: pd.DataFrame, arms: Mapping[str, str]) -> dict[str, dict[str, Mark]]:
    """For each task in a table with ``task`` and ``arm``, the marks of its arms, in the order of the run."""
    return {task: arm_marks(arms, of_task["arm"]) for task, of_task in values.groupby("task", sort=False)}


def name_rows(axis: Axes, names: Sequence[str]) -> None:
    """Give an axis one row per name, from top to bottom, every other one on a grey band."""
    axis.set_yticks(range(len(names)), names)
    axis.set_ylim(len(names) - 0.5, -0.5)
    axis.tick_params(axis="y", length=0)
    axis.grid(axis="x")
    for row in range(0, len(names), 2):
        axis.axhspan(row - 0.5, row + 0.5, color=BAND, lw=0, zorder=0)


def seed_offsets(seeds: int) -> np.ndarray:
    """Distances of the dots of an arm's seeds from its row: side by side, so that equal values remain countable."""
    return np.linspace(-SEED_SPREAD, SEED_SPREAD, seeds) if seeds > 1 else np.zeros(seeds)


def draw_arm_rows(axis: Axes, values: pd.DataFrame, column: str, marks: Mapping[str, Mark]) -> None:
    """Draw ``values[column]`` along x, one row per arm: one dot per seed, and a bar at their mean.

    Parameters
    ----------
    values
        ``arm, seed`` and ``column``, of one task.
    marks
        Arms of the task, from top to bottom.
    """
    for row, (arm, mark) in enumerate(marks.items()):
        replicates = values.loc[values["arm"] == arm].sort_values("seed")[column].to_numpy()
        rows = row + seed_offsets(len(replicates))
        axis.plot(replicates, rows, ls="", marker="o", color=mark.colour, mec="white", mew=0.4)
        if replicates.size:
            axis.plot(replicates.mean(), row, marker="|", markersize=9, mew=1.4, color=mark.colour, zorder=1.9)

"""The tables of docs/error_rates.md: what each cell simulates, so that a test can simulate some of them again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from study.formatting import markdown_table

from .auroc import SHAPES, coverage, false_line_rate
from .simulation import ALL, HALF, OTHERS, Design, false_rate, needed_gain, simulated

STUDIES, EXPERIMENTS = 2000, 1000
SEEDS, TASKS, CANDIDATES, TOGETHER = (3, 5, 8, 10), (1, 2, 3, 5, 9), (3, 9, 24), (3, 5, 9)
ARMS_OF_FAMILY = {1: 2, 6: 4, 21: 7}
AUROCS, POSITIVES = (0.9, 0.97, 0.99), (10, 20, 50)

Row = tuple[Sequence[str], object]
"""The first cells of a row, and what its other cells have in common."""


@dataclass(frozen=True)
class Table:
    """A table with one cell for each row and each value of one more setting.

    Parameters
    ----------
    header
        Names of the first columns, and a format for the names of the others.
    cell
        A function of what a row has in common and of a value of the setting, to the text of a cell.
    """

    header: Sequence[str]
    settings: Sequence[object]
    rows: Sequence[Row]
    cell: Callable[[object, object], str]

    def markdown(self) -> str:
        """The table, with every cell simulated."""
        header = [*self.header[:-1], *(self.header[-1].format(setting) for setting in self.settings)]
        cells = ([*first, *(self.cell(common, setting) for setting in self.settings)] for first, common in self.rows)
        return markdown_table(header, cells)


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def _rate(design: Design, seeds: int) -> str:
    return _percent(false_rate(replace(design, seeds=seeds), STUDIES))


def _bias(design: Design, seeds: int) -> str:
    gains = simulated(replace(design, seeds=seeds), 2 * STUDIES)
    return f"{np.mean([each.by_seed.mean() for each in gains]):+.3f}".replace("-", "−")


def _bias_and_rate(design: Design, seeds: int) -> str:
    return f"{_bias(design, seeds)}; {_rate(design, seeds)}"


def _gain(common: tuple[Design, int], seeds: int) -> str:
    design, claims = common
    return f"{needed_gain(replace(design, seeds=seeds), claims):.1f}"


def _varied(tasks: int) -> Design:
    """A study whose true gains differ between tasks, if there are several."""
    return Design(3, tasks, between_tasks=0.5 if tasks > 1 else 0.0)


_EQUAL = [
    ((f"{claims}", f"{tasks}", "alike"), Design(3, tasks, arms))
    for claims, arms in ARMS_OF_FAMILY.items()
    for tasks in TASKS
]
_DIFFERENT = [
    ((f"{claims}", f"{tasks}", "different"), Design(3, tasks, arms, between_tasks=2.0))
    for claims, arms in ARMS_OF_FAMILY.items()
    for tasks in TOGETHER
]
TABLES = {
    "families": Table(["Claims", "Tasks", "Tasks are", "{} seeds"], SEEDS, [*_EQUAL, *_DIFFERENT], _rate),
    "windows": Table(
        ["Error of windows", "{} seeds"],
        SEEDS,
        [((f"{windows:g}",), Design(3, 1, 4, windows=windows)) for windows in (0.0, 0.2, 0.5, 1.0, 2.0)],
        _rate,
    ),
    "choices": Table(
        ["Candidates", "Tasks", "{} seeds"],
        SEEDS,
        [
            ((f"{candidates}", f"{tasks}"), Design(3, tasks, candidates=candidates))
            for candidates in CANDIDATES
            for tasks in TASKS
        ],
        _rate,
    ),
    "ways to choose": Table(
        ["Chosen by", "Candidates", "{} seeds"],
        (3, 5, 10, 30),
        [
            ((way, f"{candidates}"), Design(3, 1, candidates=candidates, way=way, windows=0.0))
            for way in (HALF, OTHERS, ALL)
            for candidates in CANDIDATES
        ],
        _bias_and_rate,
    ),
    "shared windows": Table(
        ["Tasks", "Share of windows in common", "{} seeds"],
        SEEDS,
        [
            ((f"{tasks}", f"{shared:g}"), Design(3, tasks, shared=shared))
            for tasks in TOGETHER
            for shared in (0.25, 0.5, 1.0)
        ],
        _rate,
    ),
    "power": Table(
        ["Claim about", "Claims", "{} seeds"],
        SEEDS,
        [
            ((f"tasks like {tasks}" if tasks > 1 else "one task", f"{claims}"), (_varied(tasks), claims))
            for tasks in (1, *TOGETHER)
            for claims in ARMS_OF_FAMILY
        ],
        _gain,
    ),
    "AUROC": Table(
        ["Scores of positives", "Positives", "AUROC {}"],
        AUROCS,
        [((shape, f"{positives}"), (shape, positives)) for shape in SHAPES for positives in POSITIVES],
        lambda common, auroc: _percent(coverage(common[0], auroc, common[1], EXPERIMENTS)),
    ),
    "few positives": Table(
        ["AUROC", "Positives", "{} seeds"],
        (3, 5, 10),
        [
            ((f"{auroc:g}", f"{positives}"), (auroc, positives))
            for auroc in (0.85, 0.97, 0.99)
            for positives in (10, 30, 100)
        ],
        lambda common, seeds: _percent(false_line_rate(*common, seeds, 500)),
    ),
}

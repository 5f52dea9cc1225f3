"""The processor time and the memory of jobs, from the sizes of a run and what finished runs took."""

from __future__ import annotations

import csv
import math
from functools import cache
from pathlib import Path
from typing import NamedTuple

from .run import Run
from .sizes import Sizes

COSTS_FILE = Path(__file__).parents[2] / "resources/costs.tsv"
#: How much more jobs ask for than the fit says, and the least: machines differ, Snakemake itself takes 150 MB, and its
#: benchmarks look at the memory every half minute, so that they miss short peaks.
MEMORY_MARGIN, LEAST_MEGABYTES = 2.5, 1000
TIME_MARGIN, LEAST_MINUTES = 10, 15


class Cost(NamedTuple):
    """The cost of a job of a rule as a line: an amount for the start, and an amount for each megabase.

    Megabases are those of the windows of a task (``task``), of all tasks (``tasks``), or of a genome (``genome``).
    ``gigaops`` are billions of multiply-adds of networks, which ``seconds_each`` belongs to for rules that run them.
    """

    rule: str
    unit: str
    megabytes: float
    megabytes_each: float
    seconds: float
    seconds_each: float


@cache
def fitted_costs(file: Path = COSTS_FILE) -> dict[str, Cost]:
    """The fitted cost of each rule; docs/resources.md shows the measurements."""
    with file.open(encoding="utf-8", newline="") as table:
        rows = list(csv.reader(table, delimiter="\t"))[1:]
    return {rule: Cost(rule, unit, *map(float, numbers)) for rule, unit, *numbers in rows}


class Costs:
    """The memory and time that the jobs of a run ask for, which follow from the configuration alone."""

    def __init__(self, run: Run, sizes: Sizes) -> None:
        self.run, self.sizes = run, sizes

    def megabases(self, rule: str, **wildcards: str) -> float:
        """The size that the cost of a job of a rule depends on; 0 if it depends on none."""
        unit = fitted_costs()[rule].unit
        if unit in ("task", "gigaops"):
            return self.sizes.megabases[wildcards["task"]]
        if unit == "genome":
            return self.sizes.genomes[wildcards["genome"]]
        return self.sizes.total() if unit == "tasks" else 0.0

    def megabytes(self, rule: str, **wildcards: str) -> int:
        """The memory that the first attempt of a job asks for, in steps of 100 MB."""
        cost = fitted_costs()[rule]
        needed = cost.megabytes + cost.megabytes_each * self.megabases(rule, **wildcards)
        return max(LEAST_MEGABYTES, 100 * math.ceil(MEMORY_MARGIN * needed / 100))

    def minutes(self, rule: str, **wildcards: str) -> int:
        """The time that the first attempt of a job without networks asks for."""
        cost = fitted_costs()[rule]
        seconds = cost.seconds + cost.seconds_each * self.megabases(rule, **wildcards)
        return max(LEAST_MINUTES, math.ceil(TIME_MARGIN * seconds / 60))

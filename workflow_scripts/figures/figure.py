"""A figure of a run: its entry in the report, its inputs and settings, and the files that a run asks for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from plan import Plan
from plan.outputs import FORMATS

Copies = Callable[[Plan], Sequence[Mapping[str, str]]]


@dataclass(frozen=True)
class Figure:
    """A figure, or the copies of it for every task or arm.

    Attributes
    ----------
    name
        Name of the figure, of its caption's file and, after ``plot_``, of its rule.
    category, label
        Group of the figure in the report, and its title there; the title may have wildcards in braces.
    copies
        Function of the plan: the wildcards of every copy that the run asks for. A figure without wildcards has one
        copy, or none if the run has nothing to draw.
    inputs, params
        Functions of the plan: files and settings by the names of ``draw``'s parameters. Values may have wildcards in
        braces, or be functions of Snakemake's wildcards.
    module
        Module whose ``draw`` draws the figure; the name by default.
    path
        Path below ``figures/`` without suffix, wildcards in braces; the name by default.
    labels
        Further labels of the report by the title of their column.
    megabytes
        Memory of the first attempt.
    is_on_page
        Whether the page of results shows the figure.
    """

    name: str
    category: str
    label: str
    copies: Copies
    inputs: Callable[[Plan], Mapping[str, Any]]
    params: Callable[[Plan], Mapping[str, Any]] = lambda plan: {}
    module: str = ""
    path: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    megabytes: int = 2000
    is_on_page: bool = False

    @property
    def draws(self) -> str:
        """Name of the module that draws the figure."""
        return self.module or self.name

    @property
    def pattern(self) -> str:
        """Path of the figure in a run, without suffix, with its wildcards in braces."""
        return f"figures/{self.path or self.name}"

    @property
    def wildcards(self) -> list[str]:
        """Names of the wildcards in the path."""
        return re.findall(r"{(\w+)}", self.pattern)

    @property
    def job(self) -> str:
        """Name of its jobs' logs and benchmarks, without suffix, with its wildcards in braces."""
        of_copy = ".".join(f"{{{name}}}" for name in self.wildcards)
        return f"plot_{self.name}/{of_copy}" if of_copy else f"plot_{self.name}"

    @property
    def report_labels(self) -> dict[str, str]:
        """Labels of the figure in the report."""
        return {"figure": self.label} | self.labels

    def memory(self, wildcards: object, attempt: int) -> int:
        """Megabytes of memory at an attempt."""
        return self.megabytes * attempt

    def outputs(self, plan: Plan, formats: Sequence[str] = FORMATS) -> list[str]:
        """Files of all copies of the figure that the run asks for."""
        return [plan.run.path(f"{self.pattern.format(**copy)}.{end}") for copy in self.copies(plan) for end in formats]

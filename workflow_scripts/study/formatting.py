"""Text for sizes, scopes, claims and numbers, and Markdown tables."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from .evaluations import ALL

FEWEST = "fewest"
"""The size with the fewest training windows of each task, whatever its number."""

_OF_GROUP = "group "
"""The beginning of the scope of a claim on a group. Names of tasks have no space."""


ALL_TASKS = "all tasks"
"""The scope of a claim on all tasks of a run."""
_ALL, _TASKS = "all ", "tasks"


def scope_of_kind(kind: str) -> str:
    """The scope of all tasks of a kind, where a claim is tested on tasks of several kinds."""
    return f"{_ALL}{kind} {_TASKS}"


def is_of_all(scope: str) -> bool:
    """Return True for the scope of all tasks, or of all tasks of a kind; names of tasks have no spaces."""
    return scope.startswith(_ALL) and scope.endswith(_TASKS)


def group_scope(group: str) -> str:
    """The scope, in tables, of a claim on the tasks of a group together."""
    return _OF_GROUP + group


def is_of_group(scope: str) -> bool:
    """True for the scope of a group."""
    return scope.startswith(_OF_GROUP)


def scope_words(scope: str, tasks: int) -> str:
    """The scope of a claim, as text: a task alone, or tasks like several that were studied."""
    if is_of_group(scope):
        return f"the {tasks} tasks of {scope}"
    if is_of_all(scope):
        return f"{scope.removeprefix(_ALL)} like these {tasks}"
    return f"{scope} alone"


def size_words(size: str) -> str:
    """The number of training windows of a size, as text."""
    if size == ALL:
        return "all training windows"
    if size == FEWEST:
        return "the fewest training windows"
    return f"{int(size):,} training windows" if size.isdigit() else f"a share of {size} of the training windows"


def claim_sentence(better: str, than: str, size: str, wider_than: str = "") -> str:
    """The claim as a sentence without a full stop."""
    if wider_than:
        return f"{better} leads {than} by more with {size_words(size)} than with {size_words(wider_than)}"
    return f"{better} is better than {than} with {size_words(size)}"


def number(value: float, digits: int = 4, sign: bool = False) -> str:
    """``value`` with ``digits`` decimals; empty if it is missing."""
    if value is None or math.isnan(value):
        return ""
    return f"{value:{'+' if sign else ''}.{digits}f}".replace("-", "−")


def interval(low: float, high: float, digits: int = 4, sign: bool = True) -> str:
    """The text ``low to high``; empty if the interval is missing."""
    return "" if math.isnan(low) else f"{number(low, digits, sign)} to {number(high, digits, sign)}"


def p_value(p: float) -> str:
    """A p value with two digits; empty if it is missing."""
    return "" if math.isnan(p) else f"{p:.2g}"


def count(value: float) -> str:
    """A whole number; empty if it is missing."""
    return "" if value is None or math.isnan(value) else f"{int(value):,}"


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table whose columns of numbers are aligned on the right."""
    rows = list(rows)
    ruler = ["---:" if all(map(_is_number, column)) else "---" for column in zip(*rows, strict=True)]
    lines = [header, ruler or ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _is_number(cell: str) -> bool:
    return cell[:1] in "+−0123456789"

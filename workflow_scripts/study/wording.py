"""How sizes, claims and numbers are put into words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from .evaluations import ALL


def size_words(size: str) -> str:
    """``all``, ``1,000`` or ``a share of 0.5`` of the training windows."""
    if size == ALL:
        return "all training windows"
    if size.isdigit():
        return f"{int(size):,} training windows"
    return f"a share of {size} of the training windows" if size[0].isdigit() else size


def claim_sentence(better: str, than: str, size: str, wider_than: str = "") -> str:
    """The claim as a sentence without its full stop."""
    if wider_than:
        return f"{better} leads {than} by more with {size_words(size)} than with {size_words(wider_than)}"
    return f"{better} is better than {than} with {size_words(size)}"


def number(value: float, digits: int = 4, sign: bool = False) -> str:
    """``value`` with so many decimals; nothing for what is missing."""
    if value is None or math.isnan(value):
        return ""
    return f"{value:{'+' if sign else ''}.{digits}f}".replace("-", "−")


def interval(low: float, high: float, digits: int = 4) -> str:
    """``low to high``; nothing where it is missing."""
    return "" if math.isnan(low) else f"{number(low, digits, sign=True)} to {number(high, digits, sign=True)}"


def p_value(p: float) -> str:
    """To two digits."""
    return "" if math.isnan(p) else f"{p:.2g}"


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; texts on the left, all further columns on the right."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)

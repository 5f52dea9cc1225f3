"""Labels of classes: which texts are one label, and which are so alike that they must not be two classes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence

import pandas as pd

from workflow_support.errors import InputError

from .tables import as_number

_WHOLE_DECIMAL = re.compile(r"[+-]?\d+\.0*", re.ASCII)
"""A whole number as programs write it that read a column of classes as one of decimals."""
_YES_AND_NO = (("1", "true", "yes"), ("0", "false", "no"))
"""Labels that programs write for yes, and for no."""
_WORDS = {word for words in _YES_AND_NO for word in words if word.isalpha()}


def as_label(text: str) -> str:
    """The label that a cell means: 1.0 is 1, and True, TRUE and true are true, because programs write one as the other.

    Every other text is a label as it stands.
    """
    if _WHOLE_DECIMAL.fullmatch(text):
        return text.partition(".")[0]
    return text.lower() if text.lower() in _WORDS else text


def require_different(rows: pd.DataFrame, labels: Sequence[str]) -> None:
    """Refuse labels that could be two ways to write one class.

    Parameters
    ----------
    rows
        ``label, file, line``.
    labels
        The distinct labels.

    Raises
    ------
    InputError
        If two labels are one number (1 and 01), both mean yes or both no (1 and true), or differ only in capitals,
        blanks or the composition of accents. The error names the first row with the second of them.
    """
    for kind, key in _KINDS.items():
        seen: dict[object, str] = {}
        for label in labels:
            first = seen.setdefault(key(label), label)
            if first != label:
                row = rows[rows["label"] == label].iloc[0]
                raise InputError(
                    f"two labels {kind}",
                    file=row["file"],
                    line=int(row["line"]),
                    found=f"{label!r} here and {first!r} elsewhere",
                    allowed="one text per class; 1.0 is read as 1, and True as true",
                    fix="write the label of this class in one way",
                )


def _number(label: str) -> object:
    number = as_number(label)
    return label if number is None else number


def _meaning(label: str) -> object:
    return next((words for words in _YES_AND_NO if label in words), label)


def _letters(label: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", label).casefold().split())


_KINDS: dict[str, Callable[[str], object]] = {
    "are the same number": _number,
    "mean the same": _meaning,
    "differ only in capitals, blanks or the composition of letters": _letters,
}

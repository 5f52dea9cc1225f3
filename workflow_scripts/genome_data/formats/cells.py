"""Cells of tables of intervals: which are numbers, and what to do about wrong ones."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np


def is_whole_number(text: str, lowest: int = 0) -> bool:
    """Test whether a text is a whole number of at least ``lowest`` that fits into 64 bits."""
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdigit() and len(digits) < 19 and int(text) >= lowest


def is_number_or_dot(text: str) -> bool:
    """Test whether a text is a finite number, or a dot, which stands for none."""
    # Python also reads 1_000 and digits of other scripts as numbers; tables do not.
    if "_" in text or not text.isascii():
        return False
    try:
        return text == "." or bool(np.isfinite(float(text)))
    except ValueError:
        return False


def advice_on(text: str, cells: Sequence[str], column: int, *, is_first: bool) -> str:
    """Advice on a cell that cannot be read, given its line."""
    if re.fullmatch(r"[\d.]+e\+?\d+", text, re.IGNORECASE):
        return "R writes 100000 as 1e+05: set options(scipen = 999) before you write the table"
    if re.fullmatch(r"\d{1,3}(,\d{3})+", text):
        return "write positions without commas; in Excel, set the format of the cells to General before you save them"
    if re.fullmatch(r"\d+\.0*", text):
        return "write whole numbers; pandas adds .0 if a value of the column is missing: table.astype('Int64')"
    if column == 2 and len(cells) > 3 and all(map(is_whole_number, cells[2:4])):
        return "if the contig is in column 2, remove the first column, of bins of UCSC or names of rows: cut -f 2- FILE"
    if is_first and not any(map(is_number_or_dot, cells)):
        return "remove the line if it is a header, or call its columns of positions start and end"
    return "correct or remove the line; columns are those of BED or narrowPeak, separated by tabs"

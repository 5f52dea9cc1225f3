"""Tables of labels and of variants: their separator, their header, their cells, and which texts mean no value."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from workflow_support.errors import InputError
from workflow_support.job import logger

MISSING = frozenset({"", ".", "NA", "N/A", "n/a", "NaN", "nan", "<NA>", "#N/A", "#NA", "NULL", "null"})
"""Texts that mean no value in every table, as R, pandas, Excel and databases write it."""
_SEPARATORS = ("\t", ",", ";")
_SEQUENCE = re.compile(r"[ACGTN]{8,}", re.IGNORECASE)
_LONGEST_QUOTE = 200


class Table:
    """The rows of a text table, whose first row names the columns.

    Columns are separated by tabs if the first row contains one, else by commas if it contains one, else by semicolons.
    Cells may be in double quotes, and spaces around cells are ignored. Blank lines and lines that begin with ``##`` are
    skipped, and so is a ``#`` before the header.

    Attributes
    ----------
    header : list of str
    lines : list of int
        1-based line number of each row.
    rows : list of list of str
        The cells of each row.

    Raises
    ------
    InputError
        If a row cannot be read or differs from the header in its number of cells, or if a name is in the header twice.
    """

    def __init__(self, path: str | Path, lines: Sequence[str]) -> None:
        self.path = Path(path)
        # Skipped lines stay as blank ones, so that lines keep their numbers.
        kept = ["" if line.startswith("##") else line for line in lines]
        first = next((line for line in kept if line.strip()), "")
        separator = next((each for each in _SEPARATORS if each in first), ",")
        numbered = list(_cells(self.path, kept, separator))
        self._first_line, self.header = numbered[0] if numbered else (1, [])
        if self.header:
            self.header[0] = self.header[0].removeprefix("#").lstrip()
        self.lines, self.rows = [line for line, _ in numbered[1:]], [cells for _, cells in numbered[1:]]
        self._refuse_uneven_rows()
        self._refuse_equal_names()

    def texts(self, column: str | int) -> list[str]:
        """The cells of a column, by name or by number from 1."""
        index = self.position(column)
        texts = [row[index] for row in self.rows]
        spread = next((row for row, text in enumerate(texts) if "\n" in text), None)
        if spread is not None:
            raise InputError(
                "a cell goes over several lines",
                file=self.path,
                line=self.lines[spread],
                found=repr(quote(texts[spread])),
                allowed="cells without line breaks in the columns that are used",
                fix="close the quotes in this row or in a row above it",
            )
        return texts

    def position(self, column: str | int) -> int:
        """The index of a column, given by name or by number from 1."""
        if isinstance(column, int) and column <= len(self.header):
            return column - 1
        if column in self.header:
            self._refuse_twice(column)
            return self.header.index(column)
        if any(map(_is_data, self.header)):
            raise InputError(
                f"the file has no header, and so no column {column!r}: its first row contains data",
                file=self.path,
                found=quote(", ".join(self.header)),
                allowed="a first row that names the columns",
                fix="put a line with the names of the columns above it",
            )
        raise InputError(
            f"the file has no column {column!r}",
            file=self.path,
            found=quote(", ".join(self.header)) or "only blank lines",
            allowed="columns separated by tabs, commas or semicolons, whose names are in the first row",
            fix="give names of the header in the configuration, or rename the columns of the file",
        )

    def take_header_as_row(self) -> None:
        """Take the first row for data, in a table whose columns are known by number."""
        self.lines, self.rows = [self._first_line, *self.lines], [self.header, *self.rows]
        logger.info("%s: has no header; all %s rows are data", self.path, f"{len(self.rows):,}")
        self.header = [""] * len(self.header)

    def _refuse_uneven_rows(self) -> None:
        widths = [len(row) for row in self.rows]
        uneven = next((row for row, width in enumerate(widths) if width != len(self.header)), None)
        if uneven is None:
            return
        fix = "complete the row, or put a cell that contains the separator into quotes"
        if set(widths) == {len(self.header) + 1}:
            fix = "name the first column, too (R: write.table with row.names = FALSE)"
        raise InputError(
            "a row and the header differ in their number of cells",
            file=self.path,
            line=self.lines[uneven],
            found=f"{widths[uneven]} cells",
            allowed=f"{len(self.header)} cells: {quote(', '.join(self.header))}",
            fix=fix,
        )

    def _refuse_equal_names(self) -> None:
        # The first row of a file without a header may hold equal cells.
        if not any(map(_is_data, self.header)):
            for name in self.header:
                self._refuse_twice(name)

    def _refuse_twice(self, name: str) -> None:
        if not name or self.header.count(name) == 1:
            return
        raise InputError(
            f"the file has more than one column {name!r}",
            file=self.path,
            found=quote(", ".join(self.header)),
            allowed="a name of its own for each column",
            fix="rename or remove one of the two columns",
        )


def _cells(path: Path, lines: Sequence[str], separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line number and the cells of each row that is not blank."""
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=separator, strict=True, skipinitialspace=True)
    try:
        for cells in reader:
            if cells and (len(cells) > 1 or cells[0].strip()):
                yield reader.line_num, [cell.strip() for cell in cells]
    except csv.Error as error:
        raise InputError(
            "a row cannot be read",
            file=path,
            line=reader.line_num,
            found=error,
            allowed="cells without quotes, or cells in double quotes",
            fix="close the quotes in this row or in a row above it",
        ) from None


def _is_data(cell: str) -> bool:
    return as_number(cell) is not None or is_sequence(cell)


def is_sequence(cell: str) -> bool:
    """Return True if a cell is a sequence of bases rather than a word such as TAG."""
    return _SEQUENCE.fullmatch(cell) is not None


def as_number(text: str) -> float | None:
    """The finite number that a cell gives, or None if it is none."""
    # Python also reads 1_000 and digits of other scripts as numbers; tables do not.
    if "_" in text or not text.isascii():
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if np.isfinite(value) else None


def quote(text: str) -> str:
    """The beginning of a text, for an error message."""
    return text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + "…"

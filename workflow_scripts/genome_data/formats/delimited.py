"""Reader of text tables of intervals, line by line and column by column; errors name the line."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_support.errors import InputError
from workflow_support.job import logger

from .cells import advice_on, is_number_or_dot, is_whole_number
from .other_texts import is_data, refuse_other_texts
from .text import read_lines

START_TITLES = {"start", "chromstart", "chrom_start", "begin", "start_position", "genostart", "txstart"}
END_TITLES = {"end", "chromend", "chrom_end", "stop", "end_position", "genoend", "txend"}
_FEWEST_COLUMNS = 3
_SEQUENCES_OF_GFF = "##FASTA"
"""The line of a GFF3 file below which there are sequences."""


class DelimitedFile:
    """The data lines of a table of intervals, without comments, header, ``track`` and ``browser`` and blank lines.

    Columns are separated by tabs, or by spaces if the first data line contains no tab, or by commas below a header
    with commas. They are numbered from 1, as in the descriptions of formats. Cells may be in double quotes. Columns at
    the end that are empty in every line, as a trailing tab makes them, are no columns.

    Attributes
    ----------
    path : Path
    columns : int
        Number of columns, the same in every line.
    titles : list of str
        The titles of the columns in lower case; empty if the file has no header.
    has_commas : bool
        Whether commas separate the columns.
    track_type : str
        The type that a ``track`` line names, such as ``narrowPeak``; empty if there is none.
    lines : numpy.ndarray
        1-based line number of each row in the file: int64 (rows,).

    Raises
    ------
    InputError
        If the file cannot be read, contains no interval, has fewer than three columns, or if their number changes.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        lines, remarks = read_lines(path)
        # Trailing spaces have no meaning, but a trailing tab ends an empty column.
        lines = [line.rstrip(" ") for line in lines]
        if _SEQUENCES_OF_GFF in lines:
            remarks.append("the sequences below its features")
            lines = lines[: lines.index(_SEQUENCES_OF_GFF)]
        refuse_other_texts(self.path, lines)
        rows = [row for row, line in enumerate(lines) if is_data(line)]
        self.titles, self.has_commas = [], False
        if rows:
            comments = [line for line in lines[: rows[0]] if line.startswith("#")]
            if _is_header(lines[rows[0]]):
                self._take_header(lines[rows.pop(0)])
            elif comments and _is_header(comments[-1]):
                self._take_header(comments[-1])
        if len(rows) < len(lines):
            remarks.append(f"{len(lines) - len(rows):,} blank, comment, header, track or browser lines")
        if not rows:
            raise InputError(
                "the file contains no interval",
                file=path,
                found="no line of data",
                allowed="at least one line: contig, start, end",
                fix="give the right file, or make it again",
            )
        self.track_type = _track_type(lines[: rows[0]])
        self.lines = np.array(rows) + 1
        self._data = _tab_separated([lines[row] for row in rows], self.has_commas)
        self.columns = self._require_even_columns()
        self.titles = self._fitting_titles()
        if self.columns < self._data[0].count("\t") + 1:
            remarks.append("empty columns at the end of lines")
        self._table = "\n".join(self._data)
        if remarks:
            logger.info("%s: read with %s", path, ", ".join(remarks))

    def __len__(self) -> int:
        return len(self._data)

    def sample(self, most: int = 2000) -> list[list[str]]:
        """The cells of rows that are spread evenly over the file, ``most`` at most."""
        rows = np.unique(np.linspace(0, len(self) - 1, min(most, len(self))).astype(int))
        return [self._data[row].split("\t") for row in rows.tolist()]

    def texts(self, column: int) -> np.ndarray:
        """The texts of a column: object (rows,)."""
        return self._column(column, dtype=str).astype(object)

    def whole_numbers(self, column: int, name: str, lowest: int = 0) -> np.ndarray:
        """A column of whole numbers of at least ``lowest``: int64 (rows,); an `InputError` names the first other."""
        # The type is inferred because pandas would also accept 10.0 and 1e3 as whole numbers.
        values = self._column(column)
        is_usable = values.dtype == np.int64 and bool((values >= lowest).all())
        if not is_usable:
            self._refuse_first(
                column, name, lambda text: is_whole_number(text, lowest), f"a whole number, {lowest} or more"
            )
        return values

    def numbers(self, column: int, name: str) -> np.ndarray:
        """A column of finite numbers, NaN for a dot: float64 (rows,); an `InputError` names the first other value."""
        try:
            values = self._column(column, dtype=np.float64, na_values=["."])
            is_usable = bool((self.texts(column)[~np.isfinite(values)] == ".").all())
        except ValueError:
            is_usable = False
        if not is_usable:
            self._refuse_first(column, name, is_number_or_dot, "a finite number, or a dot for none")
        return values

    def error(self, row: int, problem: str, *, found: object, allowed: object, fix: str) -> InputError:
        """An `InputError` that names the line of a row."""
        return InputError(problem, file=self.path, line=int(self.lines[row]), found=found, allowed=allowed, fix=fix)

    def _column(self, column: int, **options: object) -> np.ndarray:
        table = pd.read_csv(
            io.StringIO(self._table),
            sep="\t",
            header=None,
            names=range(self._widest),
            usecols=[column - 1],
            keep_default_na=False,
            skip_blank_lines=False,
            quoting=csv.QUOTE_NONE,
            low_memory=False,
            **options,
        )
        return table[column - 1].to_numpy()

    def _take_header(self, line: str) -> None:
        self.has_commas = "\t" not in line and "," in line
        self.titles = _titles(line)

    def _fitting_titles(self) -> list[str]:
        """The titles, one for each column; empty if the header has another number of them.

        R writes the names of rows without a title for their column.
        """
        titles = self.titles[: self.columns]
        if len(titles) == self.columns - 1:
            first = self._data[0].split("\t")
            start = next(column for column, title in enumerate(titles) if title in START_TITLES)
            titles = [*titles, ""] if is_whole_number(first[start]) else ["", *titles]
        return titles if len(titles) == self.columns else []

    def _require_even_columns(self) -> int:
        """The number of columns up to the last one that is not empty, which every line must have."""
        counts = [line.count("\t") + 1 for line in self._data]
        self._widest = max(counts)
        if counts[0] < _FEWEST_COLUMNS:
            raise self.error(
                0,
                "the line has too few columns",
                found=f"{counts[0]}: {self._data[0][:60]!r}",
                allowed="contig, start and end, separated by tabs (or by spaces in the whole file)",
                fix="export the intervals as BED or narrowPeak, with tabs; chr1:101-200 is chr1, 100, 200 in BED",
            )
        columns = max(_FEWEST_COLUMNS, *(line.rstrip("\t").count("\t") + 1 for line in self._data))
        if min(counts) < columns:
            row = next(row for row, count in enumerate(counts) if count != counts[0])
            fix = "give every line the same columns; the file may be cut off, or be two files joined together"
            if set(counts[1:]) == {counts[0] + 1}:
                fix = "if the first line is a header of R, write the table with row.names = FALSE, col.names = FALSE"
            raise self.error(
                row,
                "the number of columns changes",
                found=f"{counts[row]} columns: {self._data[row][:60]!r}",
                allowed=f"{counts[0]} columns, as in line {self.lines[0]}",
                fix=fix,
            )
        return columns

    def _refuse_first(self, column: int, name: str, is_valid: Callable[[str], bool], allowed: str) -> None:
        texts = (line.split("\t")[column - 1] for line in self._data)
        row, text = next((row, text) for row, text in enumerate(texts) if not is_valid(text))
        raise self.error(
            row,
            f"the {name} cannot be used",
            found=f"{text!r} in column {column}",
            allowed=allowed,
            fix=advice_on(text, self._data[row].split("\t"), column, is_first=row == 0),
        )


def _is_header(line: str) -> bool:
    titles = set(_titles(line))
    return bool(titles & START_TITLES) and bool(titles & END_TITLES)


def _titles(line: str) -> list[str]:
    line = line.lstrip("# ").lower()
    separator = next((each for each in "\t," if each in line), None)
    return [title.strip(' "') for title in line.split(separator)]


def _track_type(lines: Sequence[str]) -> str:
    words = [word for line in lines if line.startswith("track") for word in line.split()]
    return next((word.removeprefix("type=").strip("\"'") for word in words if word.startswith("type=")), "")


def _tab_separated(lines: list[str], has_commas: bool) -> list[str]:
    """The lines with a tab between columns, and without quotes around cells."""
    separator = "," if has_commas else "\t" if "\t" in lines[0] else " "
    is_quoted = lines[0].startswith('"') or f'{separator}"' in lines[0]
    if has_commas or is_quoted:
        cells = (next(csv.reader([line], delimiter=separator, skipinitialspace=True)) for line in lines)
        return ["\t".join(cell.replace("\t", " ") for cell in row) for row in cells]
    return lines if separator == "\t" else ["\t".join(line.split()) for line in lines]

"""Readers of BED files and similar formats, column by column; errors name the line."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_support.errors import InputError
from workflow_support.job import logger

from ..intervals.contigs import place
from .text import read_lines

_FEWEST_COLUMNS = 3
_START_TITLES = {"start", "chromstart", "chrom_start", "begin"}
_END_TITLES = {"end", "chromend", "chrom_end", "stop"}


class BedFile:
    """The data lines of a BED file, without comments, header, ``track`` and ``browser`` lines and blank lines.

    Columns are separated by tabs, or by spaces if the first data line contains no tab. They are numbered from 1, as in
    the description of the format (UCSC Genome Browser; narrowPeak: ENCODE).

    Attributes
    ----------
    path : Path
    columns : int
        Number of columns, the same in every line.
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
        rows = [row for row, line in enumerate(lines) if _is_data(line)]
        if rows and _is_header(lines[rows[0]]):
            del rows[0]
        if len(rows) < len(lines):
            remarks.append(f"{len(lines) - len(rows):,} blank, comment, header, track or browser lines")
        if remarks:
            logger.info("%s: read with %s", path, ", ".join(remarks))
        if not rows:
            raise InputError(
                "the file contains no interval",
                file=path,
                found="no line of data",
                allowed="at least one line: contig, start, end",
                fix="give the right file, or make it again",
            )
        self.lines = np.array(rows) + 1
        self._data = [lines[row] for row in rows]
        if "\t" not in self._data[0]:
            self._data = ["\t".join(line.split()) for line in self._data]
        self.columns = self._data[0].count("\t") + 1
        self._require_even_columns()
        self._table = "\n".join(self._data)

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
                column, name, lambda text: _is_whole_number(text, lowest), f"a whole number, {lowest} or more"
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
            self._refuse_first(column, name, _is_number_or_dot, "a finite number, or a dot for none")
        return values

    def error(self, row: int, problem: str, *, found: object, allowed: object, fix: str) -> InputError:
        """An `InputError` that names the line of a row."""
        return InputError(problem, file=self.path, line=int(self.lines[row]), found=found, allowed=allowed, fix=fix)

    def _column(self, column: int, **options: object) -> np.ndarray:
        table = pd.read_csv(
            io.StringIO(self._table),
            sep="\t",
            header=None,
            usecols=[column - 1],
            keep_default_na=False,
            skip_blank_lines=False,
            quoting=csv.QUOTE_NONE,
            low_memory=False,
            **options,
        )
        return table[column - 1].to_numpy()

    def _require_even_columns(self) -> None:
        if self.columns < _FEWEST_COLUMNS:
            raise self.error(
                0,
                "the line has too few columns",
                found=f"{self.columns}: {self._data[0][:60]!r}",
                allowed="contig, start and end, separated by tabs (or by spaces in the whole file)",
                fix="export the intervals as BED or narrowPeak, with tabs",
            )
        tabs = self.columns - 1
        row = next((row for row, line in enumerate(self._data) if line.count("\t") != tabs), None)
        if row is not None:
            raise self.error(
                row,
                "the number of columns changes",
                found=f"{self._data[row].count(chr(9)) + 1} columns: {self._data[row][:60]!r}",
                allowed=f"{self.columns} columns, as in line {self.lines[0]}",
                fix="give every line the same columns; the file may be cut off, or be two files joined together",
            )

    def _refuse_first(self, column: int, name: str, is_valid: Callable[[str], bool], allowed: str) -> None:
        texts = (line.split("\t")[column - 1] for line in self._data)
        row, text = next((row, text) for row, text in enumerate(texts) if not is_valid(text))
        raise self.error(
            row,
            f"the {name} cannot be used",
            found=f"{text!r} in column {column}",
            allowed=allowed,
            fix="correct or remove the line; columns are those of BED or narrowPeak, separated by tabs",
        )


def bed_intervals(bed: BedFile) -> pd.DataFrame:
    """The validated intervals of a BED file: ``contig, start, end, line``."""
    contigs = bed.texts(1)
    starts, ends = bed.whole_numbers(2, "start"), bed.whole_numbers(3, "end")
    for bad, problem, allowed in (
        (contigs == "", "the contig has no name", "a name in column 1"),
        (starts >= ends, "the interval is empty or backwards", "start < end (0-based start, end not included)"),
    ):
        if bad.any():
            row = int(np.argmax(bad))
            raise bed.error(
                row,
                problem,
                found=f"{contigs[row]!r} {starts[row]}-{ends[row]}",
                allowed=allowed,
                fix="correct or remove the line; for a single base at position p, write p, p + 1",
            )
    return pd.DataFrame({"contig": contigs, "start": starts, "end": ends, "line": bed.lines}).astype({"contig": "str"})


def interval_names(bed: BedFile, otherwise: Sequence[str]) -> np.ndarray:
    """The names in column 4, or those of ``otherwise`` if it is absent, empty or a dot: object (rows,)."""
    substitutes = np.array(otherwise, dtype=object)
    if bed.columns < 4:
        return substitutes
    names = bed.texts(4)
    return np.where((names == ".") | (names == ""), substitutes, names)


def read_intervals(path: str | Path) -> pd.DataFrame:
    """Read the first three columns of a BED file: ``contig, start, end, line``."""
    return bed_intervals(BedFile(path))


def read_mask(path: str | Path, sizes: Mapping[str, int]) -> pd.DataFrame:
    """Read regions to be avoided, with the names of the genome; an `InputError` if none can lie on the genome."""
    return place(read_intervals(path), sizes, path, "intervals", is_mask=True).intervals


def _is_data(line: str) -> bool:
    if not line or line[0] == "#":
        return False
    return not (line.startswith(("track", "browser")) and line.split(None, 1)[0] in ("track", "browser")) and (
        not line.isspace()
    )


def _is_header(line: str) -> bool:
    titles = line.lower().split()
    return len(titles) >= _FEWEST_COLUMNS and titles[1] in _START_TITLES and titles[2] in _END_TITLES


def _is_whole_number(text: str, lowest: int) -> bool:
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdigit() and len(digits) < 19 and int(text) >= lowest


def _is_number_or_dot(text: str) -> bool:
    # Python also reads 1_000 and digits of other scripts as numbers; tables do not.
    if "_" in text or not text.isascii():
        return False
    try:
        return text == "." or bool(np.isfinite(float(text)))
    except ValueError:
        return False

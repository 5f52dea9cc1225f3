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

from .text import read_lines

START_TITLES = {"start", "chromstart", "chrom_start", "begin", "start_position", "genostart", "txstart"}
END_TITLES = {"end", "chromend", "chrom_end", "stop", "end_position", "genoend", "txend"}
_FEWEST_COLUMNS = 3
_OTHER_TEXTS = {
    "##fileformat=VCF": ("a VCF file of variants", "give the peaks or regions; variants go under `variants:`"),
    ">": ("a FASTA file", "give the peaks or regions; sequences to score go under `sequences:` of `predict:`"),
    "@HD\t": ("a SAM file of reads", "give the peaks that a peak caller, such as MACS, found in the reads"),
    "@SQ\t": ("a SAM file of reads", "give the peaks that a peak caller, such as MACS, found in the reads"),
    "fixedStep": ("a wiggle track", "give the peaks; a track of values goes under `signal:`, as bigWig"),
    "variableStep": ("a wiggle track", "give the peaks; a track of values goes under `signal:`, as bigWig"),
}


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
        self._refuse_other_texts(lines)
        rows = [row for row, line in enumerate(lines) if _is_data(line)]
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

    def _refuse_other_texts(self, lines: Sequence[str]) -> None:
        begins = (next((row for row, line in enumerate(lines) if holds(line)), None) for holds in (str.strip, _is_data))
        found = (
            (row, start) for row in begins if row is not None for start in _OTHER_TEXTS if lines[row].startswith(start)
        )
        row, start = next(found, (None, None))
        if row is not None:
            what, fix = _OTHER_TEXTS[start]
            raise InputError(
                "the file is no table of intervals",
                file=self.path,
                line=row + 1,
                found=what,
                allowed="BED, narrowPeak or another table of peaks or regions (docs/inputs.md)",
                fix=fix,
            )

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
            raise self.error(
                row,
                "the number of columns changes",
                found=f"{counts[row]} columns: {self._data[row][:60]!r}",
                allowed=f"{counts[0]} columns, as in line {self.lines[0]}",
                fix="give every line the same columns; the file may be cut off, or be two files joined together",
            )
        return columns

    def _refuse_first(self, column: int, name: str, is_valid: Callable[[str], bool], allowed: str) -> None:
        texts = (line.split("\t")[column - 1] for line in self._data)
        row, text = next((row, text) for row, text in enumerate(texts) if not is_valid(text))
        fix = "correct or remove the line; columns are those of BED or narrowPeak, separated by tabs"
        if row == 0 and not any(map(is_number_or_dot, self._data[0].split("\t"))):
            fix = "remove the line if it is a header, or call its columns of positions start and end"
        if "e+" in text.lower():
            fix = "R writes 100000 as 1e+05: set options(scipen = 999) before you write the table"
        raise self.error(
            row, f"the {name} cannot be used", found=f"{text!r} in column {column}", allowed=allowed, fix=fix
        )


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


def _is_data(line: str) -> bool:
    if not line or line[0] == "#":
        return False
    return not (line.startswith(("track", "browser")) and line.split(None, 1)[0] in ("track", "browser")) and (
        not line.isspace()
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

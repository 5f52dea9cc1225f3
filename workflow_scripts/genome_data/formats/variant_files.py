"""Readers of variants in VCF files and in tables, with one row per alternative allele.

Both readers return ``contig, position, reference, alternative, effect_allele, effect, p_value, line``. Positions are
1-based and alleles in upper case. If the file gives none, ``reference`` and ``effect_allele`` are empty, and ``effect``
and ``p_value`` are NaN. ``effect`` is the effect of ``effect_allele``, or of the alternative if that is empty.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workflow_support.errors import InputError
from workflow_support.job import logger

from .text import read_lines

VARIANT_COLUMNS = ["contig", "position", "reference", "alternative", "effect_allele", "effect", "p_value", "line"]
_VCF_START = "##fileformat=VCF"
_VCF_FIELDS = 5
_NOTHING = {"", ".", "NA", "NaN", "nan"}
_PSEUDO_READS = 0.5
"""Number that is added to the reads of each allele, so that the logit of 0 of n reads is finite (Haldane 1956;
Anscombe 1956)."""


def read_vcf(path: str | Path) -> pd.DataFrame:
    """Read a VCF file, plain or compressed; a record with several alternatives becomes one row for each.

    Raises
    ------
    InputError
        If the file is no VCF, contains no record, or if a record cannot be read.
    """
    lines = _read(path)
    if not lines[0].startswith(_VCF_START):
        raise InputError(
            "the file is no VCF",
            file=path,
            line=1,
            found=repr(lines[0][:60]),
            allowed=f"{_VCF_START}... in the first line",
            fix="give the columns of the table under `columns:`, or a VCF with its header",
        )
    rows = []
    for number, line in enumerate(lines, start=1):
        if not line or line[0] == "#":
            continue
        fields = line.split("\t", _VCF_FIELDS)
        _require_fields(len(fields) >= _VCF_FIELDS, path, number, len(fields), f"at least {_VCF_FIELDS}")
        contig, position, _, reference, alternatives = fields[:_VCF_FIELDS]
        # Position 0 is the telomere before the first base (VCF 4.4, 1.6.1).
        place = contig, _whole_number(position, 0, path, number), reference.upper()
        rows += [(*place, allele.upper(), "", np.nan, np.nan, number) for allele in alternatives.split(",")]
    return _frame(rows, path)


def read_variant_table(path: str | Path, columns: Mapping[str, Any]) -> pd.DataFrame:
    """Read a tab-separated table with a header and one variant per row.

    Parameters
    ----------
    columns
        Names of the columns: ``contig``, ``position`` (1-based), ``alternative`` and, if the table has them,
        ``reference``, ``effect_allele``, ``p_value`` and ``effect``. Instead of a column, ``effect`` may be a mapping
        ``{after, before}`` to columns with frequencies of the effect allele: the effect is logit(after) -
        logit(before). The mapping may also contain ``depth``, a column with the number of reads behind ``after``: half
        a read is then added to the reads of each allele. Without it, a frequency of 0 or 1 gives no effect.

    Raises
    ------
    InputError
        If the file lacks a column, contains no variant, or if a value cannot be read.
    """
    lines = _read(path)
    data = [(number, line) for number, line in enumerate(lines, start=1) if line.strip() and line[:2] != "##"]
    header = data[0][1].removeprefix("#").split("\t") if data else []
    table = _Table(Path(path), header, data[1:])
    rows = len(table.rows)
    nothing, unknown = [""] * rows, [np.nan] * rows
    return _frame(
        zip(
            table.texts(columns["contig"]),
            table.values(columns["position"], lambda text, line: _whole_number(text, 1, path, line)),
            table.alleles(columns["reference"]) if "reference" in columns else nothing,
            table.alleles(columns["alternative"]),
            table.alleles(columns["effect_allele"]) if "effect_allele" in columns else nothing,
            _effects(table, columns["effect"]) if "effect" in columns else unknown,
            table.numbers(columns["p_value"], 0, 1) if "p_value" in columns else unknown,
            table.lines,
            strict=True,
        ),
        path,
    )


class _Table:
    """The rows of a table, whose columns are read by name."""

    def __init__(self, path: Path, header: list[str], data: list[tuple[int, str]]) -> None:
        self.path, self.header = path, header
        self.lines = [number for number, _ in data]
        self.rows = [line.split("\t") for _, line in data]
        for number, row in zip(self.lines, self.rows, strict=True):
            _require_fields(len(row) == len(header), path, number, len(row), f"{len(header)}, as in the header")

    def texts(self, column: str) -> list[str]:
        if column not in self.header:
            raise InputError(
                f"the table has no column {column!r}",
                file=self.path,
                found=", ".join(self.header),
                allowed="columns separated by tabs, with their names in the first line",
                fix="give names of the header under `columns:`",
            )
        index = self.header.index(column)
        return [row[index].strip() for row in self.rows]

    def alleles(self, column: str) -> list[str]:
        return [text.upper() for text in self.texts(column)]

    def values(self, column: str, read: Callable[[str, int], Any]) -> list[Any]:
        return [read(text, line) for text, line in zip(self.texts(column), self.lines, strict=True)]

    def numbers(self, column: str, lowest: float, highest: float) -> np.ndarray:
        """A column of numbers within bounds, NaN if there is none: float64 (rows,)."""
        read = self.values(column, lambda text, line: _number(text, lowest, highest, self.path, line))
        return np.array(read, dtype=np.float64)


def _effects(table: _Table, effect: str | Mapping[str, str]) -> np.ndarray:
    if isinstance(effect, str):
        return table.numbers(effect, -np.inf, np.inf)
    after, before = table.numbers(effect["after"], 0, 1), table.numbers(effect["before"], 0, 1)
    if "depth" in effect:
        depth = table.numbers(effect["depth"], 0, np.inf)
        after = (after * depth + _PSEUDO_READS) / (depth + 2 * _PSEUDO_READS)
    effects = _logit(after) - _logit(before)
    return np.where(np.isfinite(effects), effects, np.nan)


def _logit(frequencies: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.log(frequencies) - np.log1p(-frequencies)


def _read(path: str | Path) -> list[str]:
    lines, remarks = read_lines(path)
    if remarks:
        logger.info("%s: read with %s", path, ", ".join(remarks))
    return lines


def _frame(rows: Any, path: str | Path) -> pd.DataFrame:
    variants = pd.DataFrame(list(rows), columns=VARIANT_COLUMNS)
    if variants.empty:
        raise InputError(
            "the file contains no variant",
            file=path,
            found="no line of data",
            allowed="at least one variant",
            fix="give the right file, or make it again",
        )
    texts = ["contig", "reference", "alternative", "effect_allele"]
    return variants.astype(dict.fromkeys(texts, "str"))


def _whole_number(text: str, lowest: int, path: str | Path, line: int) -> int:
    if text.isascii() and text.isdigit() and len(text) < 19 and int(text) >= lowest:
        return int(text)
    raise _unreadable("position", text, f"a whole number, {lowest} or more", path, line)


def _number(text: str, lowest: float, highest: float, path: str | Path, line: int) -> float:
    if text in _NOTHING:
        return np.nan
    try:
        value = float(text)
    except ValueError:
        value = np.nan
    if np.isfinite(value) and lowest <= value <= highest:
        return value
    raise _unreadable("number", text, f"a finite number from {lowest:g} to {highest:g}, or NA", path, line)


def _unreadable(what: str, text: str, allowed: str, path: str | Path, line: int) -> InputError:
    return InputError(
        f"the {what} cannot be used",
        file=path,
        line=line,
        found=repr(text),
        allowed=allowed,
        fix="correct or remove the line, or give another column",
    )


def _require_fields(holds: bool, path: str | Path, line: int, found: int, allowed: str) -> None:
    if not holds:
        raise InputError(
            "the line has the wrong number of columns",
            file=path,
            line=line,
            found=f"{found} columns",
            allowed=allowed,
            fix="separate columns by tabs; the file may be cut off, or be two files joined together",
        )

"""Readers of variants in VCF files and in tables, with one row per alternative allele.

Both readers return ``id, contig, position, reference, alternative, effect_allele, effect, p_value, line``. Positions
are 1-based and alleles in upper case. If the file gives none, ``id``, ``reference`` and ``effect_allele`` are empty,
and ``effect`` and ``p_value`` are NaN. ``effect`` is the effect of ``effect_allele``, or of the alternative if that is
empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workflow_support.errors import InputError
from workflow_support.job import logger

from .tables import MISSING, Table, as_number
from .text import read_lines

VARIANT_COLUMNS = ["id", "contig", "position", "reference", "alternative", "effect_allele", "effect", "p_value", "line"]
_VCF_START = "##fileformat=VCF"
_VCF_FIELDS = 5
_LOGICAL = {"TRUE", "FALSE"}
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
    header = next((line for line in lines if line.startswith("#CHROM")), None)
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line[0] == "#":
            continue
        fields = line.split("\t", _VCF_FIELDS)
        _require_fields(len(fields) >= _VCF_FIELDS, path, number, len(fields), f"at least {_VCF_FIELDS}")
        contig, position, identifier, reference, alternatives = fields[:_VCF_FIELDS]
        # Position 0 is the telomere before the first base (VCF 4.4, 1.6.1).
        place = _value(identifier), contig, _whole_number(position, 0, path, number), reference.upper()
        if header is not None:
            found, allowed = line.count("\t") + 1, header.count("\t") + 1
            _require_fields(found == allowed, path, number, found, f"{allowed}, as in the header")
        rows += [(*place, allele.upper(), "", np.nan, np.nan, number) for allele in alternatives.split(",")]
    return _frame(rows, path)


def read_variant_table(path: str | Path, columns: Mapping[str, Any]) -> pd.DataFrame:
    """Read a table (`genome_data.formats.tables`) with a header and one variant per row.

    Parameters
    ----------
    columns
        Names of the columns: ``contig``, ``position`` (1-based), ``alternative`` and, if the table has them, ``id``,
        ``reference``, ``effect_allele``, ``p_value`` and ``effect``. A missing value, such as NA, is none. Instead of a
        column, ``effect`` may be a mapping ``{after, before}`` to columns with frequencies of the effect allele: the
        effect is logit(after) - logit(before). The mapping may also contain ``depth``, a column with the number of
        reads behind ``after``: half a read is then added to the reads of each allele. Without it, a frequency of 0 or 1
        gives no effect.

    Raises
    ------
    InputError
        If the file lacks a column, contains no variant, or if a value cannot be read.
    """
    table = Table(path, _read(path))
    rows = len(table.rows)
    nothing, unknown = [""] * rows, [np.nan] * rows
    return _frame(
        zip(
            _values(table, columns["id"]) if "id" in columns else nothing,
            table.texts(columns["contig"]),
            _whole_numbers(table, columns["position"]),
            _alleles(table, columns["reference"]) if "reference" in columns else nothing,
            _alleles(table, columns["alternative"]),
            _alleles(table, columns["effect_allele"]) if "effect_allele" in columns else nothing,
            _effects(table, columns["effect"]) if "effect" in columns else unknown,
            _numbers(table, columns["p_value"], 0, 1) if "p_value" in columns else unknown,
            table.lines,
            strict=True,
        ),
        path,
    )


def _value(text: str) -> str:
    """The text of a cell, empty if it means no value."""
    return "" if text in MISSING else text


def _values(table: Table, column: str) -> list[str]:
    return [_value(text) for text in table.texts(column)]


def _alleles(table: Table, column: str) -> list[str]:
    texts = [text.upper() for text in _values(table, column)]
    if (row := next((row for row, text in enumerate(texts) if text in _LOGICAL), None)) is not None:
        raise InputError(
            "an allele is a logical value",
            file=table.path,
            line=table.lines[row],
            found=f"{table.texts(column)[row]!r} in the column {column!r}",
            allowed="bases, such as T",
            fix="R takes a column of T and F for TRUE and FALSE: read the table with colClasses = 'character'",
        )
    return texts


def _whole_numbers(table: Table, column: str) -> list[int]:
    return [
        _whole_number(text, 1, table.path, line) for text, line in zip(table.texts(column), table.lines, strict=True)
    ]


def _numbers(table: Table, column: str, lowest: float, highest: float) -> np.ndarray:
    """A column of numbers within bounds, NaN if there is none: float64 (rows,)."""
    texts = table.texts(column)
    numbers = [_number(text, lowest, highest, table.path, line) for text, line in zip(texts, table.lines, strict=True)]
    missing = sum(text in MISSING for text in texts)
    if missing:
        logger.info("%s: %s of %s rows have no %s", table.path, f"{missing:,}", f"{len(texts):,}", column)
    return np.array(numbers, dtype=np.float64)


def _effects(table: Table, effect: str | Mapping[str, str]) -> np.ndarray:
    if isinstance(effect, str):
        return _numbers(table, effect, -np.inf, np.inf)
    after, before = _numbers(table, effect["after"], 0, 1), _numbers(table, effect["before"], 0, 1)
    if "depth" in effect:
        depth = _numbers(table, effect["depth"], 0, np.inf)
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
    texts = ["id", "contig", "reference", "alternative", "effect_allele"]
    return variants.astype(dict.fromkeys(texts, "str"))


def _whole_number(text: str, lowest: int, path: str | Path, line: int) -> int:
    if text.isascii() and text.isdigit() and len(text) < 19 and int(text) >= lowest:
        return int(text)
    raise _unreadable("position", text, f"a whole number, {lowest} or more", path, line)


def _number(text: str, lowest: float, highest: float, path: str | Path, line: int) -> float:
    if text in MISSING:
        return np.nan
    value = as_number(text)
    if value is not None and lowest <= value <= highest:
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

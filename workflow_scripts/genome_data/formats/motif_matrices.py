"""The matrix of a motif, from rows of numbers in any orientation; counts and probabilities by their sums."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from workflow_support.errors import InputError
from workflow_support.job import logger

FORMATS = "a matrix in the format of JASPAR, TRANSFAC, MEME, HOMER or CIS-BP, or four rows or columns of numbers"
_BASES = "ACGT"
_UNIT_TOLERANCE = 0.05
"""Distance from 1 up to which the sum of a position is that of probabilities, rounded to two digits or more."""
_ROUNDING = 0.002
"""Distance from 1 that the log does not mention: that of probabilities rounded to three digits."""
_BASE_ROW = re.compile(r"([A-Za-z])(?=[\s:|=\[])\s*[:|=]?\s*(\[)?\s*([^\[\]]*?)\s*(?(2)\])")

Numbered = list[tuple[int, str]]
"""Lines with their 1-based numbers."""


class Matrix(NamedTuple):
    """The matrix of one motif.

    Attributes
    ----------
    accession, name
        The first word and the rest of its title; both are the first word if there is no other.
    values
        Counts or probabilities of A, C, G and T: float64 (width, 4).
    sites
        Number of sites behind probabilities, 0 if the file does not give it. None if ``values`` are counts.
    line
        1-based line of its title.
    """

    accession: str
    name: str
    values: np.ndarray
    sites: float | None
    line: int


def matrix_of(
    path: Path,
    words: Sequence[str],
    rows: Numbered,
    line: int,
    sites: float | None,
    *,
    in_rows: bool = False,
    of_counts: bool = False,
) -> Matrix:
    """The matrix in ``rows``; ``in_rows`` if each is a position, ``of_counts`` if the format has no probabilities."""
    if not rows:
        raise malformed(path, line, f"no matrix for {' '.join(words)}")
    header = rows[0][1].upper().split()
    letters = header[1:] if header[0] in ("POS", "P0", "PO") else header
    if sorted(letters) == list(_BASES):
        values = _numbered_positions(path, rows, [letters.index(base) for base in _BASES], len(header) > 4)
    elif rows[0][1][0].isalpha():
        values, of_counts = _base_rows(path, rows), of_counts or line != rows[0][0]
    else:
        values = _bare(path, [(number, _numbers(path, number, text.split())) for number, text in rows], in_rows)
    is_of_counts = _holds_counts(path, rows, values, of_counts)
    if not is_of_counts:
        values, sites = values / values.sum(axis=1, keepdims=True), sites or 0
    return Matrix(words[0].strip(), words[-1].strip(), values, None if is_of_counts else sites, line)


def _base_rows(path: Path, rows: Numbered) -> np.ndarray:
    """Rows ``A [ 12 0 7 ]``, with or without brackets, one per base."""
    found: dict[str, list[float]] = {}
    for number, text in rows:
        row = _BASE_ROW.fullmatch(text)
        base = row[1].upper() if row else ""
        if base not in _BASES or base in found or not base:
            raise malformed(path, number, text, "one row each for A, C, G and T (write T for U)")
        found[base] = _numbers(path, number, row[3].split())
    widths = {base: len(values) for base, values in found.items()}
    if set(found) != set(_BASES) or len(set(widths.values())) != 1 or not widths["A"]:
        raise malformed(path, rows[-1][0], f"numbers by base: {widths}", "rows of one length for A, C, G and T")
    return np.array([found[base] for base in _BASES]).T


def _numbered_positions(path: Path, rows: Numbered, order: list[int], has_positions: bool) -> np.ndarray:
    """Rows of four numbers below a row of letters; after a position, and before a consensus, if there are any."""
    values = []
    first = int(rows[1][1].split()[0]) if has_positions and len(rows) > 1 else 0
    for position, (number, text) in enumerate(rows[1:], start=first):
        fields = text.split()
        if has_positions and int(fields.pop(0)) != position:
            raise malformed(path, number, text, f"position {position}: a row may be lost")
        if len(fields) == 5 and as_number(fields[4]) is None:
            fields.pop()
        if len(fields) != 4:
            raise malformed(path, number, text, f"four numbers, for {rows[0][1]!r}")
        values.append(_numbers(path, number, fields))
    if not values:
        raise malformed(path, rows[0][0], "no position", "a row of four numbers per position")
    return np.array(values)[:, order]


def _bare(path: Path, rows: list[tuple[int, list[float]]], in_rows: bool) -> np.ndarray:
    """Rows of numbers alone: one per position if each has four, or one per base if there are four."""
    lengths = {len(values) for _, values in rows}
    if len(lengths) != 1:
        number = next(number for number, values in rows if len(values) != len(rows[0][1]))
        raise malformed(path, number, "rows of different lengths", "rows of as many numbers each")
    values = np.array([values for _, values in rows])
    may_be = {"rows": values.shape[1] == 4, "columns": not in_rows and values.shape[0] == 4}
    if all(may_be.values()):
        # Four by four: the sums over bases are equal, those over positions are not.
        may_be = {
            "rows": np.ptp(values.sum(axis=1)) <= 0.01 * values.sum() / 4,
            "columns": np.ptp(values.sum(axis=0)) <= 0.01 * values.sum() / 4,
        }
    if sum(may_be.values()) != 1:
        raise malformed(path, rows[0][0], f"{values.shape[0]} rows of {values.shape[1]} numbers without letters")
    return values if may_be["rows"] else values.T


def _holds_counts(path: Path, rows: Numbered, values: np.ndarray, of_counts: bool) -> bool:
    sums = values.sum(axis=1)
    found = f"sums from {sums.min():g} to {sums.max():g} over {len(sums)} positions"
    if (values < 0).any():
        found, problem = f"{values.min():g}", "a motif has negative numbers, so it is one of log odds"
    elif (np.abs(sums - 1) <= _UNIT_TOLERANCE).all():
        if not of_counts:
            if (np.abs(sums - 1) > _ROUNDING).any():
                logger.info("%s: probabilities with sums from %g to %g are scaled to 1", path, sums.min(), sums.max())
            return False
        problem = "the columns of a count matrix sum to 1, so they are probabilities"
    elif (sums >= 2 - _UNIT_TOLERANCE).all():
        return True
    else:
        problem = "the sums of a motif fit neither counts of sites nor probabilities"
    raise InputError(
        problem,
        file=path,
        line=rows[0][0],
        found=found,
        allowed="numbers of sites with each base, which sum to 2 or more at every position; probabilities, which sum "
        "to 1, in MEME or HOMER format or without letters",
        fix="download the counts (JASPAR: format JASPAR), or give a MEME file with the number of sites (nsites=)",
    )


def _numbers(path: Path, number: int, fields: Sequence[str]) -> list[float]:
    values = [as_number(field) for field in fields]
    if None in values or not values:
        found = fields[values.index(None)] if None in values else "no number"
        raise malformed(path, number, repr(found), "finite numbers such as 12, 0.5 or 1e-3, separated by spaces")
    return values


def as_number(text: str) -> float | None:
    """The finite number that a text is, or None."""
    # Python also reads 1_000, digits of other scripts, nan and inf as numbers.
    if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text, re.ASCII) is None:
        return None
    return float(text) if np.isfinite(float(text)) else None


def malformed(path: Path, line: int, found: object, allowed: str = FORMATS) -> InputError:
    """The error for a line that is no part of a matrix."""
    return InputError(
        "the file is no motif matrix that can be read",
        file=path,
        line=line,
        found=found,
        allowed=allowed,
        fix="download the matrix again, for example from jaspar.elixir.no in the format JASPAR",
    )

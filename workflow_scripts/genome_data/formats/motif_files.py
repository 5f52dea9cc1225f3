"""Readers of motif matrices (JASPAR, TRANSFAC, MEME, HOMER, CIS-BP and plain ones), recognised by their content."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from workflow_support.errors import InputError
from workflow_support.job import logger

from .text import read_lines

FORMATS = "a matrix in the format of JASPAR, TRANSFAC, MEME, HOMER or CIS-BP, or four rows or columns of numbers"
_BASES = "ACGT"
_UNIT_TOLERANCE = 0.05
"""Distance from 1 up to which the sum of a position is that of probabilities, rounded to two digits or more."""
_BASE_ROW = re.compile(r"([A-Za-z])(?=[\s:|=\[])\s*[:|=]?\s*\[?\s*([^\[\]]*?)\s*\]?")
_SECTION = {"TRANSFAC": re.compile(r"P[0O]\s"), "CIS-BP": re.compile(r"Pos\s+[ACGT]\s", re.IGNORECASE)}

Numbered = list[tuple[int, str]]
"""Lines with their 1-based numbers."""
Reader = Callable[[Path, Numbered], Iterator["Matrix"]]


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


def read_matrices(path: str | Path) -> list[Matrix]:
    """Read all motifs of a file, plain or compressed.

    Positions that sum to 1 hold probabilities, and positions that sum to 2 or more hold counts of sites. JASPAR and
    TRANSFAC files hold counts, so probabilities are refused there.

    Raises
    ------
    InputError
        If the file has none of the formats, if a matrix is incomplete or is neither of counts nor of probabilities, or
        if two motifs of the file have one accession.
    """
    path = Path(path)
    text, remarks = read_lines(path)
    if remarks:
        logger.info("%s: read with %s", path, ", ".join(remarks))
    lines = [(number, line.strip()) for number, line in enumerate(text, start=1) if line.strip()]
    if not lines:
        raise _malformed(path, 1, "only blank lines")
    matrices = list(_reader(lines)(path, lines))
    if not matrices:
        raise _malformed(path, lines[-1][0], "no matrix")
    _refuse_equal_accessions(path, matrices)
    return matrices


def _reader(lines: Numbered) -> Reader:
    texts = [line for _, line in lines]
    if texts[0].startswith("MEME version") or any(line.startswith("letter-probability matrix") for line in texts):
        return _meme
    for name, pattern in _SECTION.items():
        if any(map(pattern.match, texts)):
            return {"TRANSFAC": _transfac, "CIS-BP": _cisbp}[name]
    return _titled if texts[0].startswith(">") else _plain


def _titled(path: Path, lines: Numbered) -> Iterator[Matrix]:
    """Matrices below lines that begin with ``>``: JASPAR, HOMER, and plain ones."""
    starts = [index for index, (_, line) in enumerate(lines) if line.startswith(">")]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        number, title = lines[start]
        fields = title[1:].strip().split("\t")
        # HOMER's title: the consensus, the name, and a threshold for the log odds.
        is_homer = len(fields) > 2 and _as_number(fields[2]) is not None
        words = ([fields[1]] if is_homer else title[1:].split(None, 1)) or [""]
        if not words[0].strip():
            raise _malformed(path, number, title, "a name after the >")
        sites = re.search(r"\bT:([\d.]+)", title) if is_homer else None
        yield _matrix(path, words, lines[start + 1 : end], number, sites and float(sites[1]), in_rows=is_homer)


def _plain(path: Path, lines: Numbered) -> Iterator[Matrix]:
    yield _matrix(path, [_stem(path)], lines, lines[0][0], None)


def _stem(path: Path) -> str:
    return Path(path.name.removesuffix(".gz")).stem


def _transfac(path: Path, lines: Numbered) -> Iterator[Matrix]:
    """Records that end in ``//``, with lines of two letters (AC, ID, NA, P0) and of positions (01, 02, ...)."""
    record: Numbered = []
    for number, line in [*lines, (lines[-1][0], "//")]:
        if line != "//":
            record.append((number, line))
            continue
        keys = {text.split()[0]: text.split(None, 1)[-1].strip() for _, text in record}
        header = next((index for index, (_, text) in enumerate(record) if _SECTION["TRANSFAC"].match(text)), None)
        if header is not None:
            name = keys.get("NA") or keys.get("ID") or ""
            words = [each for each in (keys.get("AC") or keys.get("ID") or name, name) if each] or [_stem(path)]
            rows = [each for each in record[header + 1 :] if each[1].split()[0].isdigit()]
            yield _matrix(path, words, [record[header], *rows], record[0][0], None, of_counts=True)
        record = []


def _cisbp(path: Path, lines: Numbered) -> Iterator[Matrix]:
    """Tables ``Pos A C G T``, with lines ``Motif`` and ``TF Name`` above them or without."""
    starts = [index for index, (_, line) in enumerate(lines) if _SECTION["CIS-BP"].match(line)]
    previous = 0
    for start, following in zip(starts, [*starts[1:], len(lines)], strict=True):
        keys = dict(line.split("\t", 1) for _, line in lines[previous:start] if "\t" in line)
        end = next((at for at in range(start + 1, following) if not lines[at][1].split()[0].isdigit()), following)
        words = [each for each in (keys.get("Motif"), keys.get("TF Name")) if each] or [_stem(path)]
        yield _matrix(path, words, lines[start:end], lines[previous][0], None)
        previous = end


def _meme(path: Path, lines: Numbered) -> Iterator[Matrix]:
    """Motifs of the MEME suite: a line ``MOTIF accession name``, ``letter-probability matrix: ...``, and its rows."""
    title: tuple[int, str] | None = None
    for index, (number, line) in enumerate(lines):
        alphabet = re.match(r"ALPHABET\s*=?\s*(\S+)", line)
        if alphabet and alphabet[1].upper() != _BASES:
            raise _malformed(path, number, line, "motifs of DNA: ALPHABET= ACGT")
        if line.startswith("MOTIF") and line.split()[0] == "MOTIF":
            title = number, line
        if not line.startswith("letter-probability matrix"):
            continue
        width, sites = (re.search(rf"\b{key}=\s*([\d.]+)", line) for key in ("w", "nsites"))
        words = title[1].split()[1:3] if title else []
        rows = lines[index + 1 :]
        end = next((at for at, (_, row) in enumerate(rows) if _as_number(row.split()[0]) is None), len(rows))
        if not words:
            raise _malformed(path, number, "no line MOTIF above it", "a line MOTIF with a name above every matrix")
        if width and float(width[1]) != end:
            last = rows[end - 1][0] if end else number
            raise _malformed(path, last, f"{end} rows for {line!r}", "w= and as many rows of four numbers")
        matrix = _matrix(path, words, rows[:end], title[0], sites and float(sites[1]), in_rows=True)
        if matrix.sites is None:
            raise _malformed(path, rows[0][0], rows[0][1], "rows of probabilities, with a sum of 1")
        yield matrix
        title = None


def _matrix(
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
        raise _malformed(path, line, f"no matrix for {' '.join(words)}")
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
            raise _malformed(path, number, text, "one row each for A, C, G and T (write T for U)")
        found[base] = _numbers(path, number, row[2].split())
    widths = {base: len(values) for base, values in found.items()}
    if set(found) != set(_BASES) or len(set(widths.values())) != 1 or not widths["A"]:
        raise _malformed(path, rows[-1][0], f"numbers by base: {widths}", "rows of one length for A, C, G and T")
    return np.array([found[base] for base in _BASES]).T


def _numbered_positions(path: Path, rows: Numbered, order: list[int], has_positions: bool) -> np.ndarray:
    """Rows of four numbers below a row of letters; after a position, and before a consensus, if there are any."""
    values = []
    for number, text in rows[1:]:
        fields = text.split()[has_positions:]
        if len(fields) == 5 and _as_number(fields[4]) is None:
            fields.pop()
        if len(fields) != 4:
            raise _malformed(path, number, text, f"four numbers, for {rows[0][1]!r}")
        values.append(_numbers(path, number, fields))
    if not values:
        raise _malformed(path, rows[0][0], "no position", "a row of four numbers per position")
    return np.array(values)[:, order]


def _bare(path: Path, rows: list[tuple[int, list[float]]], in_rows: bool) -> np.ndarray:
    """Rows of numbers alone: one per position if each has four, or one per base if there are four."""
    lengths = {len(values) for _, values in rows}
    if len(lengths) != 1:
        number = next(number for number, values in rows if len(values) != len(rows[0][1]))
        raise _malformed(path, number, "rows of different lengths", "rows of as many numbers each")
    values = np.array([values for _, values in rows])
    may_be = {"rows": values.shape[1] == 4, "columns": not in_rows and values.shape[0] == 4}
    if all(may_be.values()):
        # Four by four: the sums over bases are equal, those over positions are not.
        may_be = {
            "rows": np.ptp(values.sum(axis=1)) <= 0.01 * values.sum() / 4,
            "columns": np.ptp(values.sum(axis=0)) <= 0.01 * values.sum() / 4,
        }
    if sum(may_be.values()) != 1:
        raise _malformed(path, rows[0][0], f"{values.shape[0]} rows of {values.shape[1]} numbers without letters")
    return values if may_be["rows"] else values.T


def _holds_counts(path: Path, rows: Numbered, values: np.ndarray, of_counts: bool) -> bool:
    sums = values.sum(axis=1)
    found = f"sums from {sums.min():g} to {sums.max():g} over {len(sums)} positions"
    if (values < 0).any():
        found, problem = f"{values.min():g}", "a motif has negative numbers, so it is one of log odds"
    elif (np.abs(sums - 1) <= _UNIT_TOLERANCE).all():
        if not of_counts:
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
    values = [_as_number(field) for field in fields]
    if None in values or not values:
        found = fields[values.index(None)] if None in values else "no number"
        raise _malformed(path, number, repr(found), "finite numbers such as 12, 0.5 or 1e-3, separated by spaces")
    return values


def _as_number(text: str) -> float | None:
    # Python also reads 1_000, digits of other scripts, nan and inf as numbers.
    if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text, re.ASCII) is None:
        return None
    return float(text) if np.isfinite(float(text)) else None


def _refuse_equal_accessions(path: Path, matrices: Sequence[Matrix]) -> None:
    lines: dict[str, int] = {}
    for matrix in matrices:
        if matrix.accession in lines:
            raise InputError(
                "two motifs of a file have the same accession",
                file=path,
                line=matrix.line,
                found=f"{matrix.accession}, which is also in line {lines[matrix.accession]}",
                allowed="accessions that differ; names may be shared",
                fix="remove or rename one of the two motifs",
            )
        lines[matrix.accession] = matrix.line


def _malformed(path: Path, line: int, found: object, allowed: str = FORMATS) -> InputError:
    return InputError(
        "the file is no motif matrix that can be read",
        file=path,
        line=line,
        found=found,
        allowed=allowed,
        fix="download the matrix again, for example from jaspar.elixir.no in the format JASPAR",
    )

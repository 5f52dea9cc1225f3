"""Readers of motif matrices (JASPAR, TRANSFAC, MEME, HOMER, CIS-BP and plain ones), recognised by their content."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from workflow_support.errors import InputError
from workflow_support.job import logger

from .motif_matrices import Matrix, Numbered, as_number, malformed, matrix_of
from .text import read_lines

_SECTION = {"TRANSFAC": re.compile(r"P[0O]\s"), "CIS-BP": re.compile(r"Pos\s+[ACGT]\s", re.IGNORECASE)}

Reader = Callable[[Path, Numbered], Iterator[Matrix]]


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
        raise malformed(path, 1, "only blank lines")
    matrices = list(_reader(lines)(path, lines))
    if not matrices:
        raise malformed(path, lines[-1][0], "no matrix")
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
        is_homer = len(fields) > 2 and as_number(fields[2]) is not None
        words = ([fields[1]] if is_homer else title[1:].split(None, 1)) or [""]
        if not words[0].strip():
            raise malformed(path, number, title, "a name after the >")
        sites = re.search(r"\bT:([\d.]+)", title) if is_homer else None
        yield matrix_of(path, words, lines[start + 1 : end], number, sites and float(sites[1]), in_rows=is_homer)


def _plain(path: Path, lines: Numbered) -> Iterator[Matrix]:
    yield matrix_of(path, [_stem(path)], lines, lines[0][0], None)


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
            yield matrix_of(path, words, [record[header], *rows], record[0][0], None, of_counts=True)
        record = []


def _cisbp(path: Path, lines: Numbered) -> Iterator[Matrix]:
    """Tables ``Pos A C G T``, with lines ``Motif`` and ``TF Name`` above them or without."""
    starts = [index for index, (_, line) in enumerate(lines) if _SECTION["CIS-BP"].match(line)]
    previous = 0
    for start, following in zip(starts, [*starts[1:], len(lines)], strict=True):
        keys = dict(line.split("\t", 1) for _, line in lines[previous:start] if "\t" in line)
        end = next((at for at in range(start + 1, following) if not lines[at][1].split()[0].isdigit()), following)
        words = [each for each in (keys.get("Motif"), keys.get("TF Name")) if each] or [_stem(path)]
        yield matrix_of(path, words, lines[start:end], lines[previous][0], None)
        previous = end


def _meme(path: Path, lines: Numbered) -> Iterator[Matrix]:
    """Motifs of the MEME suite: a line ``MOTIF accession name``, ``letter-probability matrix: ...``, and its rows."""
    title: tuple[int, str] | None = None
    for index, (number, line) in enumerate(lines):
        alphabet = re.match(r"ALPHABET\s*=?\s*(\S+)", line)
        if alphabet and alphabet[1].upper() != "ACGT":
            raise malformed(path, number, line, "motifs of DNA: ALPHABET= ACGT")
        if line.startswith("MOTIF") and line.split()[0] == "MOTIF":
            title = number, line
        if not line.startswith("letter-probability matrix"):
            continue
        width, sites = (re.search(rf"\b{key}=\s*([\d.]+)", line) for key in ("w", "nsites"))
        words = title[1].split()[1:3] if title else []
        rows = lines[index + 1 :]
        end = next((at for at, (_, row) in enumerate(rows) if as_number(row.split()[0]) is None), len(rows))
        if not words:
            raise malformed(path, number, "no line MOTIF above it", "a line MOTIF with a name above every matrix")
        if width and float(width[1]) != end:
            last = rows[end - 1][0] if end else number
            raise malformed(path, last, f"{end} rows for {line!r}", "w= and as many rows of four numbers")
        matrix = matrix_of(path, words, rows[:end], title[0], sites and float(sites[1]), in_rows=True)
        if matrix.sites is None:
            raise malformed(path, rows[0][0], rows[0][1], "rows of probabilities, with a sum of 1")
        yield matrix
        title = None


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

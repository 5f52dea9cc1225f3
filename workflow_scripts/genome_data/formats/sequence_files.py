"""Readers of FASTA (plain, gzip, BGZF) and 2bit files, which yield letters block by block in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from workflow_support.errors import InputError
from workflow_support.job import logger

from ..alphabet import ALLOWED_LETTERS, NUCLEOTIDES
from ..intervals.contig_names import listed, unusable
from .signatures import SEQUENCES, TWOBIT, kind_of
from .text import BYTE_ORDER_MARK, content_start, open_binary
from .twobit import TwoBitFile

_BLOCK = 1 << 24
_LONGEST_HEADER = 1 << 20
_WHITESPACE = b" \t\r\n\v\f"
_INVALID = 0


_UPPER_CASE = bytes(letter & 0xDF if letter & 0xDF in NUCLEOTIDES else _INVALID for letter in range(256))
"""Upper-case letter of every byte; ``_INVALID`` if the byte is no nucleotide."""


class SequenceBlock(NamedTuple):
    """Some letters of a contig, upper-case IUPAC, and the number of them that are lower case in the file."""

    contig: str
    letters: bytes
    lower_case: int


class _Piece(NamedTuple):
    """A whole header line, or part of the lines below it, unchanged from the file."""

    is_header: bool
    content: bytes
    offset: int


def read_sequence(path: str | Path) -> Iterator[SequenceBlock]:
    """Yield the contigs of a sequence file in order, each in one or more blocks.

    Raises
    ------
    InputError
        If the format is unknown or the file damaged, if a contig is empty or occurs twice, or if a sequence contains
        anything but letters of the IUPAC nucleotide alphabet.
    """
    path = Path(path)
    if kind_of(content_start(path, SEQUENCES)) is TWOBIT:
        yield from _twobit_blocks(path)
    else:
        yield from _fasta_blocks(path)


def _twobit_blocks(path: Path) -> Iterator[SequenceBlock]:
    with TwoBitFile(path) as genome:
        for contig in genome.contigs:
            _require_usable(contig, path, None)
            for letters, lower_case in genome.blocks(contig, _BLOCK):
                yield SequenceBlock(contig, letters, lower_case)


def _fasta_blocks(path: Path) -> Iterator[SequenceBlock]:
    offsets: dict[str, int] = {}
    contig, length = None, 0
    oddities: dict[str, None] = {}
    previous: _Piece | None = None
    for piece in _pieces(path):
        oddities |= dict.fromkeys(_oddities(piece, previous))
        previous = piece
        if piece.is_header:
            _refuse_empty_contig(path, contig, length, offsets)
            contig, length = _contig_name(path, piece), 0
            if contig in offsets:
                raise InputError(
                    "a contig is in the file twice",
                    file=path,
                    line=_line_at(path, piece.offset),
                    found=f">{contig}, which is also in line {_line_at(path, offsets[contig])}",
                    allowed="each contig once",
                    fix="remove or rename one of the two records",
                )
            offsets[contig] = piece.offset
            continue
        letters = piece.content.translate(_UPPER_CASE, delete=_WHITESPACE)
        if contig is None and letters:
            raise _not_fasta(path, piece)
        if _INVALID in letters:
            raise _invalid_letter(path, piece)
        if letters:
            length += len(letters)
            lower_case = np.count_nonzero(np.frombuffer(piece.content, dtype=np.uint8) >= ord("a"))
            yield SequenceBlock(contig, letters, int(lower_case))
    if contig is None:
        raise InputError(
            "the file holds no sequence",
            file=path,
            found="blank lines only",
            allowed="FASTA or 2bit",
            fix="make or fetch the file again",
        )
    _refuse_empty_contig(path, contig, length, offsets)
    if oddities:
        logger.info("%s: read with %s", path, ", ".join(oddities))


def _oddities(piece: _Piece, previous: _Piece | None) -> Iterator[str]:
    """Yield the irregularities of a piece that reading corrects."""
    content = piece.content
    begins_line = previous is None or previous.content.endswith(b"\n")
    if previous is None and piece.offset == len(BYTE_ORDER_MARK):
        yield "a byte order mark"
    has_returns = b"\r" in content
    if has_returns:
        yield "carriage returns at line ends"
    if (
        b"\n\n" in content
        or (has_returns and b"\n\r\n" in content)
        or (begins_line and content.startswith((b"\n", b"\r\n")))
    ):
        yield "blank lines"


def _pieces(path: Path) -> Iterator[_Piece]:
    with open_binary(path, SEQUENCES) as stream:
        offset, at_line_start, rest = 0, True, b""
        while chunk := stream.read(_BLOCK):
            if offset == 0 and not rest and chunk.startswith(BYTE_ORDER_MARK):
                offset, chunk = len(BYTE_ORDER_MARK), chunk[len(BYTE_ORDER_MARK) :]
            content, rest = rest + chunk, b""
            position = 0
            while position < len(content):
                is_header = at_line_start and content[position] == ord(">")
                end = content.find(b"\n" if is_header else b"\n>", position) + 1
                if is_header and not end:
                    rest = content[position:]
                    break
                end = end or len(content)
                yield _Piece(is_header, content[position:end], offset + position)
                at_line_start = content[end - 1] == ord("\n")
                position = end
            offset += len(content) - len(rest)
            if len(rest) > _LONGEST_HEADER:
                break
        if rest:
            yield _Piece(True, rest, offset)


def _contig_name(path: Path, header: _Piece) -> str:
    line = header.content[1:].rstrip(_WHITESPACE)
    problem = None
    if len(line) > _LONGEST_HEADER or b"\r" in line:
        problem = "a header line does not end where its sequence begins"
    elif not line.split():
        problem = "a contig has no name"
    elif line[:1].isspace():
        problem = "a contig's name does not directly follow the >"
    else:
        try:
            name = line.split()[0].decode("utf-8")
        except UnicodeDecodeError:
            problem = "a contig's name is not text"
        else:
            _require_usable(name, path, header)
            return name
    raise InputError(
        problem,
        file=path,
        line=_line_at(path, header.offset),
        found=repr(header.content[:40]),
        allowed="a line with > and a name without spaces, in UTF-8, that ends in a line feed",
        fix="name the contig; convert the line ends of old Macintosh files with: tr '\\r' '\\n'",
    )


def _require_usable(name: str, path: Path, header: _Piece | None) -> None:
    """Refuse a name that other programs would read wrongly; ``header`` is its line, if the file has lines."""
    if reason := unusable(name):
        raise InputError(
            f"the name of a contig cannot be used, because {reason}",
            file=path,
            line=_line_at(path, header.offset) if header else None,
            found=f">{listed([name])}" if header else listed([name]),
            allowed="ASCII letters, digits and signs without blanks and quotation marks; not #, track or browser first",
            fix="rename the contig, in the files of its peaks and tracks too",
        )


def _refuse_empty_contig(path: Path, contig: str | None, length: int, offsets: dict[str, int]) -> None:
    if contig is not None and length == 0:
        raise InputError(
            "a contig has no sequence",
            file=path,
            line=_line_at(path, offsets[contig]),
            found=f">{contig} without a letter below it",
            allowed="at least one base per contig",
            fix="remove the record, or fetch the file again if it is cut off",
        )


def _not_fasta(path: Path, piece: _Piece) -> InputError:
    blank = len(piece.content) - len(piece.content.lstrip())
    return InputError(
        "the file does not begin like a FASTA",
        file=path,
        line=_line_at(path, piece.offset + blank),
        found=repr(piece.content.lstrip()[:40]),
        allowed="FASTA (its first line begins with >), plain, gzip or BGZF; or 2bit",
        fix="name the genome's FASTA or 2bit file, or add the missing > line",
    )


def _invalid_letter(path: Path, piece: _Piece) -> InputError:
    allowed = np.frombuffer(_UPPER_CASE, dtype=np.uint8) > 0
    allowed[list(_WHITESPACE)] = True
    first = int(np.argmin(allowed[np.frombuffer(piece.content, dtype=np.uint8)]))
    letter = piece.content[first : first + 1].decode("latin-1")
    return not_a_base(letter, path, _line_at(path, piece.offset + first))


def not_a_base(letter: str, file: Path, line: int) -> InputError:
    """The error for a character that is no nucleotide."""
    if letter in "uU":
        fix = "this is RNA: write T for U, for example with: seqkit seq --rna2dna"
    elif letter.isalpha():
        fix = "write N for an unknown base; a protein FASTA cannot be used"
    else:
        fix = "remove the character, or write N for an unknown base"
    return InputError(
        "a sequence contains a character that is no base",
        file=file,
        line=line,
        found=repr(letter),
        allowed=ALLOWED_LETTERS,
        fix=fix,
    )


def _line_at(path: Path, offset: int) -> int:
    """The 1-based line at an offset of the (decompressed) file; it is only computed for errors."""
    line = 1
    with open_binary(path, SEQUENCES) as stream:
        while offset > 0 and (chunk := _read(stream, offset)):
            line += chunk.count(b"\n")
            offset -= len(chunk)
    return line


def _read(stream: BinaryIO, limit: int) -> bytes:
    return stream.read(min(limit, _BLOCK))

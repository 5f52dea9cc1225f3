"""Records of labelled sequences in a table, a FASTA or a folder of classes, before their content is checked."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from workflow_support.errors import InputError

from .sequence_files import read_sequence
from .text import read_lines

_NAME_COLUMN, _SPLIT_COLUMN = "name", "split"
_LONGEST_QUOTE = 200


class Record(NamedTuple):
    """A sequence with the texts of its file; name and split are None if the file gives none."""

    name: str | None
    letters: str
    label: str
    split: str | None
    file: Path
    line: int


def table_records(
    path: Path, lines: list[str], delimiter: str, sequence_column: str | int, label_column: str | int, has_splits: bool
) -> Iterator[Record]:
    """Yield the rows of a table with a header; columns are given by name, or by number from 1."""
    rows = _cells(path, lines, delimiter)
    header = next(rows, (0, []))[1]
    needed = [sequence_column, label_column, *([_SPLIT_COLUMN] if has_splits else [])]
    at = {column: _position(path, header, column) for column in needed}
    at_name = header.index(_NAME_COLUMN) if _NAME_COLUMN in header else None
    at_name = None if at_name in at.values() else at_name
    for line, cells in rows:
        if len(cells) != len(header):
            raise InputError(
                "a row and the header differ in their number of cells",
                file=path,
                line=line,
                found=f"{len(cells)} cells",
                allowed=f"{len(header)} cells: {', '.join(header)}",
                fix="complete the row, or put a cell that contains the separator into quotes",
            )
        yield Record(
            name=None if at_name is None else _name(path, line, cells[at_name]),
            letters=cells[at[sequence_column]],
            label=cells[at[label_column]],
            split=cells[at[_SPLIT_COLUMN]] if has_splits else None,
            file=path,
            line=line,
        )


def _cells(path: Path, lines: list[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line number and the cells of each row that is not blank."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
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


def _position(path: Path, header: list[str], column: str | int) -> int:
    if isinstance(column, int) and column <= len(header):
        return column - 1
    if header.count(column) == 1:
        return header.index(column)
    raise InputError(
        f"the file has {'no' if column not in header else 'more than one'} column {column!r}",
        file=path,
        found=quote(", ".join(header)) or "only blank lines",
        allowed="CSV or TSV whose first row gives each column a name of its own; or FASTA",
        fix="give the columns of sequences and labels in the task, or rename those of the file",
    )


def fasta_records(path: Path, lines: list[str]) -> Iterator[Record]:
    """Yield the sequences of a FASTA; its ``lines`` give their labels and line numbers."""
    headers = ((number, line) for number, line in enumerate(lines, start=1) if line.startswith(">"))
    contigs = groupby(read_sequence(path), key=attrgetter("contig"))
    for (contig, blocks), (line, header) in zip(contigs, headers, strict=True):
        letters = b"".join(block.letters for block in blocks).decode("ascii")
        name, bar, label = contig.rpartition("|")
        if not bar:
            name, label = contig, next(iter(header[1 + len(contig) :].split()), "")
        yield Record(_name(path, line, name), letters, label, None, path, line)


def folder_records(folder: Path) -> Iterator[Record]:
    """Yield the sequences of a folder of classes: files ``<class>/<name>.txt``, in the order of their names.

    This is how `genomic_benchmarks` unpacks its data sets. Hidden files are ignored. The name of a sequence is
    ``<class>/<name>`` because classes may use the same names.
    """
    for label in _visible(folder):
        if not label.is_dir():
            raise _unexpected(label, "a file next to the folders of the classes")
        for file in _visible(label):
            if file.suffix != ".txt" or file.is_dir():
                raise _unexpected(file, "something other than the text file of a sequence")
            yield Record(f"{label.name}/{file.stem}", _only_line(file), label.name, None, file, 1)


def _visible(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def _only_line(file: Path) -> str:
    lines = [line.strip() for line in read_lines(file).lines]
    if not any(lines[1:]):
        return lines[0]
    raise InputError(
        "a file in a folder of classes contains more than one line",
        file=file,
        line=2,
        found=f"{len(lines)} lines",
        allowed="one line of bases",
        fix="write every sequence to a file of its own, or all of them to a CSV or FASTA",
    )


def _unexpected(path: Path, what: str) -> InputError:
    return InputError(
        "a folder of classes contains something that is no sequence",
        file=path,
        found=what,
        allowed="one folder per class, and in it one file name.txt per sequence",
        fix="give the folder of a split (train or test) of a data set of sequences, not of intervals",
    )


def _name(path: Path, line: int, name: str) -> str:
    if name:
        return name
    raise InputError(
        "a sequence has an empty name",
        file=path,
        line=line,
        allowed="a name for every sequence; a table without a column `name` numbers its rows",
        fix="name the sequence, or remove the column `name`",
    )


def quote(text: str) -> str:
    """The beginning of a text, for an error message."""
    return text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + "…"

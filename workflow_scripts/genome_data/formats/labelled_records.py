"""Records of labelled sequences in a table, a FASTA or a folder of classes, before their content is checked."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from workflow_support.errors import InputError

from .sequence_files import read_sequence
from .tables import MISSING, Table, is_sequence
from .text import read_lines

_NAME_COLUMN, _SPLIT_COLUMN = "name", "split"


class Record(NamedTuple):
    """A sequence with the texts of its file; name and split are None if the file gives none."""

    name: str | None
    letters: str
    label: str
    split: str | None
    file: Path
    line: int


def table_records(
    path: Path, lines: list[str], sequence_column: str | int, label_column: str | int, has_splits: bool
) -> Iterator[Record]:
    """Yield the rows of a table (`genome_data.formats.tables`); columns are given by name, or by number from 1.

    If both columns are given by number, the table may lack a header.
    """
    table = Table(path, lines)
    if not has_splits and isinstance(sequence_column, int) and isinstance(label_column, int):
        _recognise_missing_header(table, sequence_column, label_column)
    columns = [sequence_column, label_column, *([_SPLIT_COLUMN] if has_splits else [])]
    sequences, labels, *splits = (table.texts(column) for column in columns)
    has_names = _NAME_COLUMN in table.header and table.position(_NAME_COLUMN) not in map(table.position, columns)
    names = table.texts(_NAME_COLUMN) if has_names else None
    for row, line in enumerate(table.lines):
        yield Record(
            name=None if names is None else _name(path, line, names[row]),
            letters="" if sequences[row] in MISSING else sequences[row],
            label=labels[row],
            split=splits[0][row] if has_splits else None,
            file=path,
            line=line,
        )


def _recognise_missing_header(table: Table, sequence_column: int, label_column: int) -> None:
    """Take the first row for data if its cells are a sequence, or the label of another row."""
    sequence, label = (table.header[table.position(column)] for column in (sequence_column, label_column))
    labels = set(table.texts(label_column))
    # The name of a column is not among its labels.
    if is_sequence(sequence) or (label in labels and label not in MISSING):
        table.take_header_as_row()


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
    if name not in MISSING:
        return name
    raise InputError(
        "a sequence has an empty name",
        file=path,
        line=line,
        found=repr(name),
        allowed="a name for every sequence; a table without a column `name` numbers its rows",
        fix="name the sequence, or remove the column `name`",
    )

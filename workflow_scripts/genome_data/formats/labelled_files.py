"""Reader of labelled sequences: CSV, TSV, FASTA and folders of classes, recognised by their content."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from workflow_support.errors import InputError
from workflow_support.job import logger

from .. import SPLITS
from ..alphabet import ALLOWED_LETTERS, ASCII_TO_CODE, NUCLEOTIDES
from .class_labels import as_label
from .labelled_records import Record, fasta_records, folder_records, table_records
from .sequence_files import not_a_base
from .tables import MISSING, quote
from .text import read_lines

_OTHER_NAMES = {"training": "train", "valid": "validation", "val": "validation", "dev": "validation"}
_TO_CODES = ASCII_TO_CODE.tobytes()
_IN_EITHER_CASE = NUCLEOTIDES + NUCLEOTIDES.lower()


def read_labelled_file(
    path: str | Path, sequence_column: str | int, label_column: str | int, *, has_splits: bool = False
) -> pd.DataFrame:
    """Read the labelled sequences of a file or folder, in its order.

    A file whose first character is ``>`` is FASTA: the label is the text after the last ``|`` of the first word of the
    header (``>name|label``), or the second word if there is no ``|`` (``>name label``). Any other file is a table
    (`genome_data.formats.tables`). A column ``name`` names the sequences. Files may be compressed with gzip or BGZF. A
    folder contains one folder per class, and each of these one file of one line per sequence, ``name.txt``.

    A missing label, such as NA, is an error. Some labels are read as another text, such as 1.0 as 1
    (`genome_data.formats.class_labels`); the log counts them.

    Parameters
    ----------
    sequence_column, label_column
        Columns of a table, by name or by number from 1; the other formats have no columns.
    has_splits
        Whether the column ``split`` of a table gives the split of each sequence: ``train`` (or ``training``),
        ``validation`` (or ``valid``, ``val``, ``dev``) or ``test``.

    Returns
    -------
    pandas.DataFrame
        ``name`` (None without a column of names), ``sequence`` (bytes of base codes, see `genome_data.alphabet`),
        ``label`` (text), ``split`` (None without ``has_splits``), ``file`` and ``line``.

    Raises
    ------
    InputError
        If a line cannot be used (the first one is named), or the whole file cannot.
    """
    path = Path(path)
    records = list(_records(path, sequence_column, label_column, has_splits))
    rows = [(each.name, _codes(each), _label(each), _split(each), each.file, each.line) for each in records]
    if not rows:
        raise InputError(
            "the file contains no sequence",
            file=path,
            found="only a header, or an empty folder",
            allowed="at least one sequence",
            fix="give the right file, or make it again",
        )
    for (text, label), count in Counter((each.label, row[2]) for each, row in zip(records, rows, strict=True)).items():
        if text != label:
            logger.info("%s: %s labels %r are read as %r", path, f"{count:,}", text, label)
    lengths = [len(sequence) for _, sequence, *_ in rows]
    span = f"{min(lengths):,}" + (f" to {max(lengths):,}" if min(lengths) < max(lengths) else "")
    logger.info("%s: %s sequences of %s bases", path, f"{len(rows):,}", span)
    return pd.DataFrame(rows, columns=["name", "sequence", "label", "split", "file", "line"]).astype(
        {"name": object, "sequence": object, "label": object, "split": object, "file": object}
    )


def _records(path: Path, sequence_column: str | int, label_column: str | int, has_splits: bool) -> Iterator[Record]:
    if path.is_dir():
        _refuse_splits(path, "a folder", has_splits)
        return folder_records(path)
    lines, remarks = read_lines(path)
    first = next((line for line in lines if line.strip()), "")
    if not first.startswith(">"):
        if remarks:
            logger.info("%s: read with %s", path, ", ".join(remarks))
        return table_records(path, lines, sequence_column, label_column, has_splits)
    _refuse_splits(path, "a FASTA", has_splits)
    return fasta_records(path, lines)


def _refuse_splits(path: Path, what: str, has_splits: bool) -> None:
    if has_splits:
        raise InputError(
            f"{what} does not say which split its sequences belong to",
            file=path,
            allowed="one file per split, splits that are made, or a CSV with a column `split`",
            fix="give one file each for train, validation and test, or have the splits made",
        )


def _codes(record: Record) -> bytes:
    letters = record.letters.encode("ascii", errors="replace")
    if not letters:
        raise InputError(
            "a sequence is empty",
            file=record.file,
            line=record.line,
            found="no letter, or NA",
            allowed=ALLOWED_LETTERS,
            fix="remove the row, or give its sequence",
        )
    if letters.translate(None, delete=_IN_EITHER_CASE):
        wrong = next(letter for letter in record.letters if letter not in _IN_EITHER_CASE.decode())
        raise not_a_base(wrong, record.file, record.line)
    return letters.translate(_TO_CODES)


def _label(record: Record) -> str:
    if record.label not in MISSING:
        return as_label(record.label)
    raise InputError(
        "a sequence has no label",
        file=record.file,
        line=record.line,
        found=repr(record.label) if record.label else "an empty label",
        allowed="a label for every sequence: a column of a table; >name label or >name|label in a FASTA; NA is none",
        fix="write the class of the sequence, or remove the sequence",
    )


def _split(record: Record) -> str | None:
    if record.split is None:
        return None
    split = record.split.lower()
    split = _OTHER_NAMES.get(split, split)
    if split in SPLITS:
        return split
    raise InputError(
        "a sequence belongs to no known split",
        file=record.file,
        line=record.line,
        found=repr(quote(record.split)),
        allowed=f"{', '.join(SPLITS)}; valid, val and dev are validation",
        fix="correct the column `split`",
    )

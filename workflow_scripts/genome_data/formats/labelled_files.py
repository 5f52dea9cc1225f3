"""Read sequences that each have a label: CSV, TSV, FASTA and folders of classes, told apart by what they hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from workflow_support.errors import InputError
from workflow_support.job import logger

from .. import SPLITS
from ..alphabet import ASCII_TO_CODE, BASES, IUPAC_AMBIGUITY
from .labelled_records import Record, fasta_records, folder_records, quote, table_records
from .text import read_lines

_OTHER_NAMES = {"training": "train", "valid": "validation", "val": "validation", "dev": "validation"}
_TO_CODES = ASCII_TO_CODE.tobytes()
_UPPER_CASE = BASES + b"N" + IUPAC_AMBIGUITY
_NUCLEOTIDES = _UPPER_CASE + _UPPER_CASE.lower()


def read_labelled_file(
    path: str | Path, sequence_column: str | int, label_column: str | int, *, has_splits: bool = False
) -> pd.DataFrame:
    """Read the labelled sequences of a file, in its order, or of a folder.

    A file whose first character is ``>`` is FASTA: the label is the text after the last ``|`` of the header's first
    word (``>name|label``), and the second word where there is no ``|`` (``>name label``). Any other file is a table
    with a header, parted by tabs if the header holds one and by commas if not; cells may be quoted. A column ``name``
    names the sequences. Files may be compressed with gzip or BGZF. A folder holds a folder for each class, and in it a
    file of one line, ``name.txt``, for each sequence.

    Parameters
    ----------
    sequence_column, label_column
        Columns of a table, by name or by number from 1; others have none.
    has_splits
        Whether the column ``split`` of a table says where each sequence belongs: ``train``, ``validation`` (also
        ``valid``, ``val`` or ``dev``) or ``test``.

    Returns
    -------
    pandas.DataFrame
        ``name`` (None without a column of names), ``sequence`` (bytes of base codes, see `genome_data.alphabet`),
        ``label`` (text), ``split`` (None without ``has_splits``), ``file`` and ``line``.

    Raises
    ------
    InputError
        At the first line that cannot be used, or if the file as a whole cannot.
    """
    path = Path(path)
    records = _records(path, sequence_column, label_column, has_splits)
    rows = [(each.name, _codes(each), _label(each), _split(each), each.file, each.line) for each in records]
    if not rows:
        raise InputError(
            "the file holds no sequence",
            file=path,
            found="a header or a folder, and nothing in it",
            allowed="at least one sequence",
            mend="name the right file, or make it again",
        )
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
        separator = "\t" if "\t" in first else ","
        return table_records(path, lines, separator, sequence_column, label_column, has_splits)
    _refuse_splits(path, "a FASTA", has_splits)
    return fasta_records(path, lines)


def _refuse_splits(path: Path, what: str, has_splits: bool) -> None:
    if has_splits:
        raise InputError(
            f"{what} does not say which split its sequences belong to",
            file=path,
            allowed="a file for each split, splits that are made, or a CSV with a column `split`",
            mend="give a file for each of train, validation and test, or have the splits made",
        )


def _codes(record: Record) -> bytes:
    letters = record.letters.encode("ascii", errors="replace")
    if letters and not letters.translate(None, delete=_NUCLEOTIDES):
        return letters.translate(_TO_CODES)
    if not letters:
        problem, found, mend = "a sequence is empty", "no letter", "remove the row, or give its sequence"
    else:
        wrong = next(letter for letter in record.letters if letter not in _NUCLEOTIDES.decode())
        problem, found = "a sequence holds a character that is no base", repr(wrong)
        is_rna = wrong in "uU"
        mend = "this is RNA: write T for U" if is_rna else "write N for an unknown base, or remove the character"
    raise InputError(
        problem,
        file=record.file,
        line=record.line,
        found=found,
        allowed="A C G T N and the IUPAC letters R Y S W K M B D H V (read as N), in either case",
        mend=mend,
    )


def _label(record: Record) -> str:
    if record.label:
        return record.label
    raise InputError(
        "a sequence has no label",
        file=record.file,
        line=record.line,
        found="an empty label",
        allowed="a label for every sequence: its column in a table; >name label or >name|label in a FASTA",
        mend="write the class of the sequence, or remove it",
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
        mend="correct the column `split`",
    )

"""Labelled sequences: their names, splits and classes, their window table and their base codes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_support.errors import InputError

from .. import SPLITS
from ..formats.class_labels import require_different
from ..formats.labelled_files import read_labelled_file
from .placing import in_the_middle
from .sequence_duplicates import groups_of_copies
from .table import gc_content

_INTEGER = re.compile(r"[+-]?\d+")


def read_labelled_sequences(
    files: Sequence[Path],
    splits_of_files: Sequence[str] | None,
    made_splits: Mapping[str, float] | None,
    sequence_column: str | int,
    label_column: str | int,
) -> tuple[pd.DataFrame, list[str]]:
    """Read files of labelled sequences, and determine the split and the class of each.

    Parameters
    ----------
    files, sequence_column, label_column
        See `genome_data.formats.labelled_files.read_labelled_file`.
    splits_of_files
        Split of each file. None if splits are made, or given by the column ``split``.
    made_splits
        Shares ``validation`` and ``test``, and the ``seed``, of splits to make; a column ``split`` is then ignored. If
        there are files of train and test, ``validation`` is the share of the training sequences.

    Returns
    -------
    rows, classes
        ``name, sequence, label, split, file, line`` in the order of the files, where the label is the index of the
        class; and the names of the classes, in the order of :func:`class_names`. A sequence without a name is called
        ``<split>_<row>``. Rows are counted from 1 through all files of a split, or through all files if files are no
        splits.

    Raises
    ------
    InputError
        If a file cannot be used, if two labels could be one class, if a name occurs twice in a split, or if a class
        has no sequence in a split.
    """
    has_splits = splits_of_files is None and made_splits is None
    tables = [read_labelled_file(file, sequence_column, label_column, has_splits=has_splits) for file in files]
    rows = pd.concat(tables, ignore_index=True)
    # Names must differ, and rows are counted, within the files of a split, or within all files if files are no splits.
    source = pd.Series("", index=rows.index)
    if splits_of_files is not None:
        source = pd.Series(np.repeat(splits_of_files, [len(table) for table in tables]), dtype=object)
        rows["split"] = source
    classes = class_names(rows["label"])
    require_different(rows, classes)
    rows["label"] = rows["label"].map({name: index for index, name in enumerate(classes)}).astype(np.int64)
    if made_splits is not None:
        is_to_split = (rows["split"] == "train") | (splits_of_files is None)
        divided = rows[is_to_split]
        groups = groups_of_copies(divided["sequence"])
        rows.loc[is_to_split, "split"] = make_splits(groups, divided["label"].to_numpy(), **made_splits)
    _require_every_class(rows, classes, is_made=made_splits is not None)
    numbers = rows.groupby(source).cumcount() + 1
    rows["name"] = rows["name"].where(rows["name"].notna(), rows["split"] + "_" + numbers.astype(str))
    _refuse_equal_names(rows, source)
    return rows, classes


def class_names(labels: pd.Series) -> list[str]:
    """The distinct labels, in numerical order if all are integers, otherwise in alphabetical order."""
    names = sorted(labels.unique())
    if all(map(_INTEGER.fullmatch, names)):
        names.sort(key=int)
    return names


def centred_codes(rows: pd.DataFrame, width: int | None) -> np.ndarray:
    """Base codes of sequences padded with N: uint8 (rows, width), with floor((width - length) / 2) N on the left.

    Parameters
    ----------
    rows
        ``sequence`` (base codes as bytes), ``file`` and ``line``.
    width
        Length of a row. None: that of the longest sequence.

    Raises
    ------
    InputError
        If a sequence is longer than ``width``.
    """
    lengths = rows["sequence"].map(len).to_numpy()
    width = int(lengths.max()) if width is None else width
    if (lengths > width).any():
        row = rows.iloc[int(np.argmax(lengths > width))]
        raise InputError(
            "a sequence is longer than the width of the task",
            file=row["file"],
            line=int(row["line"]),
            found=f"{len(row['sequence']):,} bases; the longest sequence has {lengths.max():,}",
            allowed=f"up to {width:,} bases",
            fix="raise the width, leave it out (the longest sequence then sets it), or cut the sequences yourself",
        )
    return in_the_middle([np.frombuffer(sequence, dtype=np.uint8) for sequence in rows["sequence"]], width)


def as_windows(rows: pd.DataFrame, codes: np.ndarray) -> pd.DataFrame:
    """A window table in which each sequence is a contig of its own, from 0 to its length."""
    return pd.DataFrame(
        {
            "contig": rows["name"],
            "start": 0,
            "end": rows["sequence"].map(len),
            "name": rows["name"],
            "label": rows["label"],
            "split": rows["split"],
            "gc": gc_content(codes),
        }
    )


def _require_every_class(rows: pd.DataFrame, classes: Sequence[str], *, is_made: bool) -> None:
    if len(classes) == 1:
        raise InputError(
            "all sequences have the same label",
            file=rows["file"].iloc[0],
            found=repr(classes[0]),
            allowed="two or more classes",
            fix="give the column of labels, or add sequences of another class",
        )
    for split in SPLITS:
        in_split = rows[rows["split"] == split]
        counts = np.bincount(in_split["label"], minlength=len(classes))
        if counts.all():
            continue
        absent = int(np.argmin(counts))
        raise InputError(
            f"the split {split} contains no sequence" + (f" of the class {classes[absent]!r}" if len(in_split) else ""),
            file=(rows if in_split.empty else in_split)["file"].iloc[0],
            found=f"{len(in_split):,} sequences of {np.count_nonzero(counts)} classes, out of {len(classes)}",
            allowed="at least one sequence of every class in each of train, validation and test",
            fix="set larger shares, or leave out rare classes"
            if is_made
            else "correct the labels, leave the class out of all splits, or have the splits made",
        )


def _refuse_equal_names(rows: pd.DataFrame, source: pd.Series) -> None:
    keys = pd.DataFrame({"source": source, "name": rows["name"]})
    if not keys.duplicated().any():
        return
    second = int(np.argmax(keys.duplicated()))
    first = int(np.argmax((keys == keys.iloc[second]).all(axis=1)))
    raise InputError(
        "two sequences have the same name",
        file=rows["file"].iloc[second],
        line=int(rows["line"].iloc[second]),
        found=f"{rows['name'].iloc[second]}, which is also in line {rows['line'].iloc[first]} of "
        f"{rows['file'].iloc[first]}",
        allowed="each name once among the sequences of a split",
        fix="rename one of them; the rows of a table without a column `name` are numbered",
    )


def make_splits(groups: np.ndarray, labels: np.ndarray, *, validation: float, test: float = 0, seed: int) -> np.ndarray:
    """Make splits: ``train``, ``validation`` or ``test`` for each row.

    Whole groups are assigned, class by class, so that every class has the given shares as closely as its groups allow:
    the test split is off by half a group at most, the validation split by one group. A group whose rows differ in class
    belongs to its most frequent class, and to the lowest of equally frequent ones.

    Parameters
    ----------
    groups
        Group of each row, counted from 0; the rows of a group stay together: int (rows,). See
        `genome_data.windows.sequence_duplicates.groups_of_copies`.
    labels
        Class of each row, counted from 0: int (rows,).
    validation, test
        Shares of the rows, with a sum below 1.
    seed
        Seed of the assignment, which otherwise depends only on the order of the rows.
    """
    sizes = np.bincount(groups)
    classes = _most_frequent(groups, labels)
    splits = np.full(len(sizes), "train", dtype=object)
    by_chance = np.random.default_rng(seed).permutation(len(sizes))
    for label in np.unique(classes):
        order = by_chance[classes[by_chance] == label]
        ends = np.cumsum(sizes[order])
        # The middle of a group decides.
        middle = (ends - sizes[order] / 2) / ends[-1]
        splits[order[middle < test + validation]] = "validation"
        splits[order[middle < test]] = "test"
    return splits[groups]


def _most_frequent(groups: np.ndarray, labels: np.ndarray) -> np.ndarray:
    counts = pd.DataFrame({"group": groups, "label": labels}).value_counts().reset_index()
    counts = counts.sort_values(["group", "count", "label"], ascending=[True, False, True])
    return counts.drop_duplicates("group")["label"].to_numpy()

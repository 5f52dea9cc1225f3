"""Window tables: tab-separated files with one row per window, and the base codes and composition of their windows.

The label is the index of a class, counted from 0: bound windows are 1, unbound windows 0. The contig of a labelled
sequence is the sequence itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_support.disk_errors import reserve
from workflow_support.errors import InputError
from workflow_support.job import progress

from ..accounting import describe_accounting
from ..alphabet import UNKNOWN
from ..folds import split_names
from ..genome import Genome

WINDOW_TABLE_COLUMNS = ["contig", "start", "end", "name", "label", "split", "gc"]
_TYPES = {"contig": "str", "start": np.int64, "end": np.int64, "name": "str", "label": np.int64, "split": "str"}
_CHUNK = 65_536
"""Windows whose codes are in memory at the same time, so that memory does not grow with the number of windows."""


def write_windows(windows: pd.DataFrame, path: str | Path) -> None:
    """Write the columns of a window table; its rows stay in order."""
    windows.to_csv(path, sep="\t", columns=WINDOW_TABLE_COLUMNS, index=False, float_format="%.6g", lineterminator="\n")


def read_windows(path: str | Path) -> pd.DataFrame:
    """Read a window table.

    Raises
    ------
    InputError
        If the file is no window table.
    """
    try:
        return pd.read_csv(
            path, sep="\t", usecols=WINDOW_TABLE_COLUMNS, dtype=_TYPES, keep_default_na=False, na_values={"gc": ""}
        )[WINDOW_TABLE_COLUMNS]
    except (ValueError, OSError) as error:
        raise InputError(
            "the file is no window table",
            file=path,
            found=error,
            allowed="tab-separated with the header: " + " ".join(WINDOW_TABLE_COLUMNS),
            fix="delete the file and run the workflow again, which will write a new one",
        ) from None


def gc_content(codes: np.ndarray) -> np.ndarray:
    """Fraction of G and C among the known bases of each row of (windows, width) codes; NaN if none is known."""
    known = np.count_nonzero(codes != UNKNOWN, axis=1)
    strong = np.count_nonzero((codes == 1) | (codes == 2), axis=1)
    return np.divide(strong, known, out=np.full(len(codes), np.nan), where=known > 0)


def unknown_fraction(codes: np.ndarray) -> np.ndarray:
    """Fraction of N in each row of (windows, width) codes."""
    return np.count_nonzero(codes == UNKNOWN, axis=1) / codes.shape[1]


def composition(genome: Genome, windows: pd.DataFrame, width: int) -> pd.DataFrame:
    """The GC fraction of known bases and the fraction of N of each window: columns ``gc, unknown``."""
    gc, unknown = np.empty(len(windows)), np.empty(len(windows))
    for first in range(0, len(windows), _CHUNK):
        rows = windows.iloc[first : first + _CHUNK]
        codes = genome.codes(rows["contig"], rows["start"], width)
        gc[first : first + _CHUNK], unknown[first : first + _CHUNK] = gc_content(codes), unknown_fraction(codes)
    return pd.DataFrame({"gc": gc, "unknown": unknown}, index=windows.index)


def write_codes(genome: Genome, windows: pd.DataFrame, path: str | Path) -> None:
    """Write the base codes of windows of one width: uint8 (windows, width), in the order of the table."""
    width = int(windows["end"].iloc[0] - windows["start"].iloc[0])
    array = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=(len(windows), width))
    reserve(Path(path))
    for first in progress(range(0, len(windows), _CHUNK), description="sequences", unit=" chunks"):
        rows = windows.iloc[first : first + _CHUNK]
        array[first : first + _CHUNK] = genome.codes(rows["contig"], rows["start"], width)
    array.flush()


def require_every_split(
    windows: pd.DataFrame, splits: Iterable[str], counts: pd.DataFrame, *, file: str | Path, what: str, fix: str
) -> None:
    """Raise an `InputError` unless every split has a window.

    Parameters
    ----------
    windows, counts
        The windows that are kept, and the table of :func:`genome_data.accounting.accounting_table`.
    splits
        The splits of the task, each once or more often: folds, or training, validation and test.
    file
        File that the error names.
    what, fix
        Name of what is missing, as ``peak``, and what the user can do.
    """
    names = split_names(splits)
    held = {split: int((windows["split"] == split).sum()) for split in names}
    if all(held.values()):
        return
    missing = " and ".join(split for split in names if not held[split])
    raise InputError(
        f"no {what} is left" + (f" in the split {missing}" if any(held.values()) else ""),
        file=file,
        found=f"{describe_accounting(counts)}; per split: "
        + ", ".join(f"{split} {count:,}" for split, count in held.items()),
        allowed=f"at least one window in each of {', '.join(names)}",
        fix=fix,
    )

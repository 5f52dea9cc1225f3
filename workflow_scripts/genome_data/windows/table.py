"""Window tables: tab-separated files of labelled stretches of a genome, and what they are made of.

The label is the index of a class from 0: bound windows are 1, others 0. Labelled sequences are contigs of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_support.disk_errors import reserve
from workflow_support.errors import InputError
from workflow_support.job import progress

from ..alphabet import UNKNOWN
from ..genome import Genome

COLUMNS = ("contig", "start", "end", "name", "label", "split", "gc")
_TYPES = {"contig": "str", "start": np.int64, "end": np.int64, "name": "str", "label": np.int64, "split": "str"}
_CHUNK = 65_536


def write_windows(windows: pd.DataFrame, path: str | Path) -> None:
    """Write the columns of a window table, in its order of rows."""
    windows.to_csv(path, sep="\t", columns=list(COLUMNS), index=False, float_format="%.6g", lineterminator="\n")


def read_windows(path: str | Path) -> pd.DataFrame:
    """Read a window table.

    Raises
    ------
    InputError
        If the file is no window table.
    """
    try:
        return pd.read_csv(
            path, sep="\t", usecols=list(COLUMNS), dtype=_TYPES, keep_default_na=False, na_values={"gc": ""}
        )[list(COLUMNS)]
    except (ValueError, OSError) as error:
        raise InputError(
            "the file is no window table",
            file=path,
            found=error,
            allowed="tab-separated with the header: " + " ".join(COLUMNS),
            mend="delete the file and run the workflow again to make it anew",
        ) from None


def in_genome_order(intervals: pd.DataFrame, sizes: Mapping[str, int]) -> pd.DataFrame:
    """The rows sorted by contig (in the order of the genome), start and end; equal rows keep their order."""
    rank = pd.Index(list(sizes)).get_indexer(intervals["contig"])
    order = np.lexsort((intervals["end"], intervals["start"], rank))
    return intervals.iloc[order].reset_index(drop=True)


def gc_content(codes: np.ndarray) -> np.ndarray:
    """Fraction of G and C among the known bases of each row of (n, width) codes; NaN where none is known."""
    known = np.count_nonzero(codes != UNKNOWN, axis=1)
    strong = np.count_nonzero((codes == 1) | (codes == 2), axis=1)
    return np.divide(strong, known, out=np.full(len(codes), np.nan), where=known > 0)


def unknown_fraction(codes: np.ndarray) -> np.ndarray:
    """Fraction of N in each row of (n, width) codes."""
    return np.count_nonzero(codes == UNKNOWN, axis=1) / codes.shape[1]


def composition(genome: Genome, windows: pd.DataFrame, width: int) -> pd.DataFrame:
    """GC over the known bases and fraction of unknown bases of each window: columns ``gc, unknown``."""
    gc, unknown = np.empty(len(windows)), np.empty(len(windows))
    # In chunks, so that the codes of a million windows never stand in memory together.
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
    # In chunks, so that the codes of a million windows never stand in memory together.
    for first in progress(range(0, len(windows), _CHUNK), description="sequences", unit=" chunks"):
        rows = windows.iloc[first : first + _CHUNK]
        array[first : first + _CHUNK] = genome.codes(rows["contig"], rows["start"], width)
    array.flush()

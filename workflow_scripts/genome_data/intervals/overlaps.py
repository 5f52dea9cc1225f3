"""Union, difference and overlap of tables of intervals, by bedtools (Quinlan & Hall 2010)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pybedtools

from workflow_support.disk_errors import require_space
from workflow_support.files import disk_errors_explained

COORDINATES = ["contig", "start", "end"]
_LEAST_SPACE = 1 << 16
"""Bytes that must be free on the disk after a call of bedtools."""


def merge(intervals: pd.DataFrame) -> pd.DataFrame:
    """The union of the intervals, sorted by contig name and start; intervals that touch become one."""
    if intervals.empty:
        return intervals[COORDINATES].copy()
    ordered = intervals[COORDINATES].sort_values(["contig", "start"], kind="stable")
    contigs = _contigs(ordered)
    with _bedtool(ordered, contigs) as bed:
        return _frame(bed.merge(), ordered, contigs)


def subtract(intervals: pd.DataFrame, *others: pd.DataFrame) -> pd.DataFrame:
    """The parts of each interval outside all ``others``, in the order of the intervals, with all their columns."""
    taken = [other[COORDINATES] for other in others if not other.empty]
    if intervals.empty or not taken:
        return intervals.reset_index(drop=True)
    others_joined = pd.concat(taken)
    contigs = _contigs(intervals, others_joined)
    with _bedtool(intervals, contigs) as bed, _bedtool(others_joined, contigs) as other:
        return _frame(bed.subtract(other), intervals, contigs)


def overlapping(intervals: pd.DataFrame, others: pd.DataFrame) -> np.ndarray:
    """Test whether each interval shares a base with any of ``others``: bool (intervals,)."""
    if intervals.empty or others.empty:
        return np.zeros(len(intervals), dtype=bool)
    contigs = _contigs(intervals, others)
    with _bedtool(intervals[COORDINATES], contigs) as bed, _bedtool(others[COORDINATES], contigs) as other:
        counts = _frame(bed.intersect(other, c=True), intervals[COORDINATES].assign(count=0), contigs)
    return counts["count"].to_numpy() > 0


def _contigs(*frames: pd.DataFrame) -> pd.Index:
    """The contigs of tables; bedtools sees their numbers, because it takes some names for headers (`chrom`)."""
    return pd.Index(pd.concat([frame["contig"] for frame in frames]).unique())


@contextmanager
def _bedtool(frame: pd.DataFrame, contigs: pd.Index) -> Iterator[pybedtools.BedTool]:
    columns = COORDINATES + [name for name in frame.columns if name not in COORDINATES]
    with disk_errors_explained(Path(pybedtools.get_tempdir(), "intervals")):
        numbered = frame[columns].assign(contig=[f"c{number}" for number in contigs.get_indexer(frame["contig"])])
        bed = pybedtools.BedTool.from_dataframe(numbered)
    try:
        yield bed
    finally:
        Path(bed.fn).unlink(missing_ok=True)


def _frame(bed: pybedtools.BedTool, like: pd.DataFrame, contigs: pd.Index) -> pd.DataFrame:
    """Read a result of bedtools into a table with the columns and types of ``like``."""
    columns = COORDINATES + [name for name in like.columns if name not in COORDINATES]
    try:
        # bedtools does not notice when the disk is full and its result is cut off.
        require_space(Path(bed.fn), _LEAST_SPACE)
        types = like.dtypes.to_dict() | {"contig": "str"}
        frame = pd.read_csv(bed.fn, sep="\t", names=columns, dtype=types, keep_default_na=False)
        frame["contig"] = contigs[frame["contig"].str[1:].astype(int)].to_numpy()
        frame = frame.astype({"contig": like["contig"].dtype})
    except pd.errors.EmptyDataError:
        frame = like.iloc[:0]
    finally:
        Path(bed.fn).unlink(missing_ok=True)
    return frame[list(like.columns)].reset_index(drop=True)

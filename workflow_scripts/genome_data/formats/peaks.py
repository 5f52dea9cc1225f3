"""Reader of peaks: narrowPeak, and BED with three or more columns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from workflow_support.job import logger

from .bed import BedFile, bed_intervals, interval_names

_NARROW_PEAK_COLUMNS = 10
_NO_SUMMIT = -1


def read_peaks(path: str | Path) -> pd.DataFrame:
    """Read a peak file, plain or gzip.

    A file of ten columns is narrowPeak (ENCODE). Any other number is BED with its optional columns.

    Returns
    -------
    pandas.DataFrame
        One row per peak, in the order of the file: ``contig, start, end`` (0-based, half open), ``name``
        (``peak_<line>`` if the file gives none), ``strength`` (signalValue of narrowPeak, score of BED; NaN if there is
        none), ``summit`` (0-based position on the contig; the midpoint if the file gives none) and ``line``.

    Raises
    ------
    InputError
        If a line cannot be used (the first one is named), or the whole file cannot.
    """
    bed = BedFile(path)
    peaks = bed_intervals(bed)
    midpoints = (peaks["start"] + peaks["end"]) // 2
    if bed.columns == _NARROW_PEAK_COLUMNS:
        strength, summits = bed.numbers(7, "signalValue"), _summits(bed, peaks, midpoints)
    else:
        strength = bed.numbers(5, "score") if bed.columns >= 5 else np.nan
        summits = midpoints
    names = interval_names(bed, otherwise=[f"peak_{line}" for line in bed.lines])
    return peaks.assign(name=names, strength=strength, summit=summits)[
        ["contig", "start", "end", "name", "strength", "summit", "line"]
    ]


def _summits(bed: BedFile, peaks: pd.DataFrame, midpoints: pd.Series) -> np.ndarray:
    offsets = bed.whole_numbers(10, "summit (peak offset)", lowest=_NO_SUMMIT)
    widths = (peaks["end"] - peaks["start"]).to_numpy()
    beyond = offsets > widths
    if beyond.any():
        row = int(np.argmax(beyond))
        raise bed.error(
            row,
            "the summit lies outside its peak",
            found=f"offset {offsets[row]} in a peak of {widths[row]} bp",
            allowed=f"0 to {widths[row] - 1}, counted from the peak's start, or -1 for none",
            fix="write the summit relative to the start (narrowPeak column 10), or -1",
        )
    _report(bed, offsets == _NO_SUMMIT, "without a summit are centred on their midpoint")
    # Published ENCODE peaks that were trimmed to their summit give an offset one past their last base.
    _report(bed, offsets == widths, "with the summit one base past their end are centred on their last base")
    return np.where(offsets == _NO_SUMMIT, midpoints, peaks["start"] + np.minimum(offsets, widths - 1))


def _report(bed: BedFile, concerned: np.ndarray, what: str) -> None:
    if concerned.any():
        logger.info("%s: %s peaks %s", bed.path, f"{np.count_nonzero(concerned):,}", what)

"""Reader of peaks in every format that `genome_data.formats.recognition` knows."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from .bed import IntervalFile


def read_peaks(path: str | Path) -> pd.DataFrame:
    """Read a peak file, plain or compressed, as :func:`peaks_of` returns it."""
    return peaks_of(IntervalFile(path))


def peaks_of(file: IntervalFile) -> pd.DataFrame:
    """The peaks of a table of intervals.

    Returns
    -------
    pandas.DataFrame
        One row per peak, in the order of the file: ``contig, start, end`` (0-based, half open), ``name``
        (``peak_<line>`` if the file gives none), ``strength`` (NaN if there is none), ``summit`` (0-based position on
        the contig; the centre by the rule of the format if the file gives none) and ``line``.

    Raises
    ------
    InputError
        If a line cannot be used; the first one is named.
    """
    peaks = file.intervals
    names = file.names(otherwise=[f"peak_{line}" for line in peaks["line"]])
    return peaks.assign(name=names, strength=file.strengths(), summit=file.centres())[
        ["contig", "start", "end", "name", "strength", "summit", "line"]
    ]

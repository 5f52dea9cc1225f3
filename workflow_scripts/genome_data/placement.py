"""Whether the intervals of a file lie on a genome."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_support.errors import InputError

from .contig_names import describe_mismatch


def on_genome(intervals: pd.DataFrame, sizes: Mapping[str, int], file: str | Path) -> np.ndarray:
    """Whether each interval lies on a contig of the genome: bool (intervals,).

    Parameters
    ----------
    intervals
        ``contig, start, end, line``.
    sizes
        Length of every contig of the genome.
    file
        What errors name.

    Raises
    ------
    InputError
        If no interval does (another naming style), or if one ends past its contig (another genome build).
    """
    lengths = intervals["contig"].map(sizes).to_numpy(dtype=float)
    is_known = ~np.isnan(lengths)
    if not is_known.any():
        names = list(dict.fromkeys(intervals["contig"]))
        raise InputError("no contig of the file is in the genome", file=file, **describe_mismatch(names, list(sizes)))
    past_end = is_known & (intervals["end"].to_numpy() > np.where(is_known, lengths, 0))
    if past_end.any():
        first = intervals.iloc[int(np.argmax(past_end))]
        raise InputError(
            "an interval ends past its contig, so the file belongs to another genome build",
            file=file,
            line=int(first["line"]),
            found=f"{first['contig']}:{first['start']}-{first['end']}; {np.count_nonzero(past_end):,} such in all",
            allowed=f"0 to {sizes[first['contig']]}, the length of {first['contig']} in this genome",
            mend="use the genome build that the file was made on, or lift the file over to this one",
        )
    return is_known

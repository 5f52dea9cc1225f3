"""Positive windows: one window per peak, of fixed width, with every peak that is left out counted by its reason."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ..accounting import Accounting
from ..genome import Genome
from ..intervals.contigs import in_genome_order
from ..intervals.overlaps import overlapping
from ..intervals.splits import OUTSIDE, STRADDLING, assign_split
from .strongest import require_choice, require_strengths
from .table import WINDOW_TABLE_COLUMNS, composition, require_every_split

REASONS = (
    "contig_not_in_genome",
    "beyond_contig_end",
    "blacklisted",
    "duplicate",
    "mostly_unknown_bases",
    "straddles_splits",
    "outside_splits",
    "weaker_than_strongest",
)
"""Reasons for leaving out a peak, in the order in which they are checked: the first that holds is counted."""


def positive_windows(
    peaks: pd.DataFrame,
    genome: Genome,
    regions: pd.DataFrame,
    blacklist: pd.DataFrame | None,
    *,
    width: int,
    strongest: int | None,
    max_unknown_fraction: float,
    file: str | Path,
    other_numbers: Sequence[str] = (),
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Centre a window on each summit and keep the windows that a network can learn from.

    Parameters
    ----------
    peaks
        Peaks as `genome_data.formats.peaks.read_peaks` returns them.
    regions
        Regions of the splits, as `genome_data.intervals.splits.split_regions` returns them.
    blacklist
        Intervals that no window may touch.
    width
        Length of a window in bases; it begins ``width // 2`` before its summit.
    strongest
        Number of windows to keep: the strongest of those that pass every other check, and the earlier in the file of
        a few equally strong ones. None keeps all.
    max_unknown_fraction
        Largest fraction of N in a window.
    file
        Peak file, named by errors.
    other_numbers
        Columns of the peak file that could rank peaks instead of the strength, in words, for errors.

    Returns
    -------
    windows, counts
        A window table in genome order, and ``reason, rows`` (`genome_data.accounting.accounting_table`).

    Raises
    ------
    InputError
        If no window is left, if a split is left without one, or if ``strongest`` is given for peaks without a strength
        or for too many of equal strength (`genome_data.windows.strongest`).
    """
    if strongest is not None:
        require_strengths(peaks["strength"], strongest, file, other_numbers)
    # From here on the strongest come first, so that the strongest of equal windows is the one that is kept.
    windows = _centred(peaks, width).sort_values("strength", ascending=False, kind="stable", na_position="last")
    windows = windows.reset_index(drop=True)
    rows = Accounting(len(windows), REASONS)
    lengths = windows["contig"].map(genome.sizes).to_numpy(dtype=float)
    rows.drop(np.isnan(lengths), "contig_not_in_genome")
    # A peak past the end of its contig may be of another genome build, so its summit is not trusted either.
    past_end = (windows["end"] > lengths) | (windows["peak_end"] > lengths)
    rows.drop((windows["start"] < 0) | past_end, "beyond_contig_end")
    if blacklist is not None:
        rows.drop_of_kept(overlapping(windows[rows.is_kept], blacklist), "blacklisted")
    rows.drop_of_kept(windows[rows.is_kept].duplicated(["contig", "start"]), "duplicate")

    found = composition(genome, windows[rows.is_kept], width)
    # Without a known base there is no GC fraction to match, whatever fraction of N is allowed.
    rows.drop_of_kept((found["unknown"] > max_unknown_fraction) | found["gc"].isna(), "mostly_unknown_bases")
    windows["gc"], windows["split"] = found["gc"], assign_split(windows, regions)
    rows.drop(windows["split"] == STRADDLING, "straddles_splits")
    rows.drop(windows["split"] == OUTSIDE, "outside_splits")
    if strongest is not None:
        require_choice(windows.loc[rows.is_kept, "strength"].to_numpy(float), strongest, file, other_numbers)
        rows.drop(rows.is_kept & (rows.is_kept.cumsum() > strongest), "weaker_than_strongest")

    counts, kept = rows.table(), windows[rows.is_kept].assign(label=1)
    advice = (
        "give the split regions that hold peaks (of folds, as lists), keep more of the strongest, or loosen what drops "
        "most of them"
    )
    require_every_split(kept, regions["split"], counts, file=file, what="peak", fix=advice)
    return in_genome_order(kept, genome.sizes)[WINDOW_TABLE_COLUMNS], counts


def _centred(peaks: pd.DataFrame, width: int) -> pd.DataFrame:
    starts = peaks["summit"] - width // 2
    return peaks[["contig", "name", "strength"]].assign(start=starts, end=starts + width, peak_end=peaks["end"])

"""From peaks to positive windows: fixed width, each reason for leaving one out counted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from workflow_support.errors import InputError

from ..genome import Genome
from ..intervals.checks import overlapping
from ..intervals.splits import OUTSIDE, SPLITS, STRADDLING, assign_split
from .table import COLUMNS, composition, in_genome_order

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
"""Why a peak is left out, in the order of asking: the first that holds is counted."""


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
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Centre a window on each summit and keep those that can be learned from.

    Parameters
    ----------
    peaks
        As `genome_data.formats.peaks.read_peaks` gives them.
    regions
        As `genome_data.intervals.splits.split_regions` gives them.
    blacklist
        Intervals that no window may touch.
    width
        A window begins ``width // 2`` before its summit.
    strongest
        Keep this many of the strongest windows that pass everything else; equals in the order of the file.
    max_unknown_fraction
        Largest fraction of N in a window.
    file
        What errors name.

    Returns
    -------
    windows, counts
        A window table in the order of the genome, and ``reason, rows`` from ``in`` over the reasons to ``kept``.

    Raises
    ------
    InputError
        If nothing is left, a split is left without a window, or the strongest are asked of peaks without a strength.
    """
    if strongest is not None and peaks["strength"].isna().all():
        raise InputError(
            "the strongest peaks are asked for, but the peaks have no strength",
            file=file,
            found=f"strongest: {strongest}",
            allowed="narrowPeak (signalValue in column 7) or BED with a score in column 5",
            mend="leave out `strongest:`, or give peaks with a score",
        )
    # The strongest come first from here on, so that of equal windows the first is the one to keep.
    windows = _centred(peaks, width).sort_values("strength", ascending=False, kind="stable", na_position="last")
    windows = windows.reset_index(drop=True)
    reason = _reasons(windows, genome, regions, blacklist, max_unknown_fraction)
    if strongest is not None:
        reason[np.flatnonzero(reason == "kept")[strongest:]] = "weaker_than_strongest"
    counts = _counts(reason)
    kept = windows[reason == "kept"].assign(label=1)
    _require_every_split(kept, counts, file)
    return in_genome_order(kept, genome.sizes)[list(COLUMNS)], counts


def _centred(peaks: pd.DataFrame, width: int) -> pd.DataFrame:
    starts = peaks["summit"] - width // 2
    return peaks[["contig", "name", "strength"]].assign(start=starts, end=starts + width)


def _reasons(
    windows: pd.DataFrame,
    genome: Genome,
    regions: pd.DataFrame,
    blacklist: pd.DataFrame | None,
    max_unknown_fraction: float,
) -> np.ndarray:
    """The reason against each window or ``kept``; also fills the columns ``split`` and ``gc`` of ``windows``."""
    reason = np.full(len(windows), "kept", dtype=object)
    lengths = windows["contig"].map(genome.sizes).to_numpy(dtype=float)
    _drop(reason, np.isnan(lengths), "contig_not_in_genome")
    _drop(reason, ((windows["start"] < 0) | (windows["end"] > lengths)).to_numpy(), "beyond_contig_end")
    if blacklist is not None:
        rows = np.flatnonzero(reason == "kept")
        _drop(reason, rows[overlapping(windows.iloc[rows], blacklist)], "blacklisted")
    rows = np.flatnonzero(reason == "kept")
    _drop(reason, rows[windows.iloc[rows].duplicated(["contig", "start"]).to_numpy()], "duplicate")

    rows = np.flatnonzero(reason == "kept")
    width = int(windows["end"].iloc[0] - windows["start"].iloc[0])
    found = composition(genome, windows.iloc[rows], width)
    windows["gc"] = found["gc"]
    # Without a known base there is no GC content to match, whatever fraction of N is allowed.
    unknown = (found["unknown"] > max_unknown_fraction) | found["gc"].isna()
    _drop(reason, rows[unknown.to_numpy()], "mostly_unknown_bases")

    windows["split"] = assign_split(windows, regions)
    _drop(reason, (windows["split"] == STRADDLING).to_numpy(), "straddles_splits")
    _drop(reason, (windows["split"] == OUTSIDE).to_numpy(), "outside_splits")
    return reason


def _drop(reason: np.ndarray, rows: np.ndarray, why: str) -> None:
    """Give ``why`` to the rows (a mask or positions) that nothing speaks against yet."""
    chosen = np.zeros(len(reason), dtype=bool)
    chosen[rows] = True
    reason[chosen & (reason == "kept")] = why


def _counts(reason: np.ndarray) -> pd.DataFrame:
    rows = [("in", len(reason)), *((why, int(np.sum(reason == why))) for why in (*REASONS, "kept"))]
    assert len(reason) == sum(count for _, count in rows[1:]), "a peak was neither kept nor counted as dropped"
    return pd.DataFrame(rows, columns=["reason", "rows"])


def _require_every_split(kept: pd.DataFrame, counts: pd.DataFrame, file: str | Path) -> None:
    missing = [split for split in SPLITS if not (kept["split"] == split).any()]
    if not missing:
        return
    dropped = ", ".join(f"{rows:,} {reason}" for reason, rows in counts.itertuples(index=False) if rows)
    held = ", ".join(f"{split} {np.count_nonzero(kept['split'] == split):,}" for split in SPLITS)
    problem = "no peak is left" if kept.empty else f"no peak is left in the split {' and '.join(missing)}"
    raise InputError(
        problem,
        file=file,
        found=f"{dropped}; per split: {held}",
        allowed="at least one window in each of train, validation and test",
        mend="give the split regions that hold peaks, keep more of the strongest, or loosen what drops most of them",
    )

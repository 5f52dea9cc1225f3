"""Choice of the strongest peaks, which is refused where strengths do not say which they are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_support.errors import InputError
from workflow_support.job import logger

LARGEST_TIED_SHARE = 0.05
"""Largest share of the chosen peaks that may be chosen by their order in the file, among equally strong ones."""


def require_strengths(strengths: pd.Series, strongest: int, file: str | Path, other_numbers: Sequence[str]) -> None:
    """Raise an `InputError` if no peak has a strength; for ``other_numbers`` see :func:`require_choice`."""
    if strengths.isna().all():
        raise InputError(
            "the strongest peaks are asked for, but the peaks have no strength",
            file=file,
            found=f"strongest: {strongest}",
            allowed="narrowPeak (signalValue in column 7), BED with a score in column 5 and a strand in column 6, or "
            "another table with strengths (docs/inputs.md)",
            fix="leave out `strongest:`, or give peaks with a score" + _other_ranks(other_numbers),
        )


def require_choice(strengths: np.ndarray, strongest: int, file: str | Path, other_numbers: Sequence[str]) -> None:
    """Check that strengths tell the strongest peaks from the others.

    Parameters
    ----------
    strengths
        Strengths of the peaks that pass all filters, in descending order, NaN last: (peaks,).
    strongest
        Number of peaks to choose: the first so many.
    file
        Peak file, named by errors.
    other_numbers
        Columns of the file with other numbers that differ between peaks, in words.

    Raises
    ------
    InputError
        If more than :data:`LARGEST_TIED_SHARE` of the chosen peaks would be chosen among equally strong ones.
    """
    if len(strengths) <= strongest:
        return
    weakest = strengths[strongest - 1]
    is_tied = np.isnan(strengths) if np.isnan(weakest) else strengths == weakest
    chosen, tied = int(is_tied[:strongest].sum()), int(is_tied.sum())
    if chosen == tied:
        return
    strength = "without a strength" if np.isnan(weakest) else f"of strength {weakest:g}"
    found = f"{tied:,} peaks {strength}, of which {chosen:,} would be kept and {tied - chosen:,} left out"
    if chosen <= LARGEST_TIED_SHARE * strongest:
        logger.info("%s: %s, by their order in the file", file, found)
        return
    sizes = " or ".join(str(size) for size in (strongest - chosen, strongest - chosen + tied) if size)
    raise InputError(
        "the strongest peaks cannot be chosen, because too many are equally strong",
        file=file,
        found=f"{found}, with strongest: {strongest}",
        allowed=f"at most {LARGEST_TIED_SHARE:.0%} of the kept peaks chosen among equally strong ones",
        fix=f"write strongest: {sizes}, or leave it out" + _other_ranks(other_numbers),
    )


def _other_ranks(other_numbers: Sequence[str]) -> str:
    if not other_numbers:
        return "; no other column of the file holds numbers that differ"
    return f"; other numbers that differ are in {', '.join(other_numbers)}: give a narrowPeak with these in column 7"

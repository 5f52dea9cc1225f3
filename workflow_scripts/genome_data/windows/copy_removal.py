"""Removal of training windows that are near-copies of validation or test windows, with every one of them counted.

With folds, windows that are near-copies of windows in an earlier fold are removed.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from workflow_support.errors import InputError

from ..accounting import Accounting
from ..folds import is_trained_on
from ..genome import Genome
from .near_copies import training_near_copies
from .table import write_codes

NEAR_COPY = "near-copy of a validation or test window"
"""The reason under which these windows are counted."""


def drop_near_copies(rows: Accounting, windows: pd.DataFrame, codes: np.ndarray, file: str | Path) -> None:
    """Leave out the training windows that are near-copies of held-out ones, or of windows in an earlier fold.

    The validation and test splits stay as they are, so that metrics with and without the removal are of the same
    windows. Folds lose windows, because all are trained on.

    Parameters
    ----------
    rows
        Accounting of the windows, with the reason :data:`NEAR_COPY`.
    windows
        ``split, label`` of the windows, one for each row of the accounting.
    codes
        Base codes of the windows that are still kept: uint8 (kept windows, width).
    file
        File that an error names.

    Raises
    ------
    InputError
        If a class, of the training split or of a fold, would be left without a window to train on.
    """
    kept = windows[rows.is_kept]
    is_copy = training_near_copies(codes, kept["split"].to_numpy())
    is_training = is_trained_on(kept["split"].to_numpy())
    for (split, label), of_class in kept[is_training].assign(is_copy=is_copy[is_training]).groupby(["split", "label"]):
        if of_class["is_copy"].all():
            raise InputError(
                "`remove_copies: true` leaves a class without a window to train on",
                file=file,
                found=f"{len(of_class):,} windows of {split} with the label {label}, all of them near-copies of "
                "validation or test windows, or of earlier folds",
                allowed="at least one window of each class to train on, in each fold, that is no near-copy",
                fix="delete `remove_copies`, which leaves the copies counted, or give splits that are less alike",
            )
    rows.drop_of_kept(is_copy, NEAR_COPY)


def write_kept_codes(
    genome: Genome, windows: pd.DataFrame, rows: Accounting, path: Path, file: str | Path, *, remove_copies: bool
) -> None:
    """Write the base codes of the windows that are kept, after :func:`drop_near_copies` if ``remove_copies``."""
    write_codes(genome, windows[rows.is_kept], path)
    if not remove_copies:
        return
    written = int(rows.is_kept.sum())
    drop_near_copies(rows, windows, np.load(path, mmap_mode="r"), file)
    if rows.is_kept.sum() < written:
        write_codes(genome, windows[rows.is_kept], path)

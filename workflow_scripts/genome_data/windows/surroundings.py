"""The surroundings of some bound test windows, in which windows are moved to learn how much scores depend on it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from ..folds import is_tested
from ..genome import Genome

SITES = 200
"""The largest number of bound test windows whose surroundings are kept, evenly spaced in the table."""


def write_surroundings(genome: Genome, windows: pd.DataFrame, path: str | Path) -> None:
    """Write the base codes of bound test windows and of half a window on either side.

    Parameters
    ----------
    windows
        A window table; all windows have one width.
    path
        Array to write: uint8 (sites, width + 2 * (width // 2)), N beyond the ends of a contig.
    """
    width = int(windows["end"].iloc[0] - windows["start"].iloc[0])
    sites = windows.iloc[rows_with_surroundings(windows)]
    margin = width // 2
    np.save(path, genome.codes(sites["contig"], sites["start"] - margin, width + 2 * margin))


def rows_with_surroundings(windows: pd.DataFrame) -> np.ndarray:
    """The rows of a window table whose surroundings are kept, in the order of :func:`write_surroundings`."""
    bound = np.flatnonzero(is_tested(windows["split"].to_numpy()) & (windows["label"] == 1).to_numpy())
    return bound[np.unique(np.linspace(0, len(bound) - 1, min(len(bound), SITES)).astype(np.int64))]

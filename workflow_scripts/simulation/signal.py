"""BigWig files of read coverage and of read rates along the genome."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyBigWig

from genome_data.formats.tracks import TrackWriter, require_room_for_track

BIN_WIDTH = 20
BACKGROUND_COVERAGE = 2.0
FRAGMENT_SD = 60.0
# Beyond four standard deviations, a bump is hidden by Poisson noise.
BUMP_BINS = np.arange(-12, 13)


def write_coverage(path: Path, lengths: Mapping[str, int], bumps: pd.DataFrame, rng: np.random.Generator) -> None:
    """Write Poisson coverage in bins of 20 bases: a flat background with bumps of signal.

    Parameters
    ----------
    path
        The bigWig to write.
    lengths
        Contig lengths.
    bumps
        Frame ``contig, centre, signal``; the height of a bump is its signal.
    """
    require_room_for_track(path, sum(lengths.values()) // BIN_WIDTH)
    with pyBigWig.open(str(path), "w") as bigwig:
        bigwig.addHeader(list(lengths.items()))
        for contig, length in lengths.items():
            coverage = rng.poisson(_expected_coverage(length, bumps[bumps["contig"] == contig])).astype(float)
            bigwig.addEntries(contig, 0, values=coverage, span=BIN_WIDTH, step=BIN_WIDTH)


def write_rates(path: Path, rates: Mapping[str, np.ndarray]) -> None:
    """Write one value per base (by contig, shape (length,)), one interval per run of equal values."""
    with TrackWriter(path, {contig: len(values) for contig, values in rates.items()}) as track:
        for contig, values in rates.items():
            starts = np.concatenate(([0], np.flatnonzero(np.diff(values)) + 1))
            track.add(contig, starts, np.append(starts[1:], len(values)), values[starts])


def _expected_coverage(length: int, bumps: pd.DataFrame) -> np.ndarray:
    expected = np.full(length // BIN_WIDTH, BACKGROUND_COVERAGE)
    centres = bumps["centre"].to_numpy()
    bins = centres[:, None] // BIN_WIDTH + BUMP_BINS
    distances = (bins + 0.5) * BIN_WIDTH - centres[:, None]
    heights = bumps["signal"].to_numpy()[:, None] * np.exp(-0.5 * (distances / FRAGMENT_SD) ** 2)
    is_inside = (bins >= 0) & (bins < len(expected))
    np.add.at(expected, bins[is_inside], heights[is_inside])
    return expected

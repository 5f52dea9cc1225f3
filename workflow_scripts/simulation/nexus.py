"""Simulated 5' ends of ChIP-nexus reads: stops of an exonuclease around each site, and a background.

The exonuclease digests each strand from its 5' end until it meets the protein, so reads of the strand that carries the
motif start upstream of it, and reads of the other strand downstream (He, Johnston & Zeitlinger 2015). Some digestions
pause earlier on DNA rich in G and C, as they do in real data, so the profile of a site depends on the bases that flank
it. A control has the same background without sites.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from genome_data.alphabet import UNKNOWN, reverse_complement

READ_LENGTH = 40
REGION_WIDTH = 100
REGIONS_SD = 5
# All reads of a stop start within this number of bases of it.
STOP_REACH = 12
OVERRUN = 0.25
LEAST_LOG_ODDS = 1.0


@dataclass(frozen=True)
class NexusSettings:
    """The settings of simulated reads; ``resources/schemas/simulation.schema.json`` explains each of them."""

    reads_per_site: float
    dispersion: float
    offsets: tuple[int, int]
    stop_spread: float
    pause_distance: int
    pause_share: float
    background: float
    background_variation: float
    duplicates_per_read: float
    low_quality_per_read: float
    unmapped_per_read: float

    @property
    def reach(self) -> int:
        """The largest distance (bases) between the centre of a motif and the start of one of its reads."""
        return max(map(abs, self.offsets)) + self.pause_distance + STOP_REACH


def mappable_ends(codes: np.ndarray) -> np.ndarray:
    """The positions at which a read can have its 5' end: it must lie on the contig and on known bases only.

    Parameters
    ----------
    codes
        Base codes of a contig, shape (length,).

    Returns
    -------
    numpy.ndarray
        bool, shape (2, length): + strand, - strand.
    """
    unknown = np.concatenate(([0], np.cumsum(codes == UNKNOWN)))
    is_clean = unknown[READ_LENGTH:] == unknown[:-READ_LENGTH]
    beyond = np.zeros(READ_LENGTH - 1, dtype=bool)
    return np.stack([np.concatenate((is_clean, beyond)), np.concatenate((beyond, is_clean))])


def background_rates(
    contigs: Mapping[str, np.ndarray], settings: NexusSettings, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Draw the rate of background reads, which varies over about 1,000 bases.

    Returns
    -------
    dict of str to numpy.ndarray
        By contig, the expected 5' ends per base, float64, shape (2, length): + strand, - strand.
    """
    distances = np.arange(-4 * REGIONS_SD, 4 * REGIONS_SD + 1)
    kernel = np.exp(-0.5 * (distances / REGIONS_SD) ** 2)
    # The kernel has unit norm, so that the smoothed noise has unit variance like the noise.
    kernel /= np.linalg.norm(kernel)
    rates = {}
    for contig, codes in contigs.items():
        regions = -(-len(codes) // REGION_WIDTH)
        smooth = np.convolve(rng.normal(size=regions + len(kernel) - 1), kernel, mode="valid")
        # A log-normal variable with this logarithm has mean 1.
        logarithm = settings.background_variation * smooth - settings.background_variation**2 / 2
        regional = np.repeat(settings.background * np.exp(logarithm), REGION_WIDTH)[: len(codes)]
        rates[contig] = regional * mappable_ends(codes)
    return rates


def expected_reads(log_odds: np.ndarray, reads_per_site: float) -> np.ndarray:
    """The expected reads of each site: proportional to its squared log odds, with mean ``reads_per_site``."""
    occupancy = np.maximum(log_odds, LEAST_LOG_ODDS) ** 2
    return reads_per_site * occupancy / occupancy.mean()


def footprints(
    contigs: Mapping[str, np.ndarray], sites: pd.DataFrame, settings: NexusSettings
) -> tuple[np.ndarray, np.ndarray]:
    """The distribution of the starts of reads around each site.

    Parameters
    ----------
    contigs
        Base codes by contig.
    sites
        Frame ``contig, start, end, strand``, 0-based and half open.
    settings
        The settings of the reads.

    Returns
    -------
    first
        Position of the first column of each footprint, shape (sites,).
    probabilities
        The probability that a read of the site starts at each position, shape (sites, 2, 2 * reach + 1): + strand,
        - strand of the contig. The middle column is the centre of the motif.
    """
    is_reverse = (sites["strand"] == "-").to_numpy()
    width = (sites["end"] - sites["start"]).to_numpy()
    # The centre is the same base of the motif on either strand, even if the width is even.
    centres = np.where(is_reverse, sites["end"] - 1 - width // 2, sites["start"] + width // 2)
    first = centres - settings.reach
    words = np.empty((len(sites), 2 * settings.reach + 1), dtype=np.uint8)
    for contig, rows in sites.groupby("contig").indices.items():
        words[rows] = contigs[contig][first[rows, None] + np.arange(words.shape[1])]
    words[is_reverse] = reverse_complement(words[is_reverse])
    own, other = settings.offsets
    # The other strand is read in its own direction, so that both strands follow the same rule.
    on_other = _stops(reverse_complement(words), -other, settings)[:, ::-1]
    probabilities = np.stack([_stops(words, own, settings), on_other], axis=1) / 2
    probabilities[is_reverse] = probabilities[is_reverse, ::-1, ::-1]
    return first, probabilities


def add_footprints(
    rates: dict[str, np.ndarray],
    sites: pd.DataFrame,
    first: np.ndarray,
    probabilities: np.ndarray,
    reads: np.ndarray,
) -> dict[str, np.ndarray]:
    """The background ``rates`` plus the ``reads`` of each site, distributed by its ``probabilities``."""
    total = {contig: strands.copy() for contig, strands in rates.items()}
    for contig, rows in sites.groupby("contig").indices.items():
        positions = first[rows, None] + np.arange(probabilities.shape[2])
        for strand in range(2):
            # The footprints of neighbouring sites may overlap.
            np.add.at(total[contig][strand], positions, reads[rows, None] * probabilities[rows, strand])
    return total


def stop_kernel(spread: float) -> np.ndarray:
    """The probability that a read starts -STOP_REACH to STOP_REACH bases beyond a stop, shape (2 * STOP_REACH + 1,).

    It falls geometrically on both sides of the stop: slowly before the stop (``spread`` bases on average) and quickly
    beyond it.
    """
    distances = np.arange(STOP_REACH + 1)
    short, beyond = ((mean / (1 + mean)) ** distances for mean in (spread, OVERRUN * spread))
    kernel = np.concatenate((short[::-1], beyond[1:]))
    return kernel / kernel.sum()


def _stops(words: np.ndarray, offset: int, settings: NexusSettings) -> np.ndarray:
    """The distribution of read starts on the strand of ``words``, with the shape of ``words``; each row sums to 1."""
    stop = settings.reach + offset
    pause = stop - settings.pause_distance
    flank = words[:, pause:stop]
    paused = settings.pause_share * ((flank == 1) | (flank == 2)).mean(axis=1, keepdims=True)
    kernel = stop_kernel(settings.stop_spread)
    probabilities = np.zeros(words.shape)
    for position, share in ((pause, paused), (stop, 1 - paused)):
        probabilities[:, position - STOP_REACH : position + STOP_REACH + 1] += share * kernel
    return probabilities

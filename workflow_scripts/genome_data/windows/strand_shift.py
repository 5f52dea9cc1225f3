"""Shift between the strands: the distance between read starts of + and − around binding sites, and its sign.

Fragments end on both sides of a bound protein: read starts of the + strand lie to its left and those of the − strand to
its right (Rhee & Pugh 2011; He et al. 2015). If the files of the two strands are exchanged, the sides are exchanged
too.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

SIGMA = 5.0
"""Standard deviation of the Gaussian that smooths profiles, in bases."""
CLEAR = 5.0
"""Number of standard errors from which on the order of the strands is called clear, in either direction."""

_BLOCK = 4096


class StrandShift(NamedTuple):
    """Comparison of the read starts of the two strands around sites.

    Attributes
    ----------
    plus, minus
        Position of the maximum of each strand relative to the site, in bases; left is negative.
    lag
        Distance by which the − strand lies to the right of the + strand, in bases: the maximum of their
        cross-correlation.
    correlation
        Cross-correlation at this lag, between −1 and 1.
    order
        Evidence that + lies left of −, in standard errors; negative if it lies right.
    windows, reads_plus, reads_minus
        Number of windows, and of their reads on each strand.
    """

    plus: int
    minus: int
    lag: int
    correlation: float
    order: float
    windows: int
    reads_plus: int
    reads_minus: int

    @property
    def verdict(self) -> str:
        """``right`` if + clearly lies left of −, ``swapped`` if it clearly lies right, otherwise ``unclear``."""
        if self.lag > 0 and self.order >= CLEAR:
            return "right"
        if self.lag < 0 and self.order <= -CLEAR:
            return "swapped"
        return "unclear"


def measure_strand_shift(counts: np.ndarray, sigma: float = SIGMA) -> StrandShift:
    """Compare the read starts of the two strands around sites.

    Parameters
    ----------
    counts
        Read starts (windows, 2, positions), + strand first; the site of each window lies at ``positions // 2``.
    sigma
        Standard deviation of the smoothing, in bases.
    """
    plus, minus = footprint_maxima(counts, sigma)
    correlation = cross_correlation(counts, sigma)
    best = int(np.argmax(correlation))
    reads = counts.sum(axis=(0, 2), dtype=np.int64)
    return StrandShift(
        plus=plus,
        minus=minus,
        lag=best - len(correlation) // 2,
        correlation=float(correlation[best]),
        order=strand_order(counts),
        windows=len(counts),
        reads_plus=int(reads[0]),
        reads_minus=int(reads[1]),
    )


def footprint_maxima(counts: np.ndarray, sigma: float) -> tuple[int, int]:
    """Positions, relative to the site, of the maxima of the + and the − strand, summed over windows and smoothed.

    Parameters
    ----------
    counts
        Read starts (windows, 2, positions), + strand first; the site of each window lies at ``positions // 2``.
    sigma
        Standard deviation of the smoothing, in bases; 0 for none.
    """
    footprint = smooth(counts.sum(axis=0, dtype=np.float64), sigma)
    plus, minus = footprint.argmax(axis=1) - counts.shape[2] // 2
    return int(plus), int(minus)


def smooth(profiles: np.ndarray, sigma: float) -> np.ndarray:
    """Convolve (profiles, positions) with a Gaussian; values beyond the ends are 0."""
    kernel = _gaussian(sigma)
    padded = np.pad(profiles, ((0, 0), (len(kernel) // 2, len(kernel) // 2)))
    return np.stack([np.convolve(profile, kernel, mode="valid") for profile in padded])


def cross_correlation(counts: np.ndarray, sigma: float) -> np.ndarray:
    """Correlation of the smoothed + strand with the − strand ``lag`` bases further right, over all windows.

    Each window is correlated with itself, so it does not matter how precisely windows are centred on sites. The weight
    of a window is proportional to its reads rather than to their square, so that a few deep windows do not dominate.

    Parameters
    ----------
    counts
        Read starts (windows, 2, positions), + strand first.
    sigma
        Standard deviation of the smoothing, in bases.

    Returns
    -------
    numpy.ndarray
        One value per lag from ``−(positions // 2)`` to ``positions // 2``.
    """
    positions = counts.shape[2]
    kernel = _gaussian(sigma)
    # The length prevents values from wrapping around from one end to the other.
    length = 2 * (positions + len(kernel))
    cross, energy = np.zeros(length // 2 + 1, dtype=complex), np.zeros(2)
    filter_ = np.fft.rfft(kernel, length)
    for first in range(0, len(counts), _BLOCK):
        block = counts[first : first + _BLOCK].astype(np.float64)
        total = block.sum(axis=2, keepdims=True)
        block = (block - total / positions) / np.sqrt(np.maximum(total, 1))
        smoothed = np.fft.rfft(block, length) * filter_
        cross += (np.conj(smoothed[:, 0]) * smoothed[:, 1]).sum(axis=0)
        energy += np.square(np.fft.irfft(smoothed, length)).sum(axis=(0, 2))
    reach = positions // 2
    lags = np.arange(-reach, reach + 1)
    return np.fft.irfft(cross, length)[lags] / max(np.sqrt(energy.prod()), np.finfo(float).tiny)


def strand_order(counts: np.ndarray) -> float:
    """Evidence that read starts of the + strand lie left of those of the − strand, in standard errors.

    Consider all pairs of a + read and a − read of a window. Let d be the fraction of pairs in which + lies left minus
    the fraction in which it lies right, between −1 and 1. If the strands were alike, both signs of d would be equally
    likely in each window, and Σd / √Σd² over the windows would be close to a standard normal number. Every window has
    the same weight, whatever its number of reads.

    Parameters
    ----------
    counts
        Read starts (windows, 2, positions), + strand first.
    """
    differences = []
    for first in range(0, len(counts), _BLOCK):
        plus, minus = counts[first : first + _BLOCK].astype(np.float64).transpose(1, 0, 2)
        up_to = minus.cumsum(axis=1)
        right_less_left = up_to[:, -1:] - up_to - (up_to - minus)
        pairs = plus.sum(axis=1) * minus.sum(axis=1)
        differences.append((plus * right_less_left).sum(axis=1)[pairs > 0] / pairs[pairs > 0])
    d = np.concatenate(differences)
    return float(d.sum() / max(np.sqrt(np.square(d).sum()), np.finfo(float).tiny))


def _gaussian(sigma: float) -> np.ndarray:
    """Weights of a Gaussian cut at 4 standard deviations, with sum 1; a single 1 if sigma is 0."""
    reach = int(np.ceil(4 * sigma))
    weights = np.exp(-0.5 * np.square(np.arange(-reach, reach + 1) / max(sigma, np.finfo(float).tiny)))
    return weights / weights.sum()

"""How far the read starts of the two strands lie apart around binding sites, and whether the strands are exchanged.

Fragments end on both sides of a bound protein: read starts of the + strand lie to its left, those of the − strand to
its right (Rhee & Pugh 2011; He et al. 2015). With the files exchanged, it is the other way round.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

SIGMA = 5.0
"""Standard deviation of the Gaussian by which profiles are smoothed, in bases."""
CLEAR = 5.0
"""From this order on, either way, the order of the strands is called clear: 5 standard errors."""

_BLOCK = 4096


class StrandShift(NamedTuple):
    """Read starts of the two strands around sites.

    Attributes
    ----------
    plus, minus
        Position of the maximum of each strand relative to the site, in bases; left is negative.
    lag
        By how many bases the − strand lies to the right of the + strand: the maximum of their cross-correlation.
    correlation
        The cross-correlation there, between −1 and 1.
    order
        Evidence that + lies left of −, in standard errors; negative where it lies right.
    windows, reads_plus, reads_minus
        Windows and their reads on either strand.
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
        """``right``: + clearly lies left of −; ``swapped``: clearly right of it; else ``unclear``."""
        if self.lag > 0 and self.order >= CLEAR:
            return "right"
        if self.lag < 0 and self.order <= -CLEAR:
            return "swapped"
        return "unclear"


def measure_strand_shift(counts: np.ndarray, sigma: float = SIGMA) -> StrandShift:
    """Compare the strands around sites.

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
    """Positions of the maxima of the + and the − strand, summed over windows and smoothed, relative to the site.

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
    """Convolve (profiles, positions) with a Gaussian; nothing lies beyond the ends."""
    kernel = _gaussian(sigma)
    padded = np.pad(profiles, ((0, 0), (len(kernel) // 2, len(kernel) // 2)))
    return np.stack([np.convolve(profile, kernel, mode="valid") for profile in padded])


def cross_correlation(counts: np.ndarray, sigma: float) -> np.ndarray:
    """Correlation of the smoothed + strand with the − strand ``lag`` bases further right, over all windows.

    Within windows, so that it does not matter how well their centres hit the sites. A window weighs in proportion to
    its reads rather than to their square, so that a few deep ones do not decide alone.

    Parameters
    ----------
    counts
        Read starts (windows, 2, positions), + strand first.
    sigma
        Standard deviation of the smoothing, in bases.

    Returns
    -------
    numpy.ndarray
        One value a lag from ``−(positions // 2)`` to ``positions // 2``.
    """
    positions = counts.shape[2]
    kernel = _gaussian(sigma)
    # Long enough that nothing wraps round from one end to the other.
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

    Of all pairs of a + and a − read of a window, the fraction in which + lies left less the fraction in which it lies
    right: d, between −1 and 1. Were the strands alike, d would have either sign with equal chance in each window, so
    that Σd / √Σd² over the windows is about a standard normal number. Each window counts alike, however deep.

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
    """Weights of a Gaussian cut at 4 standard deviations, of sum 1; a single 1 for a sigma of 0."""
    reach = int(np.ceil(4 * sigma))
    weights = np.exp(-0.5 * np.square(np.arange(-reach, reach + 1) / max(sigma, np.finfo(float).tiny)))
    return weights / weights.sum()

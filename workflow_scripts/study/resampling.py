"""Metrics on bootstrap draws of test windows, with the same draws for every model."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping

import numpy as np

RESAMPLES_PER_BLOCK = 100

Metric = Callable[[np.ndarray], np.ndarray]
"""A function from the number of times that each window was drawn (windows, resamples) to one value per resample."""


def resampled_metrics(
    metrics: Mapping[Hashable, Metric], strata: np.ndarray, resamples: int, generator: np.random.Generator
) -> dict[Hashable, np.ndarray]:
    """The values (resamples,) of every metric, by key, on the same draws of windows.

    Parameters
    ----------
    strata
        Stratum of each window (windows,). Windows are drawn with replacement within strata, so that the classes keep
        the sizes that they have in the data set.
    """
    blocks = [
        {key: metric(counts) for key, metric in metrics.items()} for counts in _draws(strata, resamples, generator)
    ]
    return {key: np.concatenate([block[key] for block in blocks]) for key in metrics}


def _draws(strata: np.ndarray, resamples: int, generator: np.random.Generator) -> Iterator[np.ndarray]:
    members = [np.flatnonzero(strata == stratum) for stratum in np.unique(strata)]
    for start in range(0, resamples, RESAMPLES_PER_BLOCK):
        counts = np.zeros((len(strata), min(RESAMPLES_PER_BLOCK, resamples - start)))
        for column in counts.T:
            for rows in members:
                column[rows] = np.bincount(generator.integers(len(rows), size=len(rows)), minlength=len(rows))
        yield counts


def auroc_of_draws(labels: np.ndarray, scores: np.ndarray) -> Metric:
    """The AUROC: the probability that a positive scores above a negative; ties count one half.

    Parameters
    ----------
    labels, scores
        Arrays (windows,); the label of a positive is true.
    """
    labels = labels.astype(bool)
    positive, negative = (np.flatnonzero(mask)[np.argsort(scores[mask])] for mask in (labels, ~labels))
    # For each positive, the number of negatives that score below it, and the number that do not score above it.
    below, not_above = (np.searchsorted(scores[negative], scores[positive], side=side) for side in ("left", "right"))

    def metric(counts: np.ndarray) -> np.ndarray:
        ranked = np.zeros((len(negative) + 1, counts.shape[1]))
        np.cumsum(counts[negative], axis=0, out=ranked[1:])
        weights = counts[positive]
        wins = np.einsum("pr,pr->r", weights, ranked[below]) + np.einsum("pr,pr->r", weights, ranked[not_above])
        pairs = weights.sum(axis=0) * ranked[-1]
        return np.divide(wins / 2, pairs, out=np.full(pairs.shape, np.nan), where=pairs > 0)

    return metric


def macro_auroc_of_draws(labels: np.ndarray, scores: np.ndarray) -> Metric:
    """The mean, over the classes that occur, of the AUROC of one class against all others.

    Parameters
    ----------
    labels, scores
        Class indices (windows,) and scores (windows, classes).
    """
    of_classes = [auroc_of_draws(labels == index, scores[:, index]) for index in np.unique(labels)]
    return lambda counts: np.mean([metric(counts) for metric in of_classes], axis=0)


def mean_of_draws(values: np.ndarray) -> Metric:
    """The mean over windows of ``values`` (windows,), ignoring NaN."""
    is_defined = np.isfinite(values)
    filled = np.where(is_defined, values, 0)

    def metric(counts: np.ndarray) -> np.ndarray:
        defined = is_defined @ counts
        return np.divide(filled @ counts, defined, out=np.full(defined.shape, np.nan), where=defined > 0)

    return metric

"""A metric as a mean over test windows, so that it has a variance over windows without any resampling."""

from __future__ import annotations

import numpy as np


def auroc_values(labels: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """The placement value of each window (windows,): the share of windows of the other class that it is right about.

    A positive is right about the negatives that score below it, a negative about the positives that score above it;
    ties count one half. The mean over either class is the AUROC. Its variance is the sum, over both classes, of the
    variance of these values within the class, divided by the size of the class (DeLong, DeLong & Clarke-Pearson 1988).
    The same holds for differences between models.

    Parameters
    ----------
    labels, scores
        Arrays (windows,); the label of a positive is true.
    """
    labels, scores = labels.astype(bool), np.asarray(scores, dtype=np.float64)
    values = np.empty(len(scores))
    for is_own, sign in ((labels, 1.0), (~labels, -1.0)):
        own, others = sign * scores[is_own], np.sort(sign * scores[~is_own])
        below = [np.searchsorted(others, own, side=side) for side in ("left", "right")]
        values[is_own] = np.divide(
            np.sum(below, axis=0), 2 * len(others), out=np.full(len(own), np.nan), where=len(others) > 0
        )
    return values


def macro_auroc_values(labels: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """The values of windows for the mean, over the classes that occur, of the AUROC of one class against all others.

    The variance of this mean is the sum, over classes, of the variance of the values within the class, divided by the
    size of the class.

    Parameters
    ----------
    labels, scores
        Class indices (windows,) and scores (windows, classes).
    """
    classes, sizes = np.unique(labels, return_counts=True)
    values = np.zeros(len(labels))
    for index, size in zip(classes, sizes, strict=True):
        of_class = auroc_values(labels == index, scores[:, index])
        # Windows of another class are a share of the windows that this one is told from.
        shares = sizes[np.searchsorted(classes, labels)] / (len(labels) - size)
        values += np.where(labels == index, 1.0, shares) * of_class
    return values / len(classes)


def mean_values(values: np.ndarray) -> np.ndarray:
    """The values whose mean over all windows (windows,) is the mean of ``values`` where they are not NaN.

    A window without a value has the mean, and the others are as far from it as makes the variance that of their mean.
    """
    is_defined = np.isfinite(values)
    mean = values[is_defined].mean() if is_defined.any() else np.nan
    return mean + np.where(is_defined, values - mean, 0.0) * len(values) / max(is_defined.sum(), 1)

"""Metrics of the test split: functions, and by kind of task the tables of those that are reported.

A new metric is a function and an entry in one of the tables at the end of this file, and a row of
:data:`workflow_support.metrics.METRICS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score, confusion_matrix_at_thresholds, matthews_corrcoef

from ..models.classes import auroc as auroc
from ..models.classes import macro_auroc as macro_auroc

CALIBRATION_BINS = 15
#: The entry of a record for how good a replicate is on the validation split, by which arms are recommended: the AUROC
#: for classes, the negative loss for profiles.
QUALITY = "validation_quality"


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """The probabilities of logits, without overflow at either end."""
    return np.exp(-np.logaddexp(0.0, -np.asarray(logits, dtype=np.float64)))


def softmax(logits: np.ndarray) -> np.ndarray:
    """The probabilities (windows, classes) of logits (windows, classes), float64."""
    shifted = np.asarray(logits, dtype=np.float64) - np.max(logits, axis=1, keepdims=True)
    return np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)


def quality_of_logits(labels: np.ndarray, logits: np.ndarray) -> float:
    """The AUROC of logits (windows,); of logits (windows, classes) the mean AUROC of each class against the rest."""
    return auroc(labels, logits) if logits.ndim == 1 else macro_auroc(labels, softmax(logits))


def auprc(labels: np.ndarray, logits: np.ndarray) -> float:
    """Average precision: the area under the precision-recall curve without interpolation."""
    return float(average_precision_score(labels, logits))


def mcc(labels: np.ndarray, logits: np.ndarray, threshold: float | np.ndarray) -> float:
    """Matthews correlation of labels with the calls ``logits >= threshold``; the threshold may differ by window."""
    return float(matthews_corrcoef(labels, logits >= threshold))


def accuracy(labels: np.ndarray, calls: np.ndarray) -> float:
    """The share of windows whose call is their label."""
    return float(np.mean(labels == calls))


def mcc_of_classes(labels: np.ndarray, calls: np.ndarray) -> float:
    """Matthews correlation of labels with calls of any number of classes (Gorodkin 2004)."""
    return float(matthews_corrcoef(labels, calls))


def best_mcc_threshold(labels: np.ndarray, logits: np.ndarray) -> float:
    """The threshold of calls with the largest Matthews correlation, the highest threshold on ties."""
    tn, fp, fn, tp, thresholds = confusion_matrix_at_thresholds(labels, logits)
    margins = np.sqrt(tp + fp) * np.sqrt(tp + fn) * np.sqrt(tn + fp) * np.sqrt(tn + fn)
    correlation = np.divide(tp * tn - fp * fn, margins, out=np.zeros_like(margins), where=margins > 0)
    return float(thresholds[np.argmax(correlation)])


def brier(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Mean squared difference between probability and label (Brier 1950, for the positive class)."""
    return float(np.mean((probabilities - labels) ** 2))


def brier_of_classes(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Mean over windows of the squared differences from the true class, summed over classes (Brier 1950)."""
    return float(np.mean(((probabilities - np.eye(probabilities.shape[1])[labels]) ** 2).sum(axis=1)))


def calibration_table(labels: np.ndarray, probabilities: np.ndarray) -> list[dict[str, float]]:
    """Mean probability and observed frequency in equal-width bins of probability.

    Returns
    -------
    One row ``from, to, windows, mean_probability, fraction_positive`` for each bin that holds windows. A bin includes
    its lower edge, and the last one also its upper edge.
    """
    bins = np.minimum((probabilities * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    windows = np.bincount(bins, minlength=CALIBRATION_BINS)
    probability_sums = np.bincount(bins, weights=probabilities, minlength=CALIBRATION_BINS)
    positives = np.bincount(bins, weights=labels, minlength=CALIBRATION_BINS)
    return [
        {
            "from": float(index / CALIBRATION_BINS),
            "to": float((index + 1) / CALIBRATION_BINS),
            "windows": int(windows[index]),
            "mean_probability": float(probability_sums[index] / windows[index]),
            "fraction_positive": float(positives[index] / windows[index]),
        }
        for index in np.flatnonzero(windows)
    ]


def expected_calibration_error(table: list[dict[str, float]]) -> float:
    """Mean over windows of |mean probability - observed frequency| of their bin (Naeini et al. 2015)."""
    windows = sum(row["windows"] for row in table)
    return sum(row["windows"] * abs(row["mean_probability"] - row["fraction_positive"]) for row in table) / windows


SMOOTHING_SIGMA, SMOOTHING_RADIUS = 3.0, 3


def as_profiles(counts: np.ndarray) -> np.ndarray:
    """The share of each strand's reads at each position, float64; zeros for a strand without reads."""
    totals = counts.sum(axis=-1, keepdims=True, dtype=np.float64)
    return np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0)


def jensen_shannon_divergence(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The divergence (windows,) of smoothed profiles in nats, between 0 and log 2, the mean of the strands.

    Smoothing is as published (Zhou et al. 2022): a Gaussian of sigma 3 cut off after one sigma, mirrored at the ends. A
    strand without reads in ``first`` or ``second`` is left out; the divergence is NaN if neither strand is left. Both
    arrays are broadcast.
    """
    p, q = smoothed(as_profiles(first)), smoothed(as_profiles(second))
    middle = (p + q) / 2
    of_strands = (_relative_entropy(p, middle) + _relative_entropy(q, middle)) / 2
    is_defined = (p.sum(axis=-1) > 0) & (q.sum(axis=-1) > 0)
    return mean_of_defined(np.where(is_defined, of_strands, np.nan), axis=-1)


def smoothed(profiles: np.ndarray) -> np.ndarray:
    """Profiles convolved with a Gaussian over the last axis and mirrored at the ends, which keeps their sums."""
    offsets = np.arange(-SMOOTHING_RADIUS, SMOOTHING_RADIUS + 1)
    weights = np.exp(-((offsets / SMOOTHING_SIGMA) ** 2) / 2)
    margins = [(0, 0)] * (profiles.ndim - 1) + [(SMOOTHING_RADIUS, SMOOTHING_RADIUS)]
    padded, length = np.pad(profiles, margins, mode="symmetric"), profiles.shape[-1]
    return sum(weight * padded[..., start : start + length] for start, weight in enumerate(weights / weights.sum()))


def split_reads(counts: np.ndarray, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Two pseudo-replicates: each read goes to one of the halves at random."""
    first = generator.binomial(counts.astype(np.int64), 0.5)
    return first, counts - first


def binned_maxima(profiles: np.ndarray, width: int) -> np.ndarray:
    """The largest value in each bin of ``width`` positions, one strand after the other: (windows, 2 bins).

    The last bin of a strand is narrower if the width does not divide its length.
    """
    maxima = np.maximum.reduceat(profiles, np.arange(0, profiles.shape[-1], width), axis=-1)
    return maxima.reshape(len(profiles), -1)


def pearson(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Pearson's correlation over the last axis; NaN if one side is constant."""
    # Equal numbers need not differ from their mean by exactly zero, so constants are found by their range.
    is_defined = (np.ptp(first, axis=-1) > 0) & (np.ptp(second, axis=-1) > 0)
    first, second = (values - values.mean(axis=-1, keepdims=True) for values in (first, second))
    scale = np.sqrt((first**2).sum(axis=-1) * (second**2).sum(axis=-1))
    covariance = (first * second).sum(axis=-1)
    return np.divide(covariance, scale, out=np.full(scale.shape, np.nan), where=is_defined & (scale > 0))


def spearman(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Rank correlation over the rows of (windows, values), equal values with their mean rank; NaN if constant."""
    return pearson(*(pd.DataFrame(values).rank(axis=1).to_numpy() for values in (first, second)))


def mean_squared_error(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The mean over the last axis of the squared difference."""
    return ((first - second) ** 2).mean(axis=-1)


def mean_of_defined(values: np.ndarray, axis: int | None = None) -> np.ndarray:
    """The mean over ``axis`` of the values that are not NaN; NaN if all are."""
    is_defined = ~np.isnan(values)
    defined, total = is_defined.sum(axis=axis), np.where(is_defined, values, 0.0).sum(axis=axis)
    return np.divide(total, defined, out=np.full(np.shape(total), np.nan), where=defined > 0)


def _relative_entropy(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """The Kullback-Leibler divergence over the last axis, in nats; q is positive wherever p is."""
    ratio = np.divide(p, q, out=np.ones(np.broadcast_shapes(p.shape, q.shape)), where=(p > 0) & (q > 0))
    return (p * np.log(ratio)).sum(axis=-1)


@dataclass(frozen=True, eq=False)
class TwoClassScores:
    """Labels 0 and 1 of the test windows and their logits, (windows,); calls are logits of at least ``threshold``."""

    labels: np.ndarray
    logits: np.ndarray
    threshold: float | np.ndarray

    @cached_property
    def probabilities(self) -> np.ndarray:
        """The probabilities of class 1."""
        return sigmoid(self.logits)

    @cached_property
    def calibration(self) -> list[dict[str, float]]:
        """The calibration of these probabilities."""
        return calibration_table(self.labels, self.probabilities)


@dataclass(frozen=True, eq=False)
class ManyClassScores:
    """Labels (windows,) of the test windows and their logits (windows, classes); the largest logit is the call."""

    labels: np.ndarray
    logits: np.ndarray

    @cached_property
    def probabilities(self) -> np.ndarray:
        """The probabilities (windows, classes)."""
        return softmax(self.logits)

    @cached_property
    def calls(self) -> np.ndarray:
        """The class of the largest logit."""
        return self.logits.argmax(axis=1)

    @cached_property
    def calibration(self) -> list[dict[str, float]]:
        """The calibration of the probabilities of the called classes."""
        return calibration_table(self.labels == self.calls, self.probabilities.max(axis=1))


_BINARY: dict[str, Callable[[TwoClassScores], float]] = {
    "AUROC": lambda scores: auroc(scores.labels, scores.logits),
    "AUPRC": lambda scores: auprc(scores.labels, scores.logits),
    "MCC": lambda scores: mcc(scores.labels, scores.logits, scores.threshold),
    "Brier": lambda scores: brier(scores.labels, scores.probabilities),
    "ECE": lambda scores: expected_calibration_error(scores.calibration),
}
# The metrics that benchmarks report, whose calls are probabilities of at least 0.5.
_BENCHMARKS: dict[str, Callable[[TwoClassScores], float]] = {
    "Accuracy": lambda scores: accuracy(scores.labels, scores.logits >= 0),
    "MCC 0.5": lambda scores: mcc(scores.labels, scores.logits, 0.0),
}
#: Metrics of two classes, by kind of task and name.
OF_TWO_CLASSES = {"binary": _BINARY, "labelled": _BINARY | _BENCHMARKS}
#: Metrics of more than two classes, by name.
OF_MANY_CLASSES: dict[str, Callable[[ManyClassScores], float]] = {
    "AUROC": lambda scores: macro_auroc(scores.labels, scores.probabilities),
    "MCC": lambda scores: mcc_of_classes(scores.labels, scores.calls),
    "Brier": lambda scores: brier_of_classes(scores.labels, scores.probabilities),
    "ECE": lambda scores: expected_calibration_error(scores.calibration),
    "Accuracy": lambda scores: accuracy(scores.labels, scores.calls),
}


def _of_bins(
    measure: Callable[[np.ndarray, np.ndarray], np.ndarray], width: int, counts: np.ndarray, predicted: np.ndarray
) -> np.ndarray:
    """A measure (windows,) of bins, with both strands pooled; NaN for a window without reads."""
    pair = binned_maxima(as_profiles(counts), width), binned_maxima(predicted, width)
    return np.where(counts.any(axis=(1, 2)), measure(*pair), np.nan)


#: Metrics (windows,) of reads and predicted probabilities, float64, both (windows, 2, output), by name.
OF_PROFILES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {"JSD": jensen_shannon_divergence} | {
    f"{name} {width} bp": partial(_of_bins, measure, width)
    for width in (1, 5, 10)
    for name, measure in (("Pearson", pearson), ("Spearman", spearman), ("MSE", mean_squared_error))
}
#: Metrics of the observed and the predicted logarithms of totals, both (windows x strands,), by name.
OF_TOTALS: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "Count Pearson": lambda observed, predicted: float(pearson(observed, predicted)),
    "Count Spearman": lambda observed, predicted: float(spearman(observed[None], predicted[None])[0]),
}

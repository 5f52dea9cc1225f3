"""How well scores tell classes apart, and how far their probabilities can be believed."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import average_precision_score, confusion_matrix_at_thresholds, matthews_corrcoef

# Metrics, too, but shared with training.
from .classes import auroc as auroc
from .classes import macro_auroc as macro_auroc

CALIBRATION_BINS = 15


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """Probabilities of logits, without overflow at either end."""
    return np.exp(-np.logaddexp(0.0, -np.asarray(logits, dtype=np.float64)))


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities (windows, classes) of logits (windows, classes), float64."""
    shifted = np.asarray(logits, dtype=np.float64) - np.max(logits, axis=1, keepdims=True)
    return np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)


def auprc(labels: np.ndarray, logits: np.ndarray) -> float:
    """Average precision: the area under the precision-recall curve without interpolation."""
    return float(average_precision_score(labels, logits))


def mcc(labels: np.ndarray, logits: np.ndarray, threshold: float) -> float:
    """Matthews correlation of labels with the calls ``logits >= threshold``."""
    return float(matthews_corrcoef(labels, logits >= threshold))


def accuracy(labels: np.ndarray, calls: np.ndarray) -> float:
    """The share of windows that are called what they are."""
    return float(np.mean(labels == calls))


def mcc_of_classes(labels: np.ndarray, calls: np.ndarray) -> float:
    """Matthews correlation of labels with calls of any number of classes (Gorodkin 2004)."""
    return float(matthews_corrcoef(labels, calls))


def best_mcc_threshold(labels: np.ndarray, logits: np.ndarray) -> float:
    """The score from which on calling windows bound gives the largest Matthews correlation (the highest on ties)."""
    tn, fp, fn, tp, thresholds = confusion_matrix_at_thresholds(labels, logits)
    margins = np.sqrt(tp + fp) * np.sqrt(tp + fn) * np.sqrt(tn + fp) * np.sqrt(tn + fn)
    correlation = np.divide(tp * tn - fp * fn, margins, out=np.zeros_like(margins), where=margins > 0)
    return float(thresholds[np.argmax(correlation)])


def brier(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Mean squared difference between probability and label (Brier 1950, for the positive class)."""
    return float(np.mean((probabilities - labels) ** 2))


def brier_of_classes(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Mean over windows of the squared differences from the class that is there, summed over classes (Brier 1950)."""
    return float(np.mean(((probabilities - np.eye(probabilities.shape[1])[labels]) ** 2).sum(axis=1)))


def calibration_table(labels: np.ndarray, probabilities: np.ndarray) -> list[dict[str, float]]:
    """Mean probability and observed frequency in equal-width bins of probability.

    Returns
    -------
    One row ``from, to, windows, mean_probability, fraction_positive`` for each bin that holds windows; a bin includes
    its lower edge, the last one its upper edge too.
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

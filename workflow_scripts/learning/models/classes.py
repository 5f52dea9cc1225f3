"""Checks and AUROC of classes, which training and evaluation share."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import roc_auc_score

from workflow_support.errors import InputError


def require_both_classes(labels: np.ndarray, split: str) -> None:
    """Raise an :class:`InputError` unless both labels occur in the windows of ``split``."""
    positives = int(np.count_nonzero(labels))
    if not 0 < positives < labels.size:
        raise InputError(
            f"the {split} split needs windows of both classes",
            found=f"{positives} positives and {labels.size - positives} negatives",
            allowed="at least one of each",
            fix=f"give splits: {split} contigs or regions that hold peaks, and negatives: ratio above 0",
        )


def require_every_class(labels: np.ndarray, classes: int, split: str) -> None:
    """Raise an :class:`InputError` unless each of 0 to ``classes`` - 1 occurs among the labels of ``split``."""
    windows = np.bincount(labels, minlength=classes)
    if not windows.all():
        raise InputError(
            f"the {split} split needs sequences of every class",
            found=f"sequences by class: {', '.join(map(str, windows))}",
            allowed="at least one of each",
            fix=f"give the {split} split of the task sequences of every class",
        )


def auroc(labels: np.ndarray, logits: np.ndarray) -> float:
    """Area under the receiver operating characteristic: P(a positive scores above a negative); ties count one half."""
    return float(roc_auc_score(labels, logits))


def macro_auroc(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """The mean over classes of :func:`auroc` of each class against the rest, by its probability (windows, classes)."""
    return float(np.mean([auroc(labels == index, of_class) for index, of_class in enumerate(probabilities.T)]))

"""The metrics of the test split and the scores of its windows, from logits for classes, whatever gave them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from workflow_support.kinds import basis_of

from ..models.classes import require_both_classes, require_every_class
from . import metrics
from .records import TestFindings, of_subset

WINDOW_COLUMNS = ["name", "contig", "start", "end", "split", "label"]


class StrandLogits(NamedTuple):
    """Logits of windows and of their reverse complements, (windows,), or (windows, classes) for more than two."""

    forward: np.ndarray
    reverse: np.ndarray


def best_threshold(labels: np.ndarray, logits: np.ndarray) -> float | None:
    """The threshold of calls that suits these windows best; None for more than two classes."""
    return metrics.best_mcc_threshold(labels, logits) if logits.ndim == 1 else None


def score_test_split(
    labels: np.ndarray, logits: np.ndarray, threshold: float | np.ndarray | None, kind: str
) -> dict[str, Any]:
    """Metrics and calibration of the test split, under the names of ``evaluation.json``.

    Parameters
    ----------
    logits
        Shape (windows,), or (windows, classes) for more than two classes, where the largest logit is the call.
    threshold
        The logit from which on a window is called bound, chosen without the test split; None for more than two classes.
        With folds there is one for each window, that of its fold, and the ``mcc_threshold`` is their mean over folds.
    kind
        The kind of the task: ``binary``, ``labelled`` or one like them.
    """
    if logits.ndim == 2:
        require_every_class(labels, logits.shape[1], "test")
        scores, measures = metrics.ManyClassScores(labels, logits), metrics.OF_MANY_CLASSES
    else:
        require_both_classes(labels, "test")
        scores, measures = metrics.TwoClassScores(labels, logits, threshold), metrics.OF_TWO_CLASSES[basis_of(kind)]
    return {
        "metrics": {name: measure(scores) for name, measure in measures.items()},
        "mcc_threshold": float(np.mean(np.unique(threshold))) if isinstance(threshold, np.ndarray) else threshold,
        "calibration": scores.calibration,
    }


def score_with_subset(
    labels: np.ndarray, logits: np.ndarray, threshold: float | np.ndarray | None, kind: str, near_copies: np.ndarray
) -> dict[str, Any]:
    """The metrics of :func:`score_test_split`, and those of the windows that are no near-copies of training windows.

    Parameters
    ----------
    near_copies
        Mask (windows,). If the other windows lack a class, they have no metrics.
    """
    found, rest = score_test_split(labels, logits, threshold, kind), ~near_copies
    has_every_class = np.unique(labels[rest]).size == np.unique(labels).size
    of_windows = threshold[rest] if isinstance(threshold, np.ndarray) else threshold
    of_rest = score_test_split(labels[rest], logits[rest], of_windows, kind)["metrics"] if has_every_class else {}
    return found | of_subset(rest, of_rest)


def findings(found: dict[str, Any], logits: StrandLogits, windows: pd.DataFrame) -> TestFindings:
    """The findings of a replicate, with its scores of the test ``windows``.

    The scores of two classes are ``logit``, ``reverse_complement_logit`` and ``probability``, that of class 1. More
    classes have ``logit.<class>``, ``reverse_complement_logit.<class>`` and ``probability.<class>``, and the ``call``.
    """
    summary = f"test AUROC {found['metrics']['AUROC']:.4f}."
    scores = pd.DataFrame(_scores(logits), index=windows.index)
    return TestFindings(found, windows[WINDOW_COLUMNS], scores, summary)


def _scores(logits: StrandLogits) -> dict[str, np.ndarray]:
    has_two_classes = logits.forward.ndim == 1
    scores = {
        "logit": logits.forward,
        "reverse_complement_logit": logits.reverse,
        "probability": (metrics.sigmoid if has_two_classes else metrics.softmax)(logits.forward),
    }
    if has_two_classes:
        return scores
    of_classes = {f"{name}.{index}": column for name, table in scores.items() for index, column in enumerate(table.T)}
    return of_classes | {"call": logits.forward.argmax(axis=1)}

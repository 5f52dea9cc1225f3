"""The test split of tasks with classes: metrics, and the scores of every window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_support.files import atomic_paths

from ..models.classes import require_both_classes, require_every_class
from . import metrics
from .records import EvaluatedModel, evaluation_record, evaluations_text

WINDOW_COLUMNS = ["name", "contig", "start", "end", "split", "label"]


@dataclass(frozen=True, kw_only=True)
class ClassResults:
    """What is found of a model, under the names of ``evaluation.json``.

    ``mcc_threshold`` is the logit from which on a window is called bound, None for more than two classes; the
    calibration of these is that of the class that is called. ``reverse_complement`` is that of
    :func:`learning.evaluation.records.strand_disagreement`, None where the model sees no strand.
    """

    metrics: dict[str, float]
    mcc_threshold: float | None
    calibration: list[dict[str, float]]
    reverse_complement: dict[str, float] | None = None


@dataclass(frozen=True)
class StrandLogits:
    """Logits of windows and of their reverse complements, (windows,), or (windows, classes) where there are more."""

    forward: np.ndarray
    reverse: np.ndarray


def score_test_split(
    labels: np.ndarray, logits: np.ndarray, mcc_threshold: float | None, *, is_labelled: bool
) -> ClassResults:
    """Metrics and calibration of the test split.

    Parameters
    ----------
    logits
        (windows,), or (windows, classes) for more than two classes, where the call is the largest.
    mcc_threshold
        Chosen without the test split; None for more than two classes.
    is_labelled
        Whether the task is one of labelled sequences. Of these, two classes have also the metrics that benchmarks
        report: "Accuracy" and "MCC 0.5", of the calls with a probability of 0.5 or more.
    """
    if logits.ndim == 2:
        return _score_many_classes(labels, logits)
    values, calibration = _score_two_classes(labels, logits, mcc_threshold)
    if is_labelled:
        values["Accuracy"] = metrics.accuracy(labels, logits >= 0)
        values["MCC 0.5"] = metrics.mcc(labels, logits, 0.0)
    return ClassResults(metrics=values, mcc_threshold=mcc_threshold, calibration=calibration)


@dataclass(frozen=True)
class EvaluatedReplicate:
    """A replicate, what was found of it, and what it gave for the test windows."""

    model: EvaluatedModel
    results: ClassResults
    logits: StrandLogits


def write_evaluations(
    evaluation: Path, predictions: Path, replicates: Sequence[EvaluatedReplicate], test_windows: pd.DataFrame
) -> None:
    """Write ``evaluation.json`` and the scores of the test windows, replicate after replicate, both or neither.

    The scores of two classes are ``logit, reverse_complement_logit, probability``, the latter of class 1; of more
    ``logit.<class>`` and ``probability.<class>`` of each, ``reverse_complement_logit.<class>``, and the ``call``.
    """
    records = [evaluation_record(each.model, asdict(each.results)) for each in replicates]
    tables = [test_windows[WINDOW_COLUMNS].assign(seed=each.model.seed, **_scores(each.logits)) for each in replicates]
    with atomic_paths(evaluation, predictions) as (evaluation_path, predictions_path):
        evaluation_path.write_text(evaluations_text(records), encoding="utf-8")
        pd.concat(tables).to_csv(predictions_path, sep="\t", index=False, float_format="%.6g")


def _score_two_classes(
    labels: np.ndarray, logits: np.ndarray, mcc_threshold: float
) -> tuple[dict[str, float], list[dict[str, float]]]:
    require_both_classes(labels, "test")
    probabilities = metrics.sigmoid(logits)
    calibration = metrics.calibration_table(labels, probabilities)
    values = {
        "AUROC": metrics.auroc(labels, logits),
        "AUPRC": metrics.auprc(labels, logits),
        "MCC": metrics.mcc(labels, logits, mcc_threshold),
        "Brier": metrics.brier(labels, probabilities),
        "ECE": metrics.expected_calibration_error(calibration),
    }
    return values, calibration


def _score_many_classes(labels: np.ndarray, logits: np.ndarray) -> ClassResults:
    require_every_class(labels, logits.shape[1], "test")
    probabilities, calls = metrics.softmax(logits), logits.argmax(axis=1)
    calibration = metrics.calibration_table(labels == calls, probabilities.max(axis=1))
    values = {
        "AUROC": metrics.macro_auroc(labels, probabilities),
        "MCC": metrics.mcc_of_classes(labels, calls),
        "Brier": metrics.brier_of_classes(labels, probabilities),
        "ECE": metrics.expected_calibration_error(calibration),
        "Accuracy": metrics.accuracy(labels, calls),
    }
    return ClassResults(metrics=values, mcc_threshold=None, calibration=calibration)


def _scores(logits: StrandLogits) -> dict[str, np.ndarray]:
    is_of_two = logits.forward.ndim == 1
    scores = {
        "logit": logits.forward,
        "reverse_complement_logit": logits.reverse,
        "probability": (metrics.sigmoid if is_of_two else metrics.softmax)(logits.forward),
    }
    if is_of_two:
        return scores
    of_classes = {f"{name}.{index}": column for name, table in scores.items() for index, column in enumerate(table.T)}
    return of_classes | {"call": logits.forward.argmax(axis=1)}

"""The tables that every model leaves behind: its metrics, and for binary tasks its scores a window."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_support.files import atomic_paths

from . import metrics

PREDICTION_COLUMNS = ["name", "contig", "start", "end", "split", "label", "logit", "probability"]


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Content of ``evaluation.json`` of a task of any kind.

    ``seconds`` is the wall time of the training on ``device``, and ``reverse_complement`` what
    :mod:`learning.reverse_complement` found, None where the model sees no strand.
    """

    task: str
    arm: str
    seed: int
    train_size: int
    parameters: int
    metrics: dict[str, float]
    seconds: float
    device: str
    reverse_complement: dict[str, float] | None = None

    def as_json(self) -> str:
        content = {key: value for key, value in asdict(self).items() if value is not None}
        return json.dumps(content, indent=2, allow_nan=False) + "\n"


@dataclass(frozen=True, kw_only=True)
class BinaryEvaluation(Evaluation):
    """Of a binary task: ``mcc_threshold`` is the logit from which on a window is called bound, chosen on validation."""

    mcc_threshold: float
    calibration: list[dict[str, float]]


def score_test_split(
    labels: np.ndarray, logits: np.ndarray, mcc_threshold: float
) -> tuple[dict[str, float], list[dict[str, float]]]:
    """Metrics and calibration table of the test split, given a threshold that was chosen without it."""
    metrics.require_both_classes(labels, "test")
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


def write_evaluation(
    evaluation: Path, predictions: Path, result: BinaryEvaluation, test_windows: pd.DataFrame, logits: np.ndarray
) -> None:
    """Write ``evaluation.json`` and the scores of the test windows, both or neither."""
    scores = test_windows.assign(logit=logits, probability=metrics.sigmoid(logits))
    with atomic_paths(evaluation, predictions) as (evaluation_path, predictions_path):
        evaluation_path.write_text(result.as_json(), encoding="utf-8")
        scores.to_csv(predictions_path, sep="\t", columns=PREDICTION_COLUMNS, index=False, float_format="%.6g")

"""The files of an evaluation: records of ``evaluation.json``, with identity, costs and findings, and predictions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workflow_support.metrics import WITHOUT_NEAR_COPIES


@dataclass(frozen=True, kw_only=True)
class EvaluatedModel:
    """The identity and costs of a network, or of several whose answers are averaged.

    Parameters
    ----------
    task, arm, size, seed
        Its names; ``arm`` may be a combination of arms, and ``seed`` is then the first of its seeds.
    train_size
        Number of training windows of each network.
    members, parameters
        Number of networks, and of their free parameters, summed.
    device
        The device on which they were trained.
    arithmetic
        The arithmetic of the evaluation, as :func:`learning.models.devices.describe_arithmetic` says it.
    multiply_adds
        Those of one answer, from all networks, and from both strands if they are averaged, as
        :func:`rc_equivariant.cost.multiply_adds` counts.
    chosen, candidates
        If the best of several candidates was taken: its arms, and the mean validation quality of each candidate, named
        by its arms joined by ``+``. With folds, each takes its own best, and these are those of the mean over folds.
    folds
        The number of folds; None without folds. ``members``, ``parameters`` and ``multiply_adds`` are those of one
        answer, by the networks of one fold, and ``train_size`` is the mean over folds.
    """

    task: str
    arm: str
    size: str
    seed: int
    train_size: int
    members: int
    parameters: int
    multiply_adds: int
    device: str
    arithmetic: str
    chosen: list[str] | None = None
    candidates: dict[str, float] | None = None
    folds: int | None = None


@dataclass(frozen=True, eq=False)
class TestFindings:
    """The findings of a replicate on the test split.

    Parameters
    ----------
    found
        Entries of its record in ``evaluation.json``, ``metrics`` first; those that are None are left out.
    windows, scores
        Columns of the predictions before and after the seed, with one row per test window.
    summary
        The most important numbers in one sentence, for the log.
    """

    found: Mapping[str, Any]
    windows: pd.DataFrame
    scores: pd.DataFrame
    summary: str


def write_evaluations(
    evaluation: Path, predictions: Path, evaluated: Sequence[tuple[EvaluatedModel, TestFindings]]
) -> None:
    """Write ``evaluation.json``, with one record per replicate, and their predictions in one table."""
    records = [_record(asdict(model) | dict(findings.found)) for model, findings in evaluated]
    tables = [findings.windows.assign(seed=model.seed).join(findings.scores) for model, findings in evaluated]
    evaluation.write_text(json.dumps(records, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    pd.concat(tables).to_csv(predictions, sep="\t", index=False, float_format="%.6g")


def of_subset(windows: np.ndarray, metrics: Mapping[str, float]) -> dict[str, Any]:
    """The entry of a record for the test windows without near-copies: a mask of them, and their metrics."""
    return {"subsets": {WITHOUT_NEAR_COPIES: {"windows": int(windows.sum()), "metrics": dict(metrics)}}}


def _record(content: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in content.items() if value is not None}


def strand_disagreement(
    forward: np.ndarray, reverse: np.ndarray, threshold: float | np.ndarray | None
) -> dict[str, float]:
    """The disagreement |f(x) - f(rc x)| over sequences.

    Parameters
    ----------
    forward, reverse
        Logits of sequences and of their reverse complements, (sequences,), or (sequences, classes) for more than two.
    threshold
        Sequences with at least this logit are called bound; an array has one for each sequence. None for more than two
        classes, where the call is the largest logit.

    Returns
    -------
    ``largest_absolute`` difference of logits, ``largest_relative`` (the same over the largest |logit|), and
    ``flipped``: the fraction of sequences with another call on the other strand.
    """
    difference = float(np.max(np.abs(forward.astype(np.float64) - reverse)))
    scale = float(max(np.max(np.abs(forward)), np.max(np.abs(reverse))))
    calls, other_calls = (
        logits.argmax(axis=1) if threshold is None else logits >= threshold for logits in (forward, reverse)
    )
    return {
        "largest_absolute": difference,
        "largest_relative": difference / scale if scale > 0 else 0.0,
        "flipped": float(np.mean(calls != other_calls)),
    }


def profile_differences(forward: tuple[np.ndarray, ...], reverse: tuple[np.ndarray, ...]) -> pd.DataFrame:
    """The differences between the outputs on either strand, with one row per window.

    Parameters
    ----------
    forward, reverse
        Logarithms of probabilities (windows, 2, output) and of totals (windows, 2), of the windows and of their reverse
        complements, both as seen on the forward strand.

    Returns
    -------
    ``rc_difference``, the largest |difference|, and ``rc_scale``, the largest |value|.
    """
    pairs = list(zip(forward, reverse, strict=True))
    differences = [np.abs(one.astype(np.float64) - other) for one, other in pairs]
    values = [np.maximum(np.abs(one), np.abs(other)) for one, other in pairs]
    return pd.DataFrame({"rc_difference": _largest_of_rows(differences), "rc_scale": _largest_of_rows(values)})


def profile_disagreement(differences: pd.DataFrame) -> dict[str, float]:
    """The largest difference of :func:`profile_differences`, ``largest_absolute``, and relative to the largest value.

    A difference of 0.01 is 1 % of a probability or a total.
    """
    difference, scale = float(differences["rc_difference"].max()), float(differences["rc_scale"].max())
    return {"largest_absolute": difference, "largest_relative": difference / scale if scale > 0 else 0.0}


def _largest_of_rows(arrays: list[np.ndarray]) -> np.ndarray:
    return np.max([values.reshape(len(values), -1).max(axis=1) for values in arrays], axis=0)

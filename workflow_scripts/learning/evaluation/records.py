"""What ``evaluation.json`` says of a model of any kind: which it is and what it costs, then what was found of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd


@dataclass(frozen=True, kw_only=True)
class EvaluatedModel:
    """A network, or several whose answers are averaged.

    Parameters
    ----------
    task, arm, size, seed
        Which it is; ``arm`` may be a combination of arms, and ``seed`` is then the first of its seeds.
    train_size
        Training windows of each network.
    members, parameters
        Number of networks, and of their free parameters, summed.
    device
        On which they were trained.
    multiply_adds
        For one answer, from all networks and from both strands where they are averaged, as
        :func:`rc_equivariant.cost.multiply_adds` counts.
    chosen, candidates
        Where the best of several candidates was taken: its arms, and the mean validation quality of each, by arms
        joined by ``+``.
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
    chosen: list[str] | None = None
    candidates: dict[str, float] | None = None


def evaluation_record(model: EvaluatedModel, found: Mapping[str, Any]) -> dict[str, Any]:
    """What ``evaluation.json`` says of a replicate; what is None is left out."""
    return {key: value for key, value in {**asdict(model), **found}.items() if value is not None}


def evaluations_text(records: Sequence[Mapping[str, Any]]) -> str:
    """Content of ``evaluation.json``: a list, a replicate after the other."""
    return json.dumps(list(records), indent=2, allow_nan=False) + "\n"


def strand_disagreement(forward: np.ndarray, reverse: np.ndarray, threshold: float | None) -> dict[str, float]:
    """|f(x) - f(rc x)| over windows.

    Parameters
    ----------
    forward, reverse
        Logits (windows,) of the windows and of their reverse complements; (windows, classes) of more than two classes.
    threshold
        Windows with a logit of at least this are called bound. None for more than two classes, where the call is the
        largest logit.

    Returns
    -------
    ``largest_absolute`` difference of logits, ``largest_relative`` (the same over the largest |logit|), and
    ``flipped``: the fraction of windows that are called something else on the other strand.
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


def profile_differences(forward: tuple[np.ndarray, ...], brought_back: tuple[np.ndarray, ...]) -> pd.DataFrame:
    """How far the outputs of windows are from those of the other strand, a row a window.

    Parameters
    ----------
    forward, brought_back
        Logarithms of probabilities (windows, 2, output) and of totals (windows, 2): of the windows, and of their
        reverse complements with strands exchanged and positions reversed.

    Returns
    -------
    ``rc_difference``, the largest |difference|, and ``rc_scale``, the largest |value|.
    """
    pairs = list(zip(forward, brought_back, strict=True))
    differences = [np.abs(one.astype(np.float64) - other) for one, other in pairs]
    values = [np.maximum(np.abs(one), np.abs(other)) for one, other in pairs]
    return pd.DataFrame({"rc_difference": _largest_of_rows(differences), "rc_scale": _largest_of_rows(values)})


def profile_disagreement(differences: pd.DataFrame) -> dict[str, float]:
    """``largest_absolute`` of :func:`profile_differences` over windows, ``largest_relative``: over the largest value.

    A difference of 0.01 is one of 1 % in a probability or a total.
    """
    difference, scale = float(differences["rc_difference"].max()), float(differences["rc_scale"].max())
    return {"largest_absolute": difference, "largest_relative": difference / scale if scale > 0 else 0.0}


def _largest_of_rows(arrays: list[np.ndarray]) -> np.ndarray:
    return np.max([values.reshape(len(values), -1).max(axis=1) for values in arrays], axis=0)

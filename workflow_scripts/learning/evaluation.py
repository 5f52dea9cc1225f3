"""What ``evaluation.json`` says of a model of any kind: which it is and what it cost, then what was found of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class EvaluatedModel:
    """A network, or several whose answers are averaged.

    Parameters
    ----------
    task, arm, size, seed
        Which it is; ``arm`` may be a combination of arms, and ``seed`` is then the first of its seeds.
    train_size
        Training windows of each network.
    members, parameters, seconds
        Number of networks, and their free parameters and wall time of training, summed.
    device
        On which they were trained.
    multiply_adds, windows_per_second
        For one answer, from all networks and from both strands where they are averaged; as
        :func:`rc_equivariant.cost.multiply_adds` counts, and as measured on the device of the evaluation.
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
    windows_per_second: float
    seconds: float
    device: str
    chosen: list[str] | None = None
    candidates: dict[str, float] | None = None


def evaluation_text(model: EvaluatedModel, found: Mapping[str, Any]) -> str:
    """Content of ``evaluation.json``; what is None is left out."""
    content = {key: value for key, value in {**asdict(model), **found}.items() if value is not None}
    return json.dumps(content, indent=2, allow_nan=False) + "\n"

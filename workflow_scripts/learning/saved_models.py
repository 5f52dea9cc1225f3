"""Trained networks on disk: weights as safetensors, all else as JSON. Nothing that is read here is ever executed."""

from __future__ import annotations

import json
import platform
from dataclasses import asdict, dataclass, fields
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from workflow_support.errors import InputError
from workflow_support.files import atomic_paths

from .architectures import build_network

MEND = "train the model again: delete its folder and rerun the workflow"


@dataclass(frozen=True)
class ModelDescription:
    """What a saved model is and how it came about.

    ``architecture`` is what :func:`learning.architectures.complete_architecture` gives for ``kind``, and ``training``
    holds the fields of the settings of that kind. ``size`` is that of the training subset as it was asked for,
    ``train_size`` the windows in it. ``validation`` holds the metrics of the best epoch by name, ``quality`` is what it
    was chosen by, the larger the better, and ``seconds`` the wall time of the training on ``device``.
    """

    kind: str
    architecture: dict[str, Any]
    task: str
    arm: str
    size: str
    seed: int
    training: dict[str, Any]
    train_size: int
    parameters: int
    best_epoch: int
    quality: float
    validation: dict[str, float]
    seconds: float
    device: str
    versions: dict[str, str]


def library_versions() -> dict[str, str]:
    """Versions of what decides a training's numbers."""
    return {"python": platform.python_version()} | {name: version(name) for name in ("torch", "numpy", "safetensors")}


def save(weights: Path, model: Path, network: nn.Module, description: ModelDescription) -> None:
    """Write the network's state to ``weights`` (safetensors), its description to ``model`` (JSON), both or neither."""
    state = {name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}
    with atomic_paths(weights, model) as (weights_path, model_path):
        save_file(state, weights_path)
        model_path.write_text(json.dumps(asdict(description), indent=2) + "\n", encoding="utf-8")


def load(weights: Path, model: Path, device: torch.device) -> tuple[nn.Module, ModelDescription]:
    """The saved network, in evaluation mode on ``device``, and its description.

    Raises
    ------
    InputError
        Where a file is missing, is not what it should be, is truncated, or the two do not belong together.
    """
    description = load_description(model)
    network = build_network(description.architecture, description.kind, file=model)
    network.load_state_dict(_load_state(weights, network))
    return network.to(device).eval(), description


def load_description(model: Path) -> ModelDescription:
    """The description of a saved model; an :class:`InputError` where it is not one."""
    try:
        content = json.loads(Path(model).read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"not readable as JSON: {error}", file=model, allowed="a model.json", mend=MEND) from error
    names = {field.name for field in fields(ModelDescription)}
    found = set(content) if isinstance(content, dict) else set()
    if found != names:
        raise InputError(
            "not the description of a model",
            file=model,
            found=f"missing keys: {_listed(names - found)}; unknown keys: {_listed(found - names)}",
            allowed=_listed(names),
            mend=MEND,
        )
    if not isinstance(content["architecture"], dict):
        raise InputError(
            "architecture is not an object",
            file=model,
            found=content["architecture"],
            allowed="an object with the fields of an architecture",
            mend=MEND,
        )
    return ModelDescription(**content)


def _load_state(weights: Path, network: nn.Module) -> dict[str, torch.Tensor]:
    try:
        state = load_file(weights)
    except (OSError, SafetensorError) as error:
        raise InputError(
            f"not readable as safetensors: {error}", file=weights, allowed="a whole safetensors file", mend=MEND
        ) from error
    found, expected = _tensor_kinds(state), _tensor_kinds(network.state_dict())
    if found != expected:
        differing = sorted(name for name in found.keys() | expected.keys() if found.get(name) != expected.get(name))
        name = differing[0]
        raise InputError(
            f"the weights do not fit the architecture in model.json: {len(differing)} tensors differ, first {name}",
            file=weights,
            found=found.get(name, "no such tensor"),
            allowed=expected.get(name, "no such tensor"),
            mend=MEND,
        )
    return state


def _tensor_kinds(state: dict[str, torch.Tensor]) -> dict[str, str]:
    return {name: f"{value.dtype} {tuple(value.shape)}" for name, value in state.items()}


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "none"

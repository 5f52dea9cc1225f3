"""Files of trained replicates: weights as safetensors, all else as JSON. Nothing of them is ever executed.

One file has the weights of all replicates, as ``seed<seed>/<tensor>``, and another the list of their descriptions. In
a model of several arms the names of tensors begin with the arm: ``<arm>.seed<seed>/<tensor>``. With folds, each seed
has a network for each: ``fold<fold>.seed<seed>/<tensor>``.
"""

from __future__ import annotations

import json
import math
import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import nn

from workflow_support.errors import InputError
from workflow_support.files import atomic_paths
from workflow_support.kinds import KINDS

from .building import BuildingLimit
from .networks import architecture_of, build_network

#: What a network answers for each kind of task.
ANSWERS = {name: each.answers for name, each in KINDS.items()}
FIX = "train the model again: delete its folder and rerun the workflow"


@dataclass(frozen=True)
class ModelDescription:
    """The description of a saved model and of its training.

    ``architecture`` is the complete description of the network, and ``training`` has all settings as one mapping.
    ``size`` is the training subset as it was asked for, and ``train_size`` the number of its windows. ``validation``
    has the metrics of the best epoch by name, and ``quality`` is the number by which it was chosen, the larger the
    better. ``device`` is the one that it was trained on. ``fold`` is the fold that it is tested on; None without folds.
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
    device: str
    versions: dict[str, str]
    fold: int | None = None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


#: The types of values in a description: their name for messages, and a test.
_TYPES = (
    dict.fromkeys(("kind", "task", "arm", "size", "device"), ("text", lambda value: isinstance(value, str)))
    | dict.fromkeys(("architecture", "training", "validation"), ("an object", lambda value: isinstance(value, dict)))
    | dict.fromkeys(("seed", "train_size", "parameters", "best_epoch"), ("a whole number", _is_whole))
    | {"quality": ("a finite number", _is_number)}
    | {"fold": ("a whole number, or null", lambda value: value is None or _is_whole(value))}
)
#: Further names in descriptions of earlier versions, which are not read.
_FORMER = {"seconds"}


def library_versions() -> dict[str, str]:
    """The versions of the libraries that decide the numbers of a training."""
    return {"python": platform.python_version()} | {name: version(name) for name in ("torch", "numpy", "safetensors")}


def save(weights: Path, models: Path, replicates: Sequence[tuple[nn.Module, ModelDescription]]) -> None:
    """Write the weights of networks to ``weights`` and their descriptions to ``models``, both or neither."""
    described = [asdict(description) for _, description in replicates]
    with atomic_paths(weights, models) as (weights_path, models_path):
        write_weights(weights_path, replicates)
        models_path.write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")


def write_weights(weights: Path, replicates: Sequence[tuple[nn.Module, ModelDescription]]) -> None:
    """Write the weights of networks to one file; the descriptions name them."""
    prefixes = _prefixes([description for _, description in replicates])
    state = {
        f"{prefix}{name}": value.detach().cpu().contiguous()
        for prefix, (network, _) in zip(prefixes, replicates, strict=True)
        for name, value in network.state_dict().items()
    }
    save_file(state, weights)


def load(weights: Path, models: Path, device: torch.device) -> list[tuple[nn.Module, ModelDescription]]:
    """The saved networks, in evaluation mode on ``device``, and their descriptions.

    Raises
    ------
    InputError
        If a file is missing, damaged or of another kind, or the two do not belong together.
    """
    return load_described(weights, load_descriptions(models), models, device)


def load_described(
    weights: Path, described: Sequence[ModelDescription], file: Path, device: torch.device
) -> list[tuple[nn.Module, ModelDescription]]:
    """As :func:`load`, with descriptions that were read from ``file`` before."""
    sizes, prefixes = _read_sizes(weights), _prefixes(described)
    networks = [_network(each, prefix, file, weights, sizes) for each, prefix in zip(described, prefixes, strict=True)]
    expected = {
        f"{prefix}{name}": value
        for prefix, network in zip(prefixes, networks, strict=True)
        for name, value in network.state_dict().items()
    }
    state = _load_state(weights, expected)
    for prefix, network in zip(prefixes, networks, strict=True):
        network.load_state_dict({name: state[f"{prefix}{name}"] for name in network.state_dict()})
    return [(network.to(device).eval(), each) for each, network in zip(described, networks, strict=True)]


def load_descriptions(models: Path) -> list[ModelDescription]:
    """The descriptions of saved networks, at least one; an :class:`InputError` if the file has other content."""
    return descriptions_in(read_json(models, "a models.json", FIX), models)


def read_json(file: Path, allowed: str, fix: str) -> Any:
    """The content of a JSON file in which no key stands twice; an :class:`InputError` if it is no such file."""
    try:
        return json.loads(Path(file).read_bytes(), object_pairs_hook=_each_key_once)
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"not readable as JSON: {error}", file=file, allowed=allowed, fix=fix) from error


def descriptions_in(content: Any, models: Path) -> list[ModelDescription]:
    """The descriptions of networks in the content of a file, at least one; an :class:`InputError` for other content."""
    if not isinstance(content, list) or not content:
        raise InputError(
            "not a list of models",
            file=models,
            found=type(content).__name__ if content else "an empty one",
            allowed="the descriptions of one or more networks",
            fix=FIX,
        )
    described = [_description(each, models) for each in content]
    if len(set(_prefixes(described))) < len(described):
        seeds = [each.seed for each in described]
        allowed = "every seed once, or once in each fold"
        raise InputError("two models of an arm have one seed", file=models, found=seeds, allowed=allowed, fix=FIX)
    return described


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return content


def _description(content: Any, file: Path) -> ModelDescription:
    names = {field.name for field in fields(ModelDescription)}
    found = set(content) - _FORMER if isinstance(content, dict) else set()
    if found != names:
        raise InputError(
            "not the description of a model",
            file=file,
            found=f"missing keys: {_listed(names - found)}; unknown keys: {_listed(found - names)}",
            allowed=_listed(names),
            fix=FIX,
        )
    for name, (allowed, is_one) in _TYPES.items():
        if not is_one(content[name]):
            raise InputError(f"{name} is not of its type", file=file, found=content[name], allowed=allowed, fix=FIX)
    return ModelDescription(**{name: content[name] for name in names})


def _network(
    description: ModelDescription, prefix: str, file: Path, weights: Path, sizes: Mapping[str, int]
) -> nn.Module:
    """The described network, with random weights; an :class:`InputError` if it cannot be that of weights and task."""
    own = [size for name, size in sizes.items() if name.startswith(prefix)]
    if not own:
        raise InputError(
            f"there are no weights of seed {description.seed}, which {file.name} describes",
            file=weights,
            found=f"no tensor called {prefix}...",
            allowed="the tensors of every described network",
            fix=FIX,
        )
    with BuildingLimit(own):
        network = build_network(description.architecture, file=file)
    answers = architecture_of(network).answers
    if ANSWERS.get(description.kind) != answers:
        raise InputError(
            "the kind of task does not fit the network",
            file=file,
            found=f"kind: {description.kind} with a network that gives {answers}",
            allowed=", ".join(f"{kind} with {given}" for kind, given in ANSWERS.items()),
            fix=FIX,
        )
    return network


def _prefixes(described: Sequence[ModelDescription]) -> list[str]:
    """The beginning of the names of the tensors of each network: its arm if there are several, its fold, its seed."""
    has_arms = len({each.arm for each in described}) > 1
    return [
        f"{f'{each.arm}.' if has_arms else ''}{f'fold{each.fold}.' if each.fold else ''}seed{each.seed}/"
        for each in described
    ]


def _read_sizes(weights: Path) -> dict[str, int]:
    """The number of values of each tensor of a file, from its header alone."""
    with _readable(weights), safe_open(weights, framework="pt") as tensors:
        names = tensors.keys()
        return {name: math.prod(tensors.get_slice(name).get_shape()) for name in names}


@contextmanager
def _readable(weights: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, SafetensorError) as error:
        raise InputError(
            f"not readable as safetensors: {error}", file=weights, allowed="a whole safetensors file", fix=FIX
        ) from error


def _load_state(weights: Path, expected: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The tensors of a file; an :class:`InputError` unless they have the names and shapes of those expected."""
    with _readable(weights):
        state = load_file(weights)
    found, wanted = _tensor_kinds(state), _tensor_kinds(expected)
    if found != wanted:
        differing = sorted(name for name in found.keys() | wanted.keys() if found.get(name) != wanted.get(name))
        name = differing[0]
        raise InputError(
            f"the weights do not fit the architectures in models.json: {len(differing)} tensors differ, first {name}",
            file=weights,
            found=found.get(name, "no such tensor"),
            allowed=wanted.get(name, "no such tensor"),
            fix=FIX,
        )
    if broken := sorted(name for name, value in state.items() if not value.isfinite().all()):
        raise InputError(
            f"{len(broken)} tensors hold values that are no finite numbers, first {broken[0]}",
            file=weights,
            found="NaN or infinity",
            allowed="finite numbers",
            fix=FIX,
        )
    return state


def _tensor_kinds(state: Mapping[str, torch.Tensor]) -> dict[str, str]:
    return {name: f"{value.dtype} {tuple(value.shape)}" for name, value in state.items()}


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "none"

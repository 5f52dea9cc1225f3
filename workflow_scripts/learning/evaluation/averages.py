"""Loading trained networks whose answers are averaged: replicates of one arm or of several."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

from workflow_support.errors import InputError
from workflow_support.kinds import LOGITS, kinds_answering

from ..models.model_files import DESCRIPTION, load_model_networks
from ..models.networks import architecture_of
from ..models.saved import ModelDescription, load

#: Attributes of their descriptions that networks must share to be averaged, as far as they have them.
SHARED = ("window", "classes", "tracks", "output_length")


def load_networks(
    weights: Sequence[Path], models: Sequence[Path], device: torch.device, *kinds: str
) -> list[tuple[nn.Module, ModelDescription]]:
    """The replicates of arms, of any k and representation, in evaluation mode on ``device``, and their descriptions.

    Parameters
    ----------
    weights, models
        One file of each per arm, or those of a model folder.
    kinds
        The kinds of task that the networks may be for.

    Raises
    ------
    InputError
        If one cannot be loaded or is for another kind of task, or if their inputs or outputs differ.
    """
    files = [(file, each) for pair in zip(weights, models, strict=True) for file, each in _replicates(*pair, device)]
    shared = _shared(files[0][1][0])
    for file, (network, description) in files:
        if description.kind not in kinds:
            raise InputError(
                f"this needs models of {' or '.join(kinds)} tasks",
                file=file,
                found=f"kind: {description.kind}",
                allowed=" or ".join(f"kind: {kind}" for kind in kinds),
                fix=f"name a {' or '.join(kinds)} task or model in the configuration",
            )
        if _shared(network) != shared:
            raise InputError(
                "networks that are averaged must have the same inputs and outputs",
                file=file,
                found=_shared(network),
                allowed=f"those of {models[0]}: {shared}",
                fix="train their arms again with one configuration",
            )
    return [each for _, each in files]


def load_replicates(
    weights: Sequence[Path], models: Sequence[Path], device: torch.device, *kinds: str
) -> list[nn.Module]:
    """The networks of :func:`load_networks`."""
    return [network for network, _ in load_networks(weights, models, device, *kinds)]


def load_classifiers(weights: Sequence[Path], models: Sequence[Path], device: torch.device) -> list[nn.Module]:
    """The replicates of arms that give one logit per window: of binary tasks, or labelled tasks of two classes.

    Raises
    ------
    InputError
        As :func:`load_networks`, and for more classes.
    """
    networks = load_replicates(weights, models, device, *kinds_answering(LOGITS))
    classes = architecture_of(networks[0]).classes
    if classes > 2:
        raise InputError(
            "this needs a network of two classes, which has one score per window",
            file=models[0],
            found=f"{classes} classes",
            allowed="a binary task, or a labelled task of two classes",
            fix="name another task in the configuration",
        )
    return networks


def _replicates(
    weights: Path, models: Path, device: torch.device
) -> list[tuple[Path, tuple[nn.Module, ModelDescription]]]:
    """Every replicate of a file, with the name of the file."""
    read = load_model_networks if models.name == DESCRIPTION else load
    return [(models, each) for each in read(weights, models, device)]


def _shared(network: nn.Module) -> dict[str, object]:
    architecture = architecture_of(network)
    return {name: getattr(architecture, name) for name in SHARED if hasattr(architecture, name)}

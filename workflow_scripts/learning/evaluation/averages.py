"""Trained networks that answer together: replicates of an arm, or of several; and what profile networks expect."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from workflow_support.errors import InputError

from ..models.networks import architecture_of
from ..models.saved import ModelDescription, load
from .predict import predict_profiles, predict_profiles_of_other_strand

#: Attributes of their descriptions that networks must share to be averaged, as far as they have them.
SHARED = ("window", "classes", "tracks", "output_length")


def load_networks(
    weights: Sequence[Path], models: Sequence[Path], device: torch.device, *kinds: str
) -> list[tuple[nn.Module, ModelDescription]]:
    """The replicates of arms, in evaluation mode on ``device``, and their descriptions; of any k and representation.

    Parameters
    ----------
    weights, models
        One of each an arm.
    kinds
        Of task, of which all must be.

    Raises
    ------
    InputError
        If one cannot be loaded or is of none of the ``kinds`` of task, or if they do not read and give the same.
    """
    files = [(file, each) for pair in zip(weights, models, strict=True) for file, each in _replicates(*pair, device)]
    shared = _shared(files[0][1][0])
    for file, (network, description) in files:
        if description.kind not in kinds:
            raise InputError(
                f"what is asked for needs models of {' or '.join(kinds)} tasks",
                file=file,
                found=f"kind: {description.kind}",
                allowed=" or ".join(f"kind: {kind}" for kind in kinds),
                mend=f"name a {' or '.join(kinds)} task and one of its arms in the configuration",
            )
        if _shared(network) != shared:
            raise InputError(
                "networks that answer together must read and give the same",
                file=file,
                found=_shared(network),
                allowed=f"those of {models[0]}: {shared}",
                mend="train their arms again with one configuration",
            )
    return [each for _, each in files]


def load_replicates(
    weights: Sequence[Path], models: Sequence[Path], device: torch.device, *kinds: str
) -> list[nn.Module]:
    """The networks of :func:`load_networks`."""
    return [network for network, _ in load_networks(weights, models, device, *kinds)]


def load_classifiers(weights: Sequence[Path], models: Sequence[Path], device: torch.device) -> list[nn.Module]:
    """The replicates of arms that give one logit a window: of binary tasks, or of labelled ones of two classes.

    Raises
    ------
    InputError
        As :func:`load_networks`; and for more classes.
    """
    networks = load_replicates(weights, models, device, "binary", "labelled")
    classes = architecture_of(networks[0]).classes
    if classes > 2:
        raise InputError(
            "what is asked for needs a network of two classes, which has one score a window",
            file=models[0],
            found=f"{classes} classes",
            allowed="a binary task, or a labelled one of two classes",
            mend="name another task in the configuration",
        )
    return networks


def expected_reads(
    networks: Sequence[nn.Module], codes: np.ndarray, control: np.ndarray | None, *, average_strands: bool = False
) -> np.ndarray:
    """Reads that profile networks expect at every position, float64 (windows, 2, output).

    The mean of the networks' probabilities times the mean of their totals: a network that expects many reads has no
    greater say in where they start. Totals that a network puts below 0 count as 0.

    Parameters
    ----------
    codes
        Base codes (windows, window).
    control
        Reads of the control (windows, 2, output), for networks that read one.
    average_strands
        Whether what a network predicts from the other strand is averaged as another network's.
    """
    strands = [predict_profiles, predict_profiles_of_other_strand] if average_strands else [predict_profiles]
    answers = len(networks) * len(strands)
    probabilities: np.ndarray | float = 0.0
    totals: np.ndarray | float = 0.0
    for network in networks:
        for predict in strands:
            log_probabilities, log_totals = predict(network, codes, control)
            probabilities += np.exp(log_probabilities, dtype=np.float64) / answers
            totals += np.maximum(np.expm1(log_totals, dtype=np.float64), 0) / answers
    return probabilities * totals[:, :, None]


def _replicates(
    weights: Path, models: Path, device: torch.device
) -> list[tuple[Path, tuple[nn.Module, ModelDescription]]]:
    """Every replicate of a file, with its name."""
    return [(models, each) for each in load(weights, models, device)]


def _shared(network: nn.Module) -> dict[str, object]:
    architecture = architecture_of(network)
    return {name: getattr(architecture, name) for name in SHARED if hasattr(architecture, name)}

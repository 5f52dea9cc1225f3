"""Trained replicates of one arm, and what profile networks among them predict together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from workflow_support.errors import InputError

from .profile_inference import predict_profiles
from .saved_models import load


def load_replicates(
    weights: Sequence[Path], models: Sequence[Path], device: torch.device, kind: str
) -> list[nn.Module]:
    """Saved networks, in evaluation mode on ``device``.

    Raises
    ------
    InputError
        If one cannot be loaded, if they are of another kind than ``kind``, or not of one architecture.
    """
    loaded = [load(*files, device) for files in zip(weights, models, strict=True)]
    first = loaded[0][1]
    if first.kind != kind:
        raise InputError(
            f"what is to be predicted needs models of {kind} tasks",
            file=models[0],
            found=f"kind: {first.kind}",
            allowed=f"kind: {kind}",
            mend=f"name a {kind} task and one of its arms under predict: in the configuration",
        )
    for (_, description), file in zip(loaded, models, strict=True):
        if description.architecture != first.architecture:
            raise InputError(
                "replicates of one arm must have one architecture",
                file=file,
                found=description.architecture,
                allowed=f"the architecture of {models[0]}: {first.architecture}",
                mend="train the arm again with one configuration",
            )
    return [network for network, _ in loaded]


def expected_reads(networks: Sequence[nn.Module], codes: np.ndarray, control: np.ndarray | None) -> np.ndarray:
    """Reads that profile networks expect at every position, float64 (windows, 2, output).

    The mean of the networks' probabilities times the mean of their totals: a network that expects many reads has no
    greater say in where they start. Totals that a network puts below 0 count as 0.

    Parameters
    ----------
    codes
        Base codes (windows, window).
    control
        Reads of the control (windows, 2, output), for networks that read one.
    """
    probabilities: np.ndarray | float = 0.0
    totals: np.ndarray | float = 0.0
    for network in networks:
        log_probabilities, log_totals = predict_profiles(network, codes, control)
        probabilities += np.exp(log_probabilities, dtype=np.float64) / len(networks)
        totals += np.maximum(np.expm1(log_totals, dtype=np.float64), 0) / len(networks)
    return probabilities * totals[:, :, None]

"""Predicted profiles of networks over many windows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from .architectures import encoding_of
from .forward import PROFILES_PER_BATCH, profile_inputs
from .inference import other_strand
from .kmers import encode


def predict_profiles(
    network: nn.Module, codes: np.ndarray, control: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """What a network predicts in evaluation mode, on its device.

    Parameters
    ----------
    codes
        Base codes (windows, window).
    control
        Reads of the control (windows, 2, output), for a network that reads one.

    Returns
    -------
    Logarithms of the probabilities of each strand's positions, float32 (windows, 2, output), and of the totals,
    float32 (windows, 2).
    """
    device, encoding = next(network.parameters()).device, encoding_of(network)
    was_training = network.training
    network.eval()
    profiles, totals = [], []
    for start in range(0, len(codes), PROFILES_PER_BATCH):
        batch = slice(start, start + PROFILES_PER_BATCH)
        inputs = profile_inputs(encode(codes[batch], encoding), None if control is None else control[batch], device)
        with torch.inference_mode():
            logits, log_totals = network(*inputs)
        profiles.append(torch.log_softmax(logits, dim=2).cpu().numpy())
        totals.append(log_totals.cpu().numpy())
    network.train(was_training)
    return np.concatenate(profiles), np.concatenate(totals)


def predict_profiles_of_other_strand(
    network: nn.Module, codes: np.ndarray, control: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """What a network predicts for the reverse complements, control included, brought back to this strand."""
    control = None if control is None else control[:, ::-1, ::-1]
    log_probabilities, log_totals = predict_profiles(network, other_strand(codes), control)
    return log_probabilities[:, ::-1, ::-1], log_totals[:, ::-1]


def mean_profiles(outputs: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Outputs of the mean of networks' logits and logarithms of totals, given those of :func:`predict_profiles`.

    Logarithms of probabilities are logits but for a constant of each strand, which makes the mean's sum to 1.
    """
    log_probabilities, log_totals = (np.mean(part, axis=0) for part in zip(*outputs, strict=True))
    return log_probabilities - np.log(np.exp(log_probabilities).sum(axis=2, keepdims=True)), log_totals

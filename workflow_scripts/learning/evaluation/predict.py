"""Logits of networks over many windows, on one strand or on both."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from torch import nn

from rc_equivariant.encoding import KmerEncoding
from workflow_support.job import logger

from ..models.devices import describe_arithmetic, describe_device
from ..models.inputs import PROFILES_PER_BATCH, as_integer_tensor, encode, predict_logits, profile_inputs, row_blocks
from ..models.networks import encoding_of

#: Of A, C, G, T and the unknown base.
COMPLEMENTS = KmerEncoding(1).act(torch.arange(5)[:, None])[:, 0].numpy().astype(np.uint8)


def logits_of_each(networks: Sequence[nn.Module], codes: np.ndarray, clock: Clock | None = None) -> list[np.ndarray]:
    """Logits of each network for base codes (windows, width), which are made k-mers once for each k.

    Parameters
    ----------
    clock
        Where to add how long the networks take.
    """
    clock = Clock() if clock is None else clock
    blocks: list[list[np.ndarray]] = [[] for _ in networks]
    for rows in row_blocks(codes):
        encodings = {encoding_of(network) for network in networks}
        kmers = {encoding: as_integer_tensor(encode(codes[rows], encoding)) for encoding in encodings}
        for number, network in enumerate(networks):
            read = kmers[encoding_of(network)]
            with clock.timing(len(read)):
                blocks[number].append(predict_logits(network, read))
    return [np.concatenate(of_network) for of_network in blocks]


def mean_logits(
    networks: Sequence[nn.Module], codes: np.ndarray, *, average_strands: bool = False, clock: Clock | None = None
) -> np.ndarray:
    """Mean of the logits of networks, and of both strands if asked for, for base codes (windows, width).

    Parameters
    ----------
    clock
        As :func:`logits_of_each` takes it.
    """
    strands = [codes, other_strand(codes)] if average_strands else [codes]
    return np.mean([np.mean(logits_of_each(networks, strand, clock), axis=0) for strand in strands], axis=0)


def other_strand(codes: np.ndarray) -> np.ndarray:
    """Base codes of reverse complements, uint8, of base codes (windows, width)."""
    return COMPLEMENTS[codes[:, ::-1]]


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


class Clock:
    """Wall time of networks over all that they read."""

    def __init__(self) -> None:
        self._seconds, self._windows = 0.0, 0

    @contextmanager
    def timing(self, windows: int) -> Iterator[None]:
        """Add the time of the block, in which networks read so many windows, each network and strand counted."""
        started = time.perf_counter()
        yield
        self._seconds += time.perf_counter() - started
        self._windows += windows

    def log(self, device: torch.device, what: str = "windows read, each network and strand counted") -> None:
        """Say where all networks ran, in which precision, and how many windows a second; ``what`` says which count."""
        where = f"{describe_device(device)}, {describe_arithmetic(device)}"
        speed = f"{self._windows / self._seconds:.0f} a second" if self._windows else "none"
        logger.info("Ran on %s: %d %s, in %.1f s: %s.", where, self._windows, what, self._seconds, speed)

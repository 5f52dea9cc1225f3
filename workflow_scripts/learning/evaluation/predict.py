"""Predictions of networks for many windows, on one strand or on both."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn

from genome_data import alphabet
from genome_data.windows.placing import in_the_middle
from rc_equivariant.centring import Centred
from workflow_support.job import logger

from ..models.devices import describe_arithmetic, describe_device
from ..models.inputs import PROFILES_PER_BATCH, network_inputs, predict_logits
from ..models.kmers import as_integer_tensor, encode, row_blocks
from ..models.networks import architecture_of, encoding_of


def logits_of_each(
    networks: Sequence[nn.Module], codes: np.ndarray, clock: Clock | None = None, *, two_windows: bool = False
) -> list[np.ndarray]:
    """The logits of each network for base codes (windows, width), of which k-mers are made once for each k.

    Parameters
    ----------
    clock
        Adds up the time that the networks take.
    two_windows
        Whether rows are one base wider than the window of the networks. A network then reads the first and the last
        window of a row, whose middle is not that of a window, and has the mean of its logits.
    """
    clock = Clock() if clock is None else clock
    blocks: list[list[np.ndarray]] = [[] for _ in networks]
    for rows in row_blocks(codes):
        encodings = {encoding_of(network) for network in networks}
        kmers = {encoding: as_integer_tensor(encode(codes[rows], encoding)) for encoding in encodings}
        for number, network in enumerate(networks):
            read = kmers[encoding_of(network)]
            windows = _both_windows(network, read) if two_windows else [read]
            with clock.timing(len(windows) * len(read)):
                blocks[number].append(np.mean([predict_logits(network, window) for window in windows], axis=0))
    return [np.concatenate(of_network) for of_network in blocks]


def logits_of_sequences(
    networks: Sequence[nn.Module], sequences: Sequence[np.ndarray], clock: Clock | None = None
) -> list[np.ndarray]:
    """The logits of each network for sequences, base codes (length,) each, which are no longer than the window.

    Each sequence lies in the middle of the window, or has the mean of the logits for the two places beside it, as it
    has if it is predicted as a region of its own (:func:`genome_data.intervals.tiles.tile`).

    Parameters
    ----------
    clock
        As :func:`logits_of_each` takes it.
    """
    window = architecture_of(networks[0]).window
    outside = window - np.array([len(sequence) for sequence in sequences], dtype=np.int64)
    rows = [np.flatnonzero(outside % 2 == further) for further in (0, 1)]
    parts = [
        logits_of_each(
            networks,
            in_the_middle([sequences[row] for row in chosen], window + further),
            clock,
            two_windows=further == 1,
        )
        for further, chosen in enumerate(rows)
        if chosen.size
    ]
    order = np.argsort(np.concatenate(rows))
    return [np.concatenate(of_network)[order] for of_network in zip(*parts, strict=True)]


def _both_windows(network: nn.Module, kmers: Tensor) -> list[Tensor]:
    """The first and the last window of rows of k-mers (rows, positions), or one if the network answers the same."""
    is_inside_both = bool((kmers[:, [0, -1]] == encoding_of(network).size).all())
    # A centred network finds the same sequence in both.
    return [kmers[:, :-1]] if is_inside_both and isinstance(network, Centred) else [kmers[:, :-1], kmers[:, 1:]]


def answers_of_each(
    networks: Sequence[nn.Module],
    codes: np.ndarray,
    *,
    average_strands: bool = False,
    clock: Clock | None = None,
    two_windows: bool = False,
) -> np.ndarray:
    """The logits of each network, (networks, windows), for base codes (windows, width).

    They are the mean over both strands if asked for.

    Parameters
    ----------
    clock, two_windows
        As :func:`logits_of_each` takes them.
    """
    strands = [codes, alphabet.reverse_complement(codes)] if average_strands else [codes]
    return np.mean([logits_of_each(networks, strand, clock, two_windows=two_windows) for strand in strands], axis=0)


def spread(answers: np.ndarray) -> np.ndarray:
    """The standard deviation (n - 1) of the answers of networks, (networks, ...); NaN for one alone."""
    if len(answers) == 1:
        return np.full(answers.shape[1:], np.nan)
    return np.std(answers.astype(np.float64), axis=0, ddof=1)


def predict_profiles(
    network: nn.Module, codes: np.ndarray, tracks: Mapping[str, np.ndarray], *, reverse_complement: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """The predictions of a network in evaluation mode, on its device.

    Parameters
    ----------
    codes
        Base codes (windows, window), or one base wider. Of wider ones the network reads the first and the last window.
    tracks
        The input tracks that the network reads, by name, each (windows, channels, output), or one base wider as well.
    reverse_complement
        Whether the network reads the other strand; its predictions are given as seen on the forward strand.

    Returns
    -------
    Logarithms of the probabilities of each strand's positions, float32 (windows, 2, output), and of the totals,
    float32 (windows, 2). For wider rows these are the means of both windows, over the output - 1 positions that both
    have.
    """
    described = architecture_of(network)
    if codes.shape[1] == described.window:
        return _profiles_of_windows(network, codes, tracks, reverse_complement=reverse_complement)
    (first, first_totals), (last, last_totals) = (
        _profiles_of_windows(
            network,
            codes[:, start : start + described.window],
            {name: values[..., start : start + described.output_length] for name, values in tracks.items()},
            reverse_complement=reverse_complement,
        )
        for start in (0, 1)
    )
    return (first[..., 1:] + last[..., :-1]) / 2, (first_totals + last_totals) / 2


def _profiles_of_windows(
    network: nn.Module, codes: np.ndarray, tracks: Mapping[str, np.ndarray], *, reverse_complement: bool
) -> tuple[np.ndarray, np.ndarray]:
    was_training = network.training
    network.eval()
    profiles, totals = [], []
    for start in range(0, len(codes), PROFILES_PER_BATCH):
        batch = slice(start, start + PROFILES_PER_BATCH)
        of_batch = {name: values[batch] for name, values in tracks.items()}
        inputs = network_inputs(network, codes[batch], of_batch, reverse_complement=reverse_complement)
        with torch.inference_mode():
            logits, log_totals = network(*inputs)
        profiles.append(torch.log_softmax(logits, dim=2).cpu().numpy())
        totals.append(log_totals.cpu().numpy())
    network.train(was_training)
    log_probabilities, log_totals = np.concatenate(profiles), np.concatenate(totals)
    if reverse_complement:
        return log_probabilities[:, ::-1, ::-1], log_totals[:, ::-1]
    return log_probabilities, log_totals


def expected_reads(
    networks: Sequence[nn.Module],
    codes: np.ndarray,
    tracks: Mapping[str, np.ndarray],
    *,
    average_strands: bool = False,
) -> np.ndarray:
    """The reads that profile networks expect together, float64 (windows, 2, positions of :func:`predict_profiles`).

    This is the mean of the networks' probabilities times the mean of their totals, so a network that expects many reads
    has no greater influence on where they start.

    Parameters
    ----------
    codes, tracks, average_strands
        As :func:`profiles_of_each` takes them.
    """
    probabilities, totals = profiles_of_each(networks, codes, tracks, average_strands=average_strands)
    return probabilities.mean(axis=0) * totals.mean(axis=0)[:, :, None]


def profiles_of_each(
    networks: Sequence[nn.Module],
    codes: np.ndarray,
    tracks: Mapping[str, np.ndarray],
    *,
    average_strands: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """The probabilities of each profile network, (networks, windows, 2, positions), and its totals, without the last.

    Totals below 0 count as 0.

    Parameters
    ----------
    codes, tracks
        As :func:`predict_profiles` takes them.
    average_strands
        Whether the answer of a network is its mean over both strands.
    """
    strands = (False, True) if average_strands else (False,)
    probabilities, totals = [], []
    for network in networks:
        outputs = [predict_profiles(network, codes, tracks, reverse_complement=strand) for strand in strands]
        probabilities.append(np.mean([np.exp(each, dtype=np.float64) for each, _ in outputs], axis=0))
        totals.append(np.mean([np.maximum(np.expm1(each, dtype=np.float64), 0) for _, each in outputs], axis=0))
    return np.stack(probabilities), np.stack(totals)


def mean_profiles(outputs: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """The mean of outputs of :func:`predict_profiles`: of logits and of logarithms of totals.

    Logarithms of probabilities are logits but for a constant of each strand; a new constant makes probabilities sum to
    1.
    """
    log_probabilities, log_totals = (np.mean(part, axis=0) for part in zip(*outputs, strict=True))
    return log_probabilities - np.log(np.exp(log_probabilities).sum(axis=2, keepdims=True)), log_totals


class Clock:
    """The wall time of networks, and the number of windows that they read in it."""

    def __init__(self) -> None:
        self._seconds, self._windows = 0.0, 0

    @contextmanager
    def timing(self, windows: int) -> Iterator[None]:
        """Add the time of the block, in which networks read this number of windows, each network and strand counted."""
        started = time.perf_counter()
        yield
        self._seconds += time.perf_counter() - started
        self._windows += windows

    def log(self, device: torch.device, what: str = "windows read, each network and strand counted") -> None:
        """Log device, precision and windows per second; ``what`` says what is counted."""
        where = f"{describe_device(device)}, {describe_arithmetic(device)}"
        speed = f"{self._windows / self._seconds:.0f} a second" if self._windows else "none"
        logger.info("Ran on %s: %d %s, in %.1f s: %s.", where, self._windows, what, self._seconds, speed)

"""Training one network of either kind: batches, one look at the validation split an epoch, the best epoch kept."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

from workflow_support.errors import InputError
from workflow_support.job import logger, progress

from .devices import select_device
from .settings import TrainingSettings


@dataclass(frozen=True)
class EpochRecord:
    """What an epoch ended with: the mean loss over its batches, and metrics of the validation split by name.

    ``loss`` is among the metrics, the mean over windows.
    """

    epoch: int
    train_loss: float
    validation: dict[str, float]

    def as_row(self) -> dict[str, float]:
        """A row of ``history.tsv``."""
        of_validation = {f"validation_{name}": value for name, value in self.validation.items()}
        return {"epoch": self.epoch, "train_loss": self.train_loss} | of_validation


@dataclass(frozen=True)
class RandomStreams:
    """Independent streams of one seed, so that none depends on how much another draws."""

    order: np.random.Generator
    jitter: np.random.Generator


class Objective(Protocol):
    """What a kind of task asks of training. It draws its batches itself and keeps its data where it needs them.

    ``patience`` is the number of epochs without a better one after which training ends, None where all are trained.
    """

    steps_per_epoch: int
    windows_per_epoch: int
    patience: int | None

    def batch_loss(self, network: nn.Module) -> Tensor:
        """Mean loss over the windows of the next batch, a scalar on the network's device."""
        ...

    def validate(self, network: nn.Module) -> dict[str, float]:
        """Metrics of the validation split, ``loss`` first."""
        ...

    def quality(self, validation: dict[str, float]) -> float:
        """By which the best epoch is chosen, from its metrics; the larger the better."""
        ...


@dataclass
class TrainingState:
    """Everything that changes while a network is trained."""

    network: nn.Module
    optimiser: torch.optim.Optimizer
    objective: Objective
    history: list[EpochRecord] = field(default_factory=list)
    best: EpochRecord | None = None
    best_weights: dict[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class TrainedNetwork:
    """A network with the weights of its best epoch, and how it came about. ``seconds`` is the wall time of training."""

    network: nn.Module
    history: list[EpochRecord]
    best: EpochRecord
    seconds: float


def train(
    make_network: Callable[[], nn.Module],
    make_objective: Callable[[RandomStreams, torch.device], Objective],
    settings: TrainingSettings,
    seed: int,
) -> TrainedNetwork:
    """Train a network with Adam and keep the epoch that is best on the validation split, the earliest of equals.

    Parameters
    ----------
    make_network
        Called once, after the random numbers of its initialisation have been seeded.
    make_objective
        Called once, with the random streams of the replicate and the device of the network.
    seed
        The replicate: initialisation, batch order and jitter get independent streams of it, so replicates differ in
        all three.

    Raises
    ------
    InputError
        Where the device is absent, a split lacks what the objective needs, or the loss stops being finite.
    """
    device = select_device(settings.device, settings.threads)
    state = _start(make_network, make_objective, settings, seed, device)
    started = time.perf_counter()
    for epoch in progress(range(1, settings.epochs + 1), description="training", unit=" epochs"):
        train_loss = _train_epoch(state)
        validation = state.objective.validate(state.network)
        _require_finite(train_loss, validation, epoch, settings)
        _record_epoch(state, EpochRecord(epoch, train_loss, validation))
        if _is_out_of_patience(state):
            break
    seconds = time.perf_counter() - started
    state.network.load_state_dict(state.best_weights)
    _log_outcome(state, settings, seconds)
    return TrainedNetwork(state.network, state.history, state.best, seconds)


def _start(
    make_network: Callable[[], nn.Module],
    make_objective: Callable[[RandomStreams, torch.device], Objective],
    settings: TrainingSettings,
    seed: int,
    device: torch.device,
) -> TrainingState:
    initialisation, order, jitter = np.random.SeedSequence(seed).spawn(3)
    torch.manual_seed(int(initialisation.generate_state(1, np.uint64)[0]))
    # Made on the CPU and moved, so that a seed means the same initial weights on every device.
    network = make_network().to(device)
    streams = RandomStreams(np.random.default_rng(order), np.random.default_rng(jitter))
    return TrainingState(
        network=network,
        optimiser=torch.optim.Adam(network.parameters(), lr=settings.learning_rate),
        objective=make_objective(streams, device),
    )


def _train_epoch(state: TrainingState) -> float:
    """One epoch of optimiser steps; the mean loss over its batches."""
    state.network.train()
    total = 0.0
    for _ in range(state.objective.steps_per_epoch):
        loss = state.objective.batch_loss(state.network)
        state.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        state.optimiser.step()
        # Summed on the device: reading each loss would make a GPU wait for every step.
        total += loss.detach()
    return float(total) / state.objective.steps_per_epoch


def _require_finite(train_loss: float, validation: dict[str, float], epoch: int, settings: TrainingSettings) -> None:
    if not all(map(math.isfinite, (train_loss, *validation.values()))):
        raise InputError(
            f"training diverged in epoch {epoch}",
            found=f"train loss {train_loss}, validation {_listed(validation)}",
            allowed="finite numbers",
            mend=f"lower training: learning_rate, for example to {settings.learning_rate / 10:g}",
        )


def _record_epoch(state: TrainingState, record: EpochRecord) -> None:
    """Add an epoch to the history; keep its weights if no earlier epoch was as good."""
    state.history.append(record)
    quality = state.objective.quality
    if state.best is None or quality(record.validation) > quality(state.best.validation):
        state.best = record
        state.best_weights = {name: value.detach().clone() for name, value in state.network.state_dict().items()}


def _is_out_of_patience(state: TrainingState) -> bool:
    patience = state.objective.patience
    return patience is not None and len(state.history) - state.best.epoch >= patience


def _log_outcome(state: TrainingState, settings: TrainingSettings, seconds: float) -> None:
    epochs = len(state.history)
    read = epochs * state.objective.windows_per_epoch
    logger.info(
        "Trained on %s in %.1f s: %.0f windows a second, validation included.", settings.device, seconds, read / seconds
    )
    logger.info("Best of %d epochs: %d, validation %s.", epochs, state.best.epoch, _listed(state.best.validation))


def _listed(metrics: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.4f}" for name, value in metrics.items())

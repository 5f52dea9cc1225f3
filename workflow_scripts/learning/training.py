"""Training one network: balanced batches, one look at the validation split an epoch, the best epoch kept."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits

from rc_equivariant import with_reverse_complements
from workflow_support.errors import InputError
from workflow_support.job import logger, progress

from .batches import BalancedBatches
from .devices import select_device
from .inference import as_integer_tensor, predict_logits
from .metrics import auroc, require_both_classes
from .settings import TrainingSettings


@dataclass(frozen=True)
class LabelledKmers:
    """k-mer indices (windows, positions) and labels 0 or 1 (windows,)."""

    kmers: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True)
class TrainingWindows:
    """All that training may see. The test split has no place here, so that nothing can reach it by mistake."""

    train: LabelledKmers
    validation: LabelledKmers

    def __post_init__(self) -> None:
        require_both_classes(self.train.labels, "train")
        require_both_classes(self.validation.labels, "validation")


@dataclass(frozen=True)
class EpochRecord:
    """What an epoch ended with; losses are means over windows of the binary cross-entropy."""

    epoch: int
    train_loss: float
    validation_loss: float
    validation_auroc: float


@dataclass
class TrainingState:
    """Everything that changes while a network is trained."""

    network: nn.Module
    optimiser: torch.optim.Optimizer
    batches: BalancedBatches
    history: list[EpochRecord] = field(default_factory=list)
    best: EpochRecord | None = None
    best_weights: dict[str, torch.Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class TrainedNetwork:
    """A network with the weights of its best epoch, and how it came about. ``seconds`` is the wall time of training."""

    network: nn.Module
    history: list[EpochRecord]
    best: EpochRecord
    seconds: float


def train(
    make_network: Callable[[], nn.Module], windows: TrainingWindows, settings: TrainingSettings, seed: int
) -> TrainedNetwork:
    """Train a network with Adam on binary cross-entropy and keep the epoch with the best validation AUROC.

    Parameters
    ----------
    make_network
        Called once, after the random numbers of its initialisation have been seeded. The network maps k-mer indices
        (batch, positions) to logits (batch,); ``encoding`` is theirs.
    seed
        The replicate: initialisation and batch order get independent streams of it, so replicates differ in both.

    Raises
    ------
    InputError
        Where the device is absent, a split lacks a class, or the loss stops being finite.
    """
    device = select_device(settings.device, settings.threads)
    state = _start(make_network, windows.train.labels, settings, seed, device)
    train_kmers, train_labels = _on_device(windows.train, device)
    validation_kmers, _ = _on_device(windows.validation, device)
    started = time.perf_counter()
    for epoch in progress(range(1, settings.epochs + 1), description="training", unit=" epochs"):
        train_loss = _train_epoch(state, train_kmers, train_labels, settings)
        validation_logits = predict_logits(state.network, validation_kmers)
        _require_finite(train_loss, validation_logits, epoch, settings)
        validation_loss = _cross_entropy(windows.validation.labels, validation_logits)
        validation_auroc = auroc(windows.validation.labels, validation_logits)
        _record_epoch(state, EpochRecord(epoch, train_loss, validation_loss, validation_auroc))
    seconds = time.perf_counter() - started
    state.network.load_state_dict(state.best_weights)
    _log_outcome(state, settings, seconds)
    return TrainedNetwork(state.network, state.history, state.best, seconds)


def _start(
    make_network: Callable[[], nn.Module],
    labels: np.ndarray,
    settings: TrainingSettings,
    seed: int,
    device: torch.device,
) -> TrainingState:
    initialisation, order = np.random.SeedSequence(seed).spawn(2)
    torch.manual_seed(int(initialisation.generate_state(1, np.uint64)[0]))
    # Made on the CPU and moved, so that a seed means the same initial weights on every device.
    network = make_network().to(device)
    return TrainingState(
        network=network,
        optimiser=torch.optim.Adam(network.parameters(), lr=settings.learning_rate),
        batches=BalancedBatches(
            labels, settings.positives_per_batch, settings.negatives_per_batch, np.random.default_rng(order)
        ),
    )


def _on_device(windows: LabelledKmers, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    labels = torch.from_numpy(windows.labels.astype(np.float32))
    return as_integer_tensor(windows.kmers).to(device), labels.to(device)


def _train_epoch(state: TrainingState, kmers: torch.Tensor, labels: torch.Tensor, settings: TrainingSettings) -> float:
    """One epoch of optimiser steps; the mean loss over its batches."""
    state.network.train()
    total = torch.zeros((), device=kmers.device)
    for _ in range(settings.steps_per_epoch):
        rows = torch.from_numpy(next(state.batches)).to(kmers.device)
        batch_kmers, batch_labels = kmers[rows].long(), labels[rows]
        if settings.reverse_complement_augmentation:
            batch_kmers = with_reverse_complements(state.network.encoding, batch_kmers)
            batch_labels = batch_labels.repeat(2)
        loss = binary_cross_entropy_with_logits(state.network(batch_kmers), batch_labels)
        state.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        state.optimiser.step()
        # Summed on the device: reading each loss would make a GPU wait for every step.
        total += loss.detach()
    return float(total) / settings.steps_per_epoch


def _cross_entropy(labels: np.ndarray, logits: np.ndarray) -> float:
    """Mean over windows of log(1 + exp(z)) - yz, the binary cross-entropy of label y and logit z."""
    logits = logits.astype(np.float64)
    return float(np.mean(np.logaddexp(0.0, logits) - labels * logits))


def _require_finite(train_loss: float, logits: np.ndarray, epoch: int, settings: TrainingSettings) -> None:
    if not (math.isfinite(train_loss) and np.isfinite(logits).all()):
        raise InputError(
            f"training diverged in epoch {epoch}",
            found=f"train loss {train_loss}, {np.count_nonzero(~np.isfinite(logits))} validation logits not finite",
            allowed="finite numbers",
            mend=f"lower training: learning_rate, for example to {settings.learning_rate / 10:g}",
        )


def _record_epoch(state: TrainingState, record: EpochRecord) -> None:
    """Add an epoch to the history; keep its weights if no earlier epoch had as good a validation AUROC."""
    state.history.append(record)
    if state.best is None or record.validation_auroc > state.best.validation_auroc:
        state.best = record
        state.best_weights = {name: value.detach().clone() for name, value in state.network.state_dict().items()}


def _log_outcome(state: TrainingState, settings: TrainingSettings, seconds: float) -> None:
    read = settings.epochs * settings.steps_per_epoch * settings.batch_size
    logger.info(
        "Trained on %s in %.1f s: %.0f windows a second, validation included.", settings.device, seconds, read / seconds
    )
    logger.info(
        "Best of %d epochs: %d, validation AUROC %.4f.", settings.epochs, state.best.epoch, state.best.validation_auroc
    )

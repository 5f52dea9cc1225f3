"""The state of a training: all that changes while a network is trained, and its form in a checkpoint."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from .averages import holding
from .sampling import Batches


@dataclass(frozen=True)
class EpochRecord:
    """The result of an epoch: the mean loss over its batches, and metrics of the validation split by name.

    Among the metrics is ``loss``, the mean over windows. Of networks that are trained apart, ``train_loss`` is the mean
    over networks, and the metrics are those of their joint answer.
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
    """The part of training that depends on the kind of task: its data, batches, losses and quality.

    Drawing a batch is apart from computing its loss, so that one function computes the loss of all replicates of an
    arm. ``patience`` is the number of epochs without a better one after which training ends, None to train all of them.
    """

    batches: Batches
    steps_per_epoch: int
    windows_per_epoch: int
    patience: int | None

    def draw(self) -> tuple[np.ndarray, ...]:
        """Draw all that decides the next batch: arrays (batch, ...), the rows of the training windows first."""
        ...

    def loss(self, network: nn.Module, drawn: tuple[Tensor, ...]) -> Tensor:
        """The mean loss over the windows of a drawn batch, a scalar; all tensors are on the network's device.

        The losses of networks that are trained apart are added.
        """
        ...

    def validate(self, network: nn.Module) -> dict[str, float]:
        """The metrics of the validation split, ``loss`` first."""
        ...

    def quality(self, validation: dict[str, float]) -> float:
        """The number by which the best epoch is chosen, computed from its metrics; the larger the better."""
        ...


class Storage(Protocol):
    """The file that keeps a training, as :class:`learning.training.checkpoints.Checkpoint` does."""

    def save_if_due(self, state: TrainingState) -> None: ...

    def finish(self, state: TrainingState) -> None: ...


@dataclass(eq=False)
class TrainingState:
    """A training between two epochs.

    ``scaler`` scales the loss in float16, and does nothing in other precisions. ``seconds`` is the wall time that the
    training has taken, an equal share of it if several trained together. ``generator`` is the state of torch's
    generator on the device, from which dropout draws; initialisation leaves its first state. If there is a
    ``checkpoint``, the training is stored there, and ``is_finished`` says that nothing of it is left to do. ``average``
    has the average of the weights and running statistics over the steps so far, by name, if the settings ask for one.
    """

    network: nn.Module
    optimiser: torch.optim.Optimizer
    objective: Objective
    streams: RandomStreams
    device: torch.device
    seed: int
    checkpoint: Storage | None = None
    is_finished: bool = False
    history: list[EpochRecord] = field(default_factory=list)
    best: EpochRecord | None = None
    best_weights: dict[str, Tensor] = field(default_factory=dict)
    average: dict[str, Tensor] = field(default_factory=dict)
    seconds: float = 0.0
    scaler: torch.amp.GradScaler = field(default_factory=lambda: torch.amp.GradScaler(enabled=False))
    generator: Tensor = field(init=False)

    def __post_init__(self) -> None:
        self.generator = _generator_state(self.device)

    @property
    def quality(self) -> float:
        """The number by which the best epoch was chosen."""
        return self.objective.quality(self.best.validation)

    @contextmanager
    def drawing(self) -> Iterator[None]:
        """Let torch draw from this training's own stream of random numbers, whatever drew before."""
        _set_generator(self.device, self.generator)
        yield
        self.generator = _generator_state(self.device)

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Let the network have the averages of its weights, if there are any, while it is validated and recorded."""
        with holding(self.network, self.average):
            yield

    def record(self, record: EpochRecord) -> None:
        """Add an epoch to the history; keep its weights if no earlier epoch was as good."""
        if self._add(record):
            self.best_weights = {name: value.detach().clone() for name, value in self.network.state_dict().items()}

    def is_out_of_patience(self) -> bool:
        """Return True if too many epochs have passed without a better one."""
        patience = self.objective.patience
        return patience is not None and bool(self.history) and len(self.history) - self.best.epoch >= patience

    def finish(self) -> None:
        """Store the outcome of the training, unless that was done before."""
        if self.checkpoint is not None and not self.is_finished:
            self.checkpoint.finish(self)
        self.is_finished = True

    def outcome(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """The outcome of a finished training: the best weights by name, and history and seconds for JSON."""
        tensors = _prefixed("best", self.best_weights)
        history = [[record.epoch, record.train_loss, record.validation] for record in self.history]
        return tensors, {"history": history, "seconds": self.seconds}

    def everything(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """The outcome and all else that the next epoch depends on: weights, optimiser, batches and every generator."""
        tensors, notes = self.outcome()
        tensors |= _prefixed("weights", self.network.state_dict())
        tensors |= _prefixed("average", self.average)
        for index, values in self.optimiser.state_dict()["state"].items():
            tensors |= _prefixed(f"optimiser.{index}", values)
        batches = {name: torch.from_numpy(value) for name, value in self.objective.batches.state().items()}
        tensors |= _prefixed("batches", batches)
        tensors[f"generator.{self.device.type}"] = self.generator
        streams = {name: stream.bit_generator.state for name, stream in vars(self.streams).items()}
        return tensors, notes | {"streams": streams, "scaler": self.scaler.state_dict()}

    def restore_outcome(self, tensors: Mapping[str, Tensor], notes: Mapping[str, Any]) -> None:
        """Restore what :meth:`outcome` returned.

        Raises
        ------
        LookupError, TypeError, ValueError, RuntimeError
            If it belongs to another training; the state is then of no use.
        """
        if not notes["history"]:
            raise ValueError("no epoch was trained")
        for row in notes["history"]:
            self._add(_checked_record(row, len(self.history) + 1))
        self.best_weights = _fitting("best", tensors, self.network.state_dict())
        self.seconds = _finite(notes["seconds"])

    def restore_everything(self, tensors: Mapping[str, Tensor], notes: Mapping[str, Any]) -> None:
        """Restore what :meth:`everything` returned; raises as :meth:`restore_outcome` does."""
        self.restore_outcome(tensors, notes)
        self.network.load_state_dict(_fitting("weights", tensors, self.network.state_dict()))
        for name, value in _fitting("average", tensors, self.average).items():
            self.average[name].copy_(value)
        self._restore_optimiser(tensors)
        self._restore_scaler(notes["scaler"])
        self.objective.batches.restore({name: value.numpy() for name, value in _of("batches", tensors).items()})
        for name, stream in vars(self.streams).items():
            stream.bit_generator.state = notes["streams"][name]
        self.generator = tensors[f"generator.{self.device.type}"]
        # Fails for a tensor that is no state of a generator.
        _set_generator(self.device, self.generator)

    def _add(self, record: EpochRecord) -> bool:
        """Add an epoch to the history and return whether it is the best so far."""
        self.history.append(record)
        quality = self.objective.quality
        is_best = self.best is None or quality(record.validation) > quality(self.best.validation)
        if is_best:
            self.best = record
        return is_best

    def _restore_optimiser(self, tensors: Mapping[str, Tensor]) -> None:
        """Set Adam's counts and moments, in the memory layout of their parameters."""
        saved = {}
        parameters = [parameter for group in self.optimiser.param_groups for parameter in group["params"]]
        for index, parameter in enumerate(parameters):
            like = {"step": torch.zeros(()), "exp_avg": parameter.detach(), "exp_avg_sq": parameter.detach()}
            saved[index] = _fitting(f"optimiser.{index}", tensors, like)
        self.optimiser.load_state_dict(self.optimiser.state_dict() | {"state": saved})

    def _restore_scaler(self, notes: Mapping[str, Any]) -> None:
        """Set the scale of the loss, and the number of steps since it was changed."""
        own = self.scaler.state_dict()
        if {name: type(value) for name, value in notes.items()} != {name: type(value) for name, value in own.items()}:
            raise ValueError("the scale of the loss is that of another precision")
        for value in notes.values():
            _finite(float(value))
        self.scaler.load_state_dict(dict(notes))


def _generator_state(device: torch.device) -> Tensor:
    return torch.cuda.get_rng_state(device) if device.type == "cuda" else torch.get_rng_state()


def _set_generator(device: torch.device, state: Tensor) -> None:
    if device.type == "cuda":
        torch.cuda.set_rng_state(state, device)
    else:
        torch.set_rng_state(state)


def _prefixed(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {f"{prefix}.{name}": value for name, value in tensors.items()}


def _of(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name[len(prefix) + 1 :]: value for name, value in tensors.items() if name.startswith(f"{prefix}.")}


def _fitting(prefix: str, tensors: Mapping[str, Tensor], like: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Copies of the stored tensors, on the devices and in the layouts of those in ``like``, whose shapes they have."""
    found = _of(prefix, tensors)
    if {name: _shape(value) for name, value in found.items()} != {name: _shape(value) for name, value in like.items()}:
        raise ValueError(f"the tensors {prefix} are of another network")
    if not all(bool(value.isfinite().all()) for value in found.values()):
        raise ValueError(f"the tensors {prefix} hold values that are no finite numbers")
    return {name: torch.empty_like(value).copy_(found[name]) for name, value in like.items()}


def _shape(value: Tensor) -> tuple[torch.dtype, torch.Size]:
    return value.dtype, value.shape


def _checked_record(row: list[Any], epoch: int) -> EpochRecord:
    number, train_loss, validation = row
    if number != epoch:
        raise ValueError(f"epoch {number} stands in place of epoch {epoch}")
    return EpochRecord(epoch, _finite(train_loss), {name: _finite(value) for name, value in validation.items()})


def _finite(value: Any) -> float:
    if not isinstance(value, float) or not math.isfinite(value):
        raise ValueError(f"{value!r} is no finite number")
    return value

"""Training networks of any kind: batches, one look at the validation split an epoch, the best epoch kept."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rc_equivariant.hyperbolic import split_parameters
from workflow_support.errors import InputError
from workflow_support.job import logger, progress

from ..models.devices import describe_arithmetic, describe_device, select_device
from .checkpoints import Checkpoint
from .sampling import streams_of
from .settings import Training
from .stacks import Alone, Stack, drawn_steps, steps_of
from .state import EpochRecord, Objective, RandomStreams, TrainingState

MakeObjective = Callable[[RandomStreams, torch.device], Objective]


@dataclass(frozen=True)
class Start:
    """Where a training begins.

    Parameters
    ----------
    seed
        The replicate: initialisation, batch order and jitter get independent streams of it, so replicates differ in
        all three.
    make_objective
        Called with the random streams of the replicate and the device of the network.
    checkpoint
        From which the training goes on, if it holds one, to the same weights; where it is kept.
    """

    seed: int
    make_objective: MakeObjective
    checkpoint: Checkpoint | None = None


@dataclass(frozen=True)
class TrainedNetwork:
    """A network with the weights of its best epoch, and how it came about.

    ``quality`` is what the best epoch was chosen by.
    """

    network: nn.Module
    history: list[EpochRecord]
    best: EpochRecord
    quality: float


def train(
    make_network: Callable[[], nn.Module],
    make_objective: MakeObjective,
    settings: Training,
    seed: int,
    checkpoint: Checkpoint | None = None,
) -> TrainedNetwork:
    """Train one network; see :func:`train_together`."""
    (trained,) = train_together(make_network, settings, [Start(seed, make_objective, checkpoint)])
    return trained


def train_together(
    make_network: Callable[[], nn.Module], settings: Training, starts: Sequence[Start]
) -> list[TrainedNetwork]:
    """Train networks with AdamW and keep each one's best epoch on the validation split, the earliest of equals.

    Several are trained as a stack: each as it would be alone, but for rounding. Each stops when its patience ends.

    Parameters
    ----------
    make_network
        Called after the random numbers of its initialisation have been seeded.
    starts
        One a network, whose objectives are on the same data with the same settings.

    Raises
    ------
    InputError
        Where the device is absent, a split lacks what the objective needs, or a loss stops being finite.
    """
    compute = settings.compute
    device = select_device(compute.device, compute.threads, deterministic=compute.deterministic)
    with _memory_of_the_gpu_in_words(len(starts)):
        trainings = [_begin(make_network, settings, start, device) for start in starts]
        unfinished = [training.state for training in trainings if not training.is_finished]
        if unfinished:
            _train_to_the_end(trainings, settings)
            _log_speed(unfinished)
    return [_trained(training.state) for training in trainings]


@contextmanager
def _memory_of_the_gpu_in_words(networks: int) -> Iterator[None]:
    try:
        yield
    except torch.OutOfMemoryError as error:
        fewer = f"stacked_replicates: {networks // 2}" if networks > 1 else "batch_size, to a smaller one"
        raise InputError(
            "the memory of the GPU does not hold this training",
            found=f"{networks} replicates together; {str(error).splitlines()[0]}",
            allowed="as many at once as fit; what is finished of each is kept",
            mend=f"set training: {fewer}",
        ) from error


@dataclass(eq=False)
class _Training:
    """A training and where it is kept."""

    state: TrainingState
    checkpoint: Checkpoint | None
    is_finished: bool = False

    def finish(self) -> None:
        if self.checkpoint is not None and not self.is_finished:
            self.checkpoint.finish(self.state)
        self.is_finished = True


def _begin(make_network: Callable[[], nn.Module], settings: Training, start: Start, device: torch.device) -> _Training:
    begin = partial(_initial_state, make_network, settings, start, device)
    if start.checkpoint is None:
        return _Training(begin(), None)
    state, is_finished = start.checkpoint.resume(begin)
    return _Training(state, start.checkpoint, is_finished)


def _initial_state(
    make_network: Callable[[], nn.Module], settings: Training, start: Start, device: torch.device
) -> TrainingState:
    sources = streams_of(start.seed)
    torch.manual_seed(int(sources.initialisation.generate_state(1, np.uint64)[0]))
    # Made on the CPU and moved, so that a seed means the same initial weights on every device.
    network = make_network().to(device)
    streams = RandomStreams(np.random.default_rng(sources.order), np.random.default_rng(sources.jitter))
    return TrainingState(
        network=network,
        optimiser=torch.optim.AdamW(parameter_groups(network, settings), lr=settings.schedule.learning_rate),
        objective=start.make_objective(streams, device),
        streams=streams,
        device=device,
        seed=start.seed,
    )


def parameter_groups(network: nn.Module, settings: Training) -> list[dict[str, Any]]:
    """An optimiser's groups: learnt curvatures, which weight decay would draw to k = 1, apart from all else."""
    weights, curvatures = split_parameters(network)
    groups = [{"params": weights, "weight_decay": settings.schedule.weight_decay}]
    return [*groups, {"params": curvatures, "weight_decay": 0.0}] if curvatures else groups


def _train_to_the_end(trainings: Sequence[_Training], settings: Training) -> None:
    left = settings.schedule.epochs - min(len(training.state.history) for training in trainings)
    steps = None
    for together in progress(_epochs_left(trainings, settings), description="training", unit=" epochs", total=left):
        states = [training.state for training in together]
        if steps is None or steps.states != states:
            steps = steps_of(states)
        _train_epoch(steps, settings)
        for training in together:
            if training.checkpoint is not None and not _is_over(training, settings):
                training.checkpoint.save_if_due(training.state)


def _epochs_left(trainings: Sequence[_Training], settings: Training) -> Iterator[list[_Training]]:
    """The trainings that go through an epoch together, all that are furthest behind, until none is left."""
    while True:
        running = []
        for training in trainings:
            if _is_over(training, settings):
                training.finish()
            else:
                running.append(training)
        if not running:
            return
        behind = min(len(training.state.history) for training in running)
        yield [training for training in running if len(training.state.history) == behind]


def _is_over(training: _Training, settings: Training) -> bool:
    state = training.state
    return len(state.history) >= settings.schedule.epochs or state.is_out_of_patience()


def _train_epoch(steps: Alone | Stack, settings: Training) -> None:
    """One epoch of optimiser steps, and its record in every training."""
    started = time.perf_counter()
    epoch = len(steps.states[0].history) + 1
    for state, train_loss in zip(steps.states, _mean_losses(steps, settings, epoch), strict=True):
        validation = state.objective.validate(state.network)
        _require_finite(state, train_loss, validation, epoch, settings)
        state.record(EpochRecord(epoch, train_loss, validation))
    seconds = (time.perf_counter() - started) / len(steps.states)
    for state in steps.states:
        state.seconds += seconds


def _mean_losses(steps: Alone | Stack, settings: Training, epoch: int) -> list[float]:
    """The steps of an epoch; the mean loss of each training over its batches."""
    objectives = [state.objective for state in steps.states]
    for state in steps.states:
        state.network.train()
    per_epoch = objectives[0].steps_per_epoch
    total = 0.0
    draws = drawn_steps(objectives, per_epoch, steps.states[0].device)
    for step, drawn in enumerate(draws, start=(epoch - 1) * per_epoch):
        for group in steps.optimiser.param_groups:
            group["lr"] = settings.schedule.learning_rate_at(step, settings.schedule.epochs * per_epoch)
        # Summed on the device: reading each loss would make a GPU wait for every step.
        total += _step(steps, drawn)
    return [value / per_epoch for value in total.tolist()]


def _step(steps: Alone | Stack, drawn: tuple[Tensor, ...]) -> Tensor:
    """One step of the optimiser; the losses that it was made by."""
    losses = steps.losses(drawn)
    steps.optimiser.zero_grad(set_to_none=True)
    losses.sum().backward()
    steps.optimiser.step()
    return losses.detach()


def _require_finite(
    state: TrainingState, train_loss: float, validation: dict[str, float], epoch: int, settings: Training
) -> None:
    if not all(map(math.isfinite, (train_loss, *validation.values()))):
        raise InputError(
            f"training of seed {state.seed} diverged in epoch {epoch}",
            found=f"train loss {train_loss}, validation {_listed(validation)}",
            allowed="finite numbers",
            mend=f"lower training: learning_rate, for example to {settings.schedule.learning_rate / 10:g}",
        )


def _log_speed(states: Sequence[TrainingState]) -> None:
    seconds = sum(state.seconds for state in states)
    windows = sum(len(state.history) * state.objective.windows_per_epoch for state in states)
    logger.info(
        "Trained %son %s, %s, in %.1f s: %.0f windows a second, validation included.",
        f"{len(states)} replicates together " if len(states) > 1 else "",
        describe_device(states[0].device),
        describe_arithmetic(states[0].device),
        seconds,
        windows / seconds,
    )


def _trained(state: TrainingState) -> TrainedNetwork:
    """The outcome of a training, with the weights of its best epoch."""
    state.network.load_state_dict(state.best_weights)
    logger.info(
        "Best of %d epochs: %d, validation %s.", len(state.history), state.best.epoch, _listed(state.best.validation)
    )
    quality = state.objective.quality(state.best.validation)
    return TrainedNetwork(state.network, state.history, state.best, quality)


def _listed(metrics: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.4f}" for name, value in metrics.items())

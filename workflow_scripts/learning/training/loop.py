"""The training loop for all kinds of task: batches, one look at the validation split per epoch, the best epoch kept."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from rc_equivariant.layers.module import parameter_groups
from workflow_support.errors import InputError
from workflow_support.job import logger

from ..models.devices import describe_arithmetic, describe_device, mixed_precision, select_device
from ..models.networks import trained_apart
from .averages import averaged_tensors, move_averages, weight_of_a_step
from .checkpoints import Checkpoint
from .gradients import clip_norms
from .progress import listed
from .sampling import streams_of
from .settings import Training
from .stacks import Alone, Stack, drawn_steps, steps_of
from .state import EpochRecord, Objective, RandomStreams, TrainingState

MakeObjective = Callable[[RandomStreams, torch.device], Objective]
AfterEpoch = Callable[[Sequence[TrainingState]], None]


@dataclass(frozen=True)
class Start:
    """The start of one training.

    Parameters
    ----------
    seed
        The replicate. Initialisation, batch order and jitter get independent streams of it, so replicates differ in
        all three.
    make_objective
        Called with the random streams of the replicate and the device of the network.
    checkpoint
        The place where the training is kept. If it holds one, the training goes on from there to the same weights.
    prepare
        Called with the network once it has its random weights: it may change and freeze some.
    """

    seed: int
    make_objective: MakeObjective
    checkpoint: Checkpoint | None = None
    prepare: Callable[[nn.Module], None] = lambda network: None


def train(
    make_network: Callable[[], nn.Module],
    make_objective: MakeObjective,
    settings: Training,
    seed: int,
    checkpoint: Checkpoint | None = None,
) -> TrainingState:
    """Train one network; see :func:`train_together`."""
    (trained,) = train_together(make_network, settings, [Start(seed, make_objective, checkpoint)])
    return trained


def train_together(
    make_network: Callable[[], nn.Module],
    settings: Training,
    starts: Sequence[Start],
    after_epoch: AfterEpoch = lambda states: None,
) -> list[TrainingState]:
    """Train networks with AdamW and give each the weights of its best epoch on the validation split.

    The earliest of equally good epochs counts. Several networks are trained as a stack: each as it would be alone, but
    for rounding. Each stops when its patience ends.

    Parameters
    ----------
    make_network
        Called after the random numbers of its initialisation have been seeded.
    starts
        One start per network, with objectives on the same data and with the same settings.
    after_epoch
        Called with all trainings after each epoch of those that are furthest behind.

    Raises
    ------
    InputError
        If the device is absent, a split lacks what the objective needs, or a loss stops being finite.
    """
    compute, precision = settings.compute, settings.schedule.precision
    device = select_device(compute.device, compute.threads, deterministic=compute.deterministic, precision=precision)
    with _clear_error_if_gpu_memory_is_full(len(starts)):
        states = [_begin(make_network, settings, start, device) for start in starts]
        unfinished = [state for state in states if not state.is_finished]
        if unfinished:
            _train_to_the_end(states, settings, after_epoch)
            _log_speed(unfinished, precision)
    for state in states:
        state.network.load_state_dict(state.best_weights)
        best = state.best
        logger.info("Best of %d epochs: %d, validation %s.", len(state.history), best.epoch, listed(best.validation))
    return states


@contextmanager
def _clear_error_if_gpu_memory_is_full(networks: int) -> Iterator[None]:
    try:
        yield
    except torch.OutOfMemoryError as error:
        fewer = f"compute: {{stacked_replicates: {networks // 2}}}" if networks > 1 else "a smaller batch_size"
        raise InputError(
            "the memory of the GPU does not hold this training",
            found=f"{networks} replicates together; {str(error).splitlines()[0]}",
            allowed="as many replicates at once as fit; those that are finished are kept",
            fix=f"set {fewer}",
        ) from error


def _begin(
    make_network: Callable[[], nn.Module], settings: Training, start: Start, device: torch.device
) -> TrainingState:
    begin = partial(_initial_state, make_network, settings, start, device)
    if start.checkpoint is None:
        return begin()
    state, state.is_finished = start.checkpoint.resume(begin)
    return state


def _initial_state(
    make_network: Callable[[], nn.Module], settings: Training, start: Start, device: torch.device
) -> TrainingState:
    sources = streams_of(start.seed)
    torch.manual_seed(int(sources.initialisation.generate_state(1, np.uint64)[0]))
    # Made on the CPU and moved, so that a seed means the same initial weights on every device.
    network = make_network()
    start.prepare(network)
    network = network.to(device)
    groups = [
        group | {"member": number}
        for number, member in enumerate(trained_apart(network))
        for group in parameter_groups(member, settings.schedule.weight_decay)
    ]
    streams = RandomStreams(np.random.default_rng(sources.order), np.random.default_rng(sources.jitter))
    return TrainingState(
        network=network,
        optimiser=torch.optim.AdamW(groups, lr=settings.schedule.learning_rate),
        objective=start.make_objective(streams, device),
        streams=streams,
        average=averaged_tensors(network) if settings.schedule.weight_average else {},
        scaler=torch.amp.GradScaler(device.type, enabled=settings.schedule.precision == "float16"),
        device=device,
        seed=start.seed,
        checkpoint=start.checkpoint,
    )


def _train_to_the_end(states: Sequence[TrainingState], settings: Training, after_epoch: AfterEpoch) -> None:
    steps = None
    for together in _epochs_left(states, settings):
        if steps is None or steps.states != together:
            steps = steps_of(together)
        _train_epoch(steps, settings)
        for state in together:
            if state.checkpoint is not None and not _is_over(state, settings):
                state.checkpoint.save_if_due(state)
        after_epoch(states)


def _epochs_left(states: Sequence[TrainingState], settings: Training) -> Iterator[list[TrainingState]]:
    """Yield the trainings that go through an epoch together, all that are furthest behind, until none is left."""
    while True:
        running = []
        for state in states:
            if _is_over(state, settings):
                state.finish()
            else:
                running.append(state)
        if not running:
            return
        behind = min(len(state.history) for state in running)
        yield [state for state in running if len(state.history) == behind]


def _is_over(state: TrainingState, settings: Training) -> bool:
    return len(state.history) >= settings.schedule.epochs or state.is_out_of_patience()


def _train_epoch(steps: Alone | Stack, settings: Training) -> None:
    """Train one epoch and record it in every training."""
    started = time.perf_counter()
    epoch = len(steps.states[0].history) + 1
    for state, total in zip(steps.states, _mean_losses(steps, settings, epoch), strict=True):
        train_loss = total / len(trained_apart(state.network))
        with state.averaged():
            validation = state.objective.validate(state.network)
            _require_finite(state, train_loss, validation, epoch, settings)
            state.record(EpochRecord(epoch, train_loss, validation))
    seconds = (time.perf_counter() - started) / len(steps.states)
    for state in steps.states:
        state.seconds += seconds


def _mean_losses(steps: Alone | Stack, settings: Training, epoch: int) -> list[float]:
    """Make the steps of an epoch and return the mean loss of each training over its batches."""
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
        total += _step(steps, drawn, settings)
        if decay := settings.schedule.weight_average:
            move_averages(*steps.averages, weight_of_a_step(step, decay))
    return [value / per_epoch for value in total.tolist()]


def _step(steps: Alone | Stack, drawn: tuple[Tensor, ...], settings: Training) -> Tensor:
    """Make one step of the optimiser and return the losses before it.

    In float16, small gradients would be 0, so the loss is scaled up. If a gradient then overflows, the step is left out
    and the scale halved; see :class:`torch.amp.GradScaler`, which does nothing in other precisions. Networks that are
    trained apart share the scale, so the step is left out for all of them.
    """
    with mixed_precision(steps.states[0].device, settings.schedule.precision):
        losses = steps.losses(drawn)
    steps.optimiser.zero_grad(set_to_none=True)
    steps.scaler.scale(losses.sum()).backward()
    if largest := settings.schedule.gradient_clipping:
        steps.scaler.unscale_(steps.optimiser)
        for gradients in steps.gradients():
            clip_norms(gradients, largest)
    steps.scaler.step(steps.optimiser)
    steps.scaler.update()
    return losses.detach()


def _require_finite(
    state: TrainingState, train_loss: float, validation: dict[str, float], epoch: int, settings: Training
) -> None:
    if not all(map(math.isfinite, (train_loss, *validation.values()))):
        raise InputError(
            f"training of seed {state.seed} diverged in epoch {epoch}",
            found=f"train loss {train_loss}, validation {listed(validation)}",
            allowed="finite numbers",
            fix=f"lower training: learning_rate, for example to {settings.schedule.learning_rate / 10:g}",
        )


def _log_speed(states: Sequence[TrainingState], precision: str) -> None:
    seconds = sum(state.seconds for state in states)
    windows = sum(len(state.history) * state.objective.windows_per_epoch for state in states)
    logger.info(
        "Trained %son %s, %s, in %.1f s: %.0f windows a second, validation included.",
        f"{len(states)} replicates together " if len(states) > 1 else "",
        describe_device(states[0].device),
        describe_arithmetic(states[0].device, precision),
        seconds,
        windows / seconds,
    )

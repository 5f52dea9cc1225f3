"""All replicates of one arm, on training subsets of one size, for tasks of every kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from rc_equivariant.descriptions.networks import NetworkDescription
from workflow_support.job import logger

from ..models.devices import describe_device
from ..models.networks import build_network
from ..models.saved import ModelDescription, library_versions, save
from .checkpoints import Checkpoint, checkpoint_file, identity_of
from .loop import Start, train_together
from .origins import Origin
from .progress import Progress, history_rows, write_history
from .sampling import training_subset
from .settings import Training
from .state import EpochRecord, Objective, TrainingState


@dataclass(frozen=True)
class TrainingData:
    """The data of an arm; a kind of task prepares them.

    Parameters
    ----------
    labels
        Labels of the training windows, from which the subsets are chosen; all equal if there are no classes.
    digest
        Digest of all that training and validation read.
    objective
        Called with the random streams of a replicate, the device, and the ``rows`` of its subset among the training
        windows.
    network
        The complete description of the network.
    """

    labels: np.ndarray
    digest: str
    objective: Callable[..., Objective]
    network: NetworkDescription


@dataclass(frozen=True, kw_only=True)
class Arm:
    """Names and settings that all replicates share.

    ``size`` is the training subset, as :func:`learning.training.sampling.training_subset` takes it, ``origin`` the
    model with whose weights networks begin, if there is one, and ``fold`` the fold that networks will be tested on, if
    there are folds.
    """

    kind: str
    task: str
    name: str
    size: str
    settings: Training
    origin: Origin | None = None
    fold: int | None = None

    @property
    def title(self) -> str:
        """The names of the training for messages."""
        return f"{self.task}, {self.name}, size {self.size}" + ("" if self.fold is None else f", fold {self.fold}")

    def described_settings(self) -> dict[str, Any]:
        """All settings, and the origin if there is one."""
        return self.settings.to_dict() | ({"start_from": self.origin.facts()} if self.origin else {})


@dataclass(frozen=True)
class CheckpointFolder:
    """The folder of an arm's checkpoints, and a digest of the code that makes them."""

    path: Path
    code: str


class Replicate(NamedTuple):
    """A network with the weights of its best epoch, its description and its epochs."""

    network: nn.Module
    description: ModelDescription
    history: list[EpochRecord]


def train_replicates(
    arm: Arm, data: TrainingData, seeds: Sequence[int], checkpoints: CheckpointFolder
) -> list[Replicate]:
    """Train a network for every seed.

    As many train together as the settings say. A replicate depends on its seed alone, and on those beside it in no more
    than rounding. One that was finished before is not trained again, and one that was interrupted goes on from its
    checkpoint.

    Raises
    ------
    InputError
        If the training windows are too few for the size, or training fails.
    """
    if arm.origin is not None:
        arm.origin.require_fitting(data.network)
    together = arm.settings.replicates_together(len(seeds))
    placed = list(enumerate(seeds))
    groups = (placed[start : start + together] for start in range(0, len(seeds), together))
    progress = Progress(arm.title, len(seeds), arm.settings.schedule.epochs, checkpoints.path / "history.tsv")
    trained = [each for group in groups for each in _train_group(arm, data, group, checkpoints, progress)]
    progress.finish()
    return trained


def write_replicates(replicates: Sequence[Replicate], weights: Path, models: Path, history: Path) -> None:
    """Write networks with their descriptions, and a table of epochs with one row per epoch and replicate."""
    described = [(each.description, each.history) for each in replicates]
    write_history([row for one, epochs in described for row in history_rows(one.seed, epochs, one.fold)], history)
    save(weights, models, [(each.network, each.description) for each in replicates])


def _train_group(
    arm: Arm,
    data: TrainingData,
    seeds: Sequence[tuple[int, int]],
    checkpoints: CheckpointFolder,
    progress: Progress,
) -> Iterator[Replicate]:
    """Yield the replicates of seeds that train together; ``seeds`` has the place and the number of each."""
    starts, sizes = [], []
    for place, seed in seeds:
        rows = training_subset(data.labels, arm.size, seed)
        logger.info("%s, seed %d: %d training windows.", arm.title, seed, rows.size)
        identity = _identity(arm, data, checkpoints.code, seed, place)
        checkpoint = Checkpoint(checkpoint_file(checkpoints.path, seed, arm.fold), identity)
        start = Start(seed, partial(data.objective, rows=rows), checkpoint)
        starts.append(start if arm.origin is None else replace(start, prepare=partial(arm.origin.begin, place=place)))
        sizes.append(rows.size)
    make_network = partial(build_network, data.network.to_dict())
    trained = train_together(make_network, arm.settings, starts, progress.after_epoch)
    progress.add(trained)
    for state, size in zip(trained, sizes, strict=True):
        if arm.settings.schedule.calibrated:
            state.objective.calibrate(state.network)
        yield Replicate(state.network, _description(arm, data, state, size), state.history)


def _identity(arm: Arm, data: TrainingData, code: str, seed: int, place: int) -> str:
    return identity_of(
        code=code,
        kind=arm.kind,
        architecture=data.network.to_dict(),
        settings=arm.described_settings(),
        seed=seed,
        size=arm.size,
        data=data.digest,
        # Random weights depend on the seed alone, those of an origin on the place among the seeds.
        place=None if arm.origin is None else place,
    )


def _description(arm: Arm, data: TrainingData, state: TrainingState, train_size: int) -> ModelDescription:
    return ModelDescription(
        kind=arm.kind,
        architecture=data.network.to_dict(),
        task=arm.task,
        arm=arm.name,
        size=arm.size,
        seed=state.seed,
        training=arm.described_settings(),
        train_size=train_size,
        parameters=sum(parameter.numel() for parameter in state.network.parameters()),
        best_epoch=state.best.epoch,
        quality=state.quality,
        validation=state.best.validation,
        device=describe_device(torch.device(arm.settings.compute.device)),
        versions=library_versions(),
        fold=arm.fold,
    )

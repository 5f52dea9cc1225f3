"""All replicates of one arm, on training subsets of one size: what the training scripts of every kind share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from workflow_support.files import atomic_path
from workflow_support.job import logger

from ..models.devices import describe_device
from ..models.networks import build_network
from ..models.saved import ModelDescription, library_versions, save
from .checkpoints import Checkpoint, identity_of
from .loop import Start, TrainedNetwork, train_together
from .sampling import training_subset
from .settings import Training
from .state import Objective, RandomStreams


@dataclass(frozen=True)
class TrainingData:
    """What an arm is trained on.

    Parameters
    ----------
    labels
        Of the training windows, from which the subsets are chosen; all equal where there are no classes.
    digest
        Of all that training and validation read.
    objective
        Called with the rows of a subset among the training windows, random streams and device.
    """

    labels: np.ndarray
    digest: str
    objective: Callable[[np.ndarray, RandomStreams, torch.device], Objective]


@dataclass(frozen=True)
class CheckpointFolder:
    """Where the replicates of an arm keep their checkpoints, and a digest of the code that made them."""

    path: Path
    code: str


def train_replicates(
    arm: Arm, data: TrainingData, folder: CheckpointFolder, seeds: Sequence[int], files: ModelFiles
) -> None:
    """Train a network for every seed, and write them all.

    As many train together as the settings say. A replicate depends on its seed alone, and on those beside it in no more
    than rounding. One that was finished before is not trained again, and one that was interrupted goes on where it was.

    Raises
    ------
    InputError
        Where the training windows are too few for the size, or training fails.
    """
    together = arm.settings.compute.replicates_together(len(seeds))
    groups = (seeds[start : start + together] for start in range(0, len(seeds), together))
    replicates = [each for group in groups for each in _train_group(arm, data, folder, group)]
    write_replicates(files, arm, replicates)


def _train_group(arm: Arm, data: TrainingData, folder: CheckpointFolder, seeds: Sequence[int]) -> Iterator[Replicate]:
    """The replicates of seeds that train together."""
    rows = {seed: training_subset(data.labels, arm.size, seed) for seed in seeds}
    for seed, own in rows.items():
        logger.info("%s, %s, seed %d: size %s, %d training windows.", arm.task, arm.name, seed, arm.size, own.size)
    starts = [
        Start(
            seed,
            partial(data.objective, rows[seed]),
            Checkpoint(folder.path / f"seed{seed}.safetensors", _identity(arm, data, folder.code, seed)),
        )
        for seed in seeds
    ]
    trained = train_together(partial(build_network, arm.architecture, arm.kind), arm.settings, starts)
    for seed, each in zip(seeds, trained, strict=True):
        yield Replicate(seed, rows[seed].size, each)


def _identity(arm: Arm, data: TrainingData, code: str, seed: int) -> str:
    settings = arm.settings.to_dict()
    # Which replicates train together decides no more than rounding.
    del settings["stacked_replicates"]
    return identity_of(
        code=code,
        kind=arm.kind,
        architecture=arm.architecture,
        settings=settings,
        seed=seed,
        size=arm.size,
        data=data.digest,
    )


@dataclass(frozen=True)
class Arm:
    """What is trained, on how many windows; all replicates share it.

    Parameters
    ----------
    kind
        Of the task.
    size
        Of the training subset, as :func:`learning.training.sampling.training_subset` has it.
    architecture
        Complete, as :func:`learning.models.networks.complete_architecture` gives it.
    """

    kind: str
    task: str
    name: str
    size: str
    architecture: dict[str, Any]
    settings: Training


@dataclass(frozen=True)
class Replicate:
    """A trained network of an arm."""

    seed: int
    train_size: int
    trained: TrainedNetwork


@dataclass(frozen=True)
class ModelFiles:
    """Outputs of an arm: weights, descriptions and learning curves of all of its replicates."""

    weights: Path
    models: Path
    history: Path


def write_replicates(files: ModelFiles, arm: Arm, replicates: Sequence[Replicate]) -> None:
    """Write the networks of the best epochs with their descriptions, and one row an epoch and replicate."""
    with atomic_path(files.history) as partial:
        rows = [{"seed": each.seed} | record.as_row() for each in replicates for record in each.trained.history]
        pd.DataFrame(rows).to_csv(partial, sep="\t", index=False, float_format="%.6g")
    save(files.weights, files.models, [(each.trained.network, _description(arm, each)) for each in replicates])


def _description(arm: Arm, replicate: Replicate) -> ModelDescription:
    trained = replicate.trained
    return ModelDescription(
        kind=arm.kind,
        architecture=arm.architecture,
        task=arm.task,
        arm=arm.name,
        size=arm.size,
        seed=replicate.seed,
        training=arm.settings.to_dict(),
        train_size=replicate.train_size,
        parameters=sum(parameter.numel() for parameter in trained.network.parameters()),
        best_epoch=trained.best.epoch,
        quality=trained.quality,
        validation=trained.best.validation,
        device=describe_device(torch.device(arm.settings.compute.device)),
        versions=library_versions(),
    )

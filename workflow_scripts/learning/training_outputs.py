"""The files that a training leaves behind: weights, description and learning curve."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from workflow_support.files import atomic_path

from .saved_models import ModelDescription, library_versions, save
from .settings import TrainingSettings
from .training import TrainedNetwork
from .training_state import EpochRecord


def write_training(
    weights: Path,
    model: Path,
    history: Path,
    trained: TrainedNetwork,
    settings: TrainingSettings,
    *,
    kind: str,
    architecture: dict[str, Any],
    task: str,
    arm: str,
    size: str,
    seed: int,
    train_size: int,
) -> None:
    """Write the network of the best epoch with its description, and one row an epoch."""
    description = ModelDescription(
        kind=kind,
        architecture=architecture,
        task=task,
        arm=arm,
        size=size,
        seed=seed,
        training=asdict(settings),
        train_size=train_size,
        parameters=sum(parameter.numel() for parameter in trained.network.parameters()),
        best_epoch=trained.best.epoch,
        quality=trained.quality,
        validation=trained.best.validation,
        seconds=trained.seconds,
        device=settings.device,
        versions=library_versions(),
    )
    save(weights, model, trained.network, description)
    _write_history(history, trained.history)


def _write_history(path: Path, history: list[EpochRecord]) -> None:
    with atomic_path(path) as partial:
        rows = pd.DataFrame([record.as_row() for record in history])
        rows.to_csv(partial, sep="\t", index=False, float_format="%.6g")

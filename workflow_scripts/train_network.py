"""Windows and their k-mers -> a trained network, its description and its learning curve."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from genome_data.windows import read_windows
from learning.architectures import build_network
from learning.saved_models import ModelDescription, library_versions, save
from learning.settings import TrainingSettings
from learning.training import EpochRecord, LabelledKmers, TrainingWindows, train
from workflow_support.files import atomic_path
from workflow_support.job import run_job


def train_network(
    windows: Path,
    kmers: Path,
    task: str,
    arm: str,
    seed: int,
    architecture: dict[str, Any],
    training: dict[str, Any],
    weights: Path,
    model: Path,
    history: Path,
) -> None:
    """Train one replicate of an arm; ``architecture`` lacks only the window, which the k-mers decide."""
    settings = TrainingSettings(**training)
    table, indices = read_windows(windows), np.load(kmers, mmap_mode="r")
    complete = dict(architecture) | {"window": indices.shape[1] + architecture["kmer"] - 1}
    data = TrainingWindows(_of_split("train", table, indices), _of_split("validation", table, indices))
    trained = train(lambda: build_network(complete), data, settings, seed)
    description = ModelDescription(
        architecture=asdict(trained.network.architecture),
        task=task,
        arm=arm,
        seed=seed,
        training=asdict(settings),
        train_size=len(data.train.labels),
        parameters=sum(parameter.numel() for parameter in trained.network.parameters()),
        best_epoch=trained.best.epoch,
        validation_auroc=trained.best.validation_auroc,
        seconds=trained.seconds,
        device=settings.device,
        versions=library_versions(),
    )
    save(weights, model, trained.network, description)
    _write_history(history, trained.history)


def _of_split(split: str, table: pd.DataFrame, indices: np.ndarray) -> LabelledKmers:
    rows = np.flatnonzero(table["split"] == split)
    return LabelledKmers(indices[rows], table["label"].to_numpy()[rows])


def _write_history(path: Path, history: list[EpochRecord]) -> None:
    with atomic_path(path) as partial:
        pd.DataFrame(history).to_csv(partial, sep="\t", index=False, float_format="%.6g")


if "snakemake" in globals():
    run_job(
        snakemake,
        train_network,
        windows=Path(snakemake.input.windows),
        kmers=Path(snakemake.input.kmers),
        task=snakemake.params.task,
        arm=snakemake.params.arm,
        seed=snakemake.params.seed,
        architecture=snakemake.params.architecture,
        training=snakemake.params.training,
        weights=Path(snakemake.output.weights),
        model=Path(snakemake.output.model),
        history=Path(snakemake.output.history),
    )

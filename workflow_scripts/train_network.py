"""Windows and their k-mers -> a trained network, its description and its learning curve."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from genome_data.windows import read_windows
from learning.architectures import build_network
from learning.binary_training import BinaryObjective, LabelledKmers, TrainingWindows
from learning.settings import BinaryTrainingSettings
from learning.training import train
from learning.training_outputs import write_training
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
    settings = BinaryTrainingSettings(**training)
    table, indices = read_windows(windows), np.load(kmers, mmap_mode="r")
    complete = dict(architecture) | {"window": indices.shape[1] + architecture["kmer"] - 1}
    data = TrainingWindows(_of_split("train", table, indices), _of_split("validation", table, indices))
    trained = train(lambda: build_network(complete), partial(BinaryObjective, data, settings), settings, seed)
    write_training(
        weights,
        model,
        history,
        trained,
        settings,
        kind="binary",
        task=task,
        arm=arm,
        seed=seed,
        train_size=len(data.train.labels),
    )


def _of_split(split: str, table: pd.DataFrame, indices: np.ndarray) -> LabelledKmers:
    rows = np.flatnonzero(table["split"] == split)
    return LabelledKmers(indices[rows], table["label"].to_numpy()[rows])


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

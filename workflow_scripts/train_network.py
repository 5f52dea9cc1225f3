"""Windows and their k-mers -> trained networks of an arm, their descriptions and their learning curves."""

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from genome_data.windows.table import read_windows
from learning.models.networks import complete_architecture
from learning.training.checkpoints import digest_of_arrays
from learning.training.classification import (
    BinaryObjective,
    ClassificationObjective,
    LabelledKmers,
    LabelledObjective,
    LabelledSequences,
    TrainingWindows,
)
from learning.training.replicates import Arm, CheckpointFolder, ModelFiles, TrainingData, train_replicates
from learning.training.settings import Training
from workflow_support.job import run_job

OBJECTIVES = {"binary": BinaryObjective, "labelled": LabelledObjective}


def train_network(
    windows: Path,
    kmers: Path,
    classes: Path | None,
    kind: str,
    task: str,
    arm: str,
    size: str,
    seeds: Sequence[int],
    architecture: dict[str, Any],
    training: dict[str, Any],
    checkpoints: Path,
    code: str,
    weights: Path,
    models: Path,
    history: Path,
) -> None:
    """Train the replicates of an arm of a ``binary`` or ``labelled`` task, one a seed.

    Parameters
    ----------
    kmers
        k-mers that the arm reads; of a labelled task base codes, of which training makes them, with substitutions.
    classes
        Names of the classes of a labelled task.
    architecture
        Without the window, which ``kmers`` decide, and the number of classes.
    checkpoints, code
        A folder that no other job uses, and a digest of this code.
    """
    settings = Training.of_kind(kind, training)
    table, indices = read_windows(windows), np.load(kmers, mmap_mode="r")
    encoded = 1 if kind == "labelled" else architecture["kmer"]
    given = dict(architecture) | {"window": indices.shape[1] + encoded - 1}
    number = None if classes is None else len(json.loads(classes.read_text(encoding="utf-8")))
    if number is not None:
        given["classes"] = number
    chosen = Arm(kind, task, arm, size, complete_architecture(given, kind), settings)
    splits = [_of_split(split, table, indices) for split in ("train", "validation")]
    data = TrainingWindows(*splits) if number is None else LabelledSequences(*splits, number)
    train_replicates(
        chosen,
        TrainingData(data.train.labels, _digest(splits), partial(_objective, kind, data, settings)),
        CheckpointFolder(checkpoints, code),
        seeds,
        ModelFiles(weights, models, history),
    )


def _objective(
    kind: str, data: TrainingWindows | LabelledSequences, settings: Training, rows: np.ndarray, *where: Any
) -> ClassificationObjective:
    """The objective on ``rows`` of the training windows; ``where``: random streams and device."""
    return OBJECTIVES[kind](data, settings, *where, rows)


def _of_split(split: str, table: pd.DataFrame, indices: np.ndarray) -> LabelledKmers:
    rows = np.flatnonzero(table["split"] == split)
    return LabelledKmers(indices[rows], table["label"].to_numpy()[rows])


def _digest(splits: Sequence[LabelledKmers]) -> str:
    digests = (digest_of_arrays(each.kmers, each.labels, rows=np.arange(each.labels.size)) for each in splits)
    return " ".join(digests)


if "snakemake" in globals():
    run_job(snakemake, train_network)

"""Windows, their k-mers and reads -> trained profile networks of an arm, their descriptions and learning curves."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from genome_data.windows.table import read_windows
from learning.models.networks import architecture_of, build_network, complete_architecture
from learning.models.profile_arrays import load_profile_arrays
from learning.training.checkpoints import digest_of_arrays
from learning.training.profiles import ProfileObjective, ProfileTrainingWindows
from learning.training.replicates import Arm, CheckpointFolder, ModelFiles, TrainingData, train_replicates
from learning.training.settings import Training
from workflow_support.job import run_job

KIND = "profile"


def train_profile_network(
    windows: Path,
    kmers: Path,
    counts: Path,
    control: Path | None,
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
    """Train the replicates of an arm of a profile task, one a seed.

    The file of a control, given or not, decides the architecture's ``control``. ``checkpoints`` is a folder that no
    other job uses, ``code`` a digest of this code.
    """
    settings = Training.of_kind(KIND, training)
    complete = complete_architecture(dict(architecture) | {"control": control is not None}, KIND)
    described = architecture_of(build_network(complete, KIND))
    length = described.window - described.kmer + 1
    arrays = load_profile_arrays(kmers, counts, control, length, described.output_length)
    split = read_windows(windows)["split"].to_numpy()
    data = ProfileTrainingWindows(arrays, *(np.flatnonzero(split == name) for name in ("train", "validation")))
    train_replicates(
        Arm(KIND, task, arm, size, complete, settings),
        TrainingData(np.zeros(data.train.size, dtype=np.int64), _digest(data), partial(_objective, data, settings)),
        CheckpointFolder(checkpoints, code),
        seeds,
        ModelFiles(weights, models, history),
    )


def _objective(data: ProfileTrainingWindows, settings: Training, rows: np.ndarray, *where: Any) -> ProfileObjective:
    """The objective on ``rows`` of the training windows; ``where``: random streams and device."""
    return ProfileObjective(data, settings, *where, rows)


def _digest(data: ProfileTrainingWindows) -> str:
    arrays = data.arrays.sequences, data.arrays.counts, data.arrays.control
    return " ".join(digest_of_arrays(*arrays, rows=rows) for rows in (data.train, data.validation))


if "snakemake" in globals():
    run_job(snakemake, train_profile_network)

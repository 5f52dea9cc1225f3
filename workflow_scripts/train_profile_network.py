"""Windows, their k-mers and reads -> a trained profile network, its description and its learning curve."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from genome_data.windows import read_windows
from learning.architectures import build_network
from learning.profile_training import ProfileObjective, ProfileTrainingWindows
from learning.profile_windows import load_profile_arrays
from learning.settings import ProfileTrainingSettings
from learning.training import train
from learning.training_outputs import write_training
from workflow_support.job import run_job

KIND = "profile"


def train_profile_network(
    windows: Path,
    kmers: Path,
    counts: Path,
    control: Path | None,
    task: str,
    arm: str,
    seed: int,
    architecture: dict[str, Any],
    training: dict[str, Any],
    weights: Path,
    model: Path,
    history: Path,
) -> None:
    """Train one replicate of an arm; the file of a control, given or not, decides the architecture's ``control``."""
    settings = ProfileTrainingSettings(**training)
    complete = dict(architecture) | {"control": control is not None}
    described = build_network(complete, KIND).architecture
    length = described.window - described.kmer + 1
    arrays = load_profile_arrays(kmers, counts, control, length, described.output_length)
    split = read_windows(windows)["split"].to_numpy()
    rows = (np.flatnonzero(split == name) for name in ("train", "validation"))
    data = ProfileTrainingWindows(arrays, *rows)
    trained = train(lambda: build_network(complete, KIND), partial(ProfileObjective, data, settings), settings, seed)
    write_training(
        weights,
        model,
        history,
        trained,
        settings,
        kind=KIND,
        task=task,
        arm=arm,
        seed=seed,
        train_size=data.train.size,
    )


if "snakemake" in globals():
    run_job(
        snakemake,
        train_profile_network,
        windows=Path(snakemake.input.windows),
        kmers=Path(snakemake.input.kmers),
        counts=Path(snakemake.input.counts),
        control=next((Path(path) for path in snakemake.input.control), None),
        task=snakemake.params.task,
        arm=snakemake.params.arm,
        seed=snakemake.params.seed,
        architecture=snakemake.params.architecture,
        training=snakemake.params.training,
        weights=Path(snakemake.output.weights),
        model=Path(snakemake.output.model),
        history=Path(snakemake.output.history),
    )

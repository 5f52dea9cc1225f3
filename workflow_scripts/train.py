"""Windows of a task and their sequences -> trained networks of an arm, their descriptions and their learning curves."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from genome_data.folds import folds_of
from genome_data.windows.table import read_windows
from learning.kinds import TaskFiles, module_of_kind
from learning.training.origins import Origin
from learning.training.replicates import Arm, CheckpointFolder, train_replicates, write_replicates
from learning.training.settings import Training
from workflow_support.job import run_job


def train(
    windows: Path,
    sequences: Path,
    extras: list[Path],
    extra_names: list[str],
    kind: str,
    task: str,
    arm: str,
    size: str,
    seeds: Sequence[int],
    network: dict[str, Any],
    training: dict[str, Any],
    checkpoints: Path,
    code: str,
    weights: Path,
    models: Path,
    history: Path,
    matched: Sequence[Path] = (),
    origin: Sequence[Path] = (),
    frozen: Sequence[str] = (),
) -> None:
    """Train the replicates of an arm, one for each seed, or one for each seed and fold.

    Parameters
    ----------
    sequences
        The k-mers that the arm reads. A labelled task has base codes instead, from which training makes k-mers after
        it has substituted bases.
    extras, extra_names
        Further files, as :class:`learning.kinds.TaskFiles` names them.
    size
        The training subset, as :func:`learning.training.sampling.training_subset` takes it.
    network
        The description of the network without what the task decides: window, classes and tracks.
    training
        The settings, as :meth:`learning.training.settings.Training.of_kind` takes them.
    checkpoints, code
        A folder that no other job uses, and a digest of this code.
    weights, models, history
        Files to write: weights, descriptions, and one row per epoch and replicate.
    origin, frozen
        Description and weights of the model with which the networks begin, if there is one, and the names of layers
        that keep its weights; see :class:`learning.training.origins.Origin`.
    matched
        The table of channels that were found for the matched arms of the task, if this arm is one of them.
    """
    settings = Training.of_kind(kind, training)
    files = TaskFiles.named(windows, sequences, extras, extra_names)
    described = _with_channels_of(matched[0], arm, network) if matched else network
    names = Arm(kind=kind, task=task, name=arm, size=size, settings=settings)
    trained = []
    for fold in folds_of(read_windows(windows)["split"]):
        data = module_of_kind(kind, "train").prepare(replace(files, fold=fold), settings, described)
        begins = Origin.of(*origin, frozen, fold) if origin else None
        of_fold = replace(names, origin=begins, fold=fold)
        trained += train_replicates(of_fold, data, seeds, CheckpointFolder(checkpoints, code))
    write_replicates(trained, weights, models, history)


def _with_channels_of(table: Path, arm: str, network: dict[str, Any]) -> dict[str, Any]:
    channels = pd.read_csv(table, sep="\t", index_col="arm")["channels"]
    return network | {"channels": int(channels[arm])}


if "snakemake" in globals():
    run_job(snakemake, train)

"""Trained networks of an arm -> distances between their embeddings of samples of sequences."""

from pathlib import Path

import numpy as np

from genome_data.windows.table import read_windows
from learning.analysis.embeddings import embedding_distances
from learning.models.devices import select_device
from learning.models.saved import load
from workflow_support.errors import InputError
from workflow_support.files import atomic_path
from workflow_support.job import logger, run_job


def embed_sequences(
    windows: Path,
    codes: Path,
    weights: Path,
    models: Path,
    split: str,
    points: int,
    samples: int,
    seed: int,
    device: str,
    threads: int,
    distances: Path,
) -> None:
    """Write the distances, shape (networks, samples, points, points), float64, networks in the order of ``models``.

    Parameters
    ----------
    split
        The split that samples are drawn from.
    points, samples
        Number of sequences in a sample, and of samples; all networks of a task have the same.
    seed
        Seed of the samples.
    """
    table, base_codes = read_windows(windows), np.load(codes, mmap_mode="r")
    rows = np.flatnonzero(table["split"] == split)
    if len(rows) < points:
        raise InputError(
            f"the {split} split is smaller than the samples that hyperbolicity is measured on",
            file=windows,
            found=f"{len(rows)} sequences",
            allowed=f"at least {points}, for `hyperbolicity: points: {points}`",
            fix="lower points, or take another split",
        )
    rng = np.random.default_rng(seed)
    drawn = np.stack([rng.choice(rows, points, replace=False) for _ in range(samples)])
    used, samples_of_used = np.unique(drawn, return_inverse=True)
    networks = load(weights, models, select_device(device, threads))
    sequences = base_codes[used]
    of_networks = [
        embedding_distances(network, sequences, samples_of_used.reshape(drawn.shape)) for network, _ in networks
    ]
    logger.info("%s: %d networks, %d sequences of the %s split", models, len(networks), len(used), split)
    with atomic_path(distances) as path, path.open("wb") as file:
        np.save(file, np.stack(of_networks))


if "snakemake" in globals():
    run_job(snakemake, embed_sequences)

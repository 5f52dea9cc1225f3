"""Distances between embeddings -> their hyperbolicity, and the hyperbolicity of reference spaces."""

from pathlib import Path

import numpy as np
import pandas as pd

from study.hyperbolicity import hyperbolicity_table
from study.reference_spaces import reference_table
from study.tables import write_table
from workflow_support.files import atomic_paths
from workflow_support.job import run_job


def measure_hyperbolicity(
    distances: list[Path],
    models: list[tuple[str, str]],
    seeds: list[int],
    points: int,
    samples: int,
    seed: int,
    hyperbolicity: Path,
    references: Path,
) -> None:
    """Write one row per network and sample, and one row per reference space and sample.

    Parameters
    ----------
    distances
        Files of arrays (seeds, samples, points, points), one per model.
    models
        The task and arm of each file.
    seeds
        The seeds of the networks of every model.
    points, samples, seed
        The points per sample, the number of samples and the seed of the draws from reference spaces.
    """
    tables = [
        hyperbolicity_table(task, arm, seeds, np.load(file))
        for (task, arm), file in zip(models, distances, strict=True)
    ]
    with atomic_paths(hyperbolicity, references) as (of_models, of_references):
        write_table(pd.concat(tables, ignore_index=True), of_models)
        write_table(reference_table(points, samples, seed), of_references)


if "snakemake" in globals():
    run_job(snakemake, measure_hyperbolicity)

"""Distances between embeddings -> their hyperbolicity, beside that of reference spaces."""

from pathlib import Path

import numpy as np
import pandas as pd

from study.files import write_table
from study.hyperbolicity import hyperbolicity_table
from study.reference_spaces import reference_table
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
    """Write a row for each network and sample, and for each reference space and sample.

    Parameters
    ----------
    distances
        Shape (seeds, samples, points, points), of each of ``models``: a task and an arm.
    points, samples, seed
        Of the samples from reference spaces.
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

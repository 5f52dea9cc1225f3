"""All evaluations of a run -> the tables of its study: arms, replicates, means, costs and selections."""

from pathlib import Path
from typing import Any

import pandas as pd

from study.evaluations import costs_table, means_table, replicates_table, selections_table
from study.files import read_evaluations, write_table
from workflow_support.files import atomic_paths
from workflow_support.job import logger, run_job

ARM_COLUMNS = [
    "arm", "family", "kind", "representation", "kmer", "plus_fraction", "geometry", "curvature", "k", "learnt",
    "channels", "training", "combination",
]  # fmt: skip


def collect_study(
    evaluations: list[Path],
    arms_of_study: list[dict[str, Any]],
    arms: Path,
    replicates: Path,
    means: Path,
    costs: Path,
    selections: Path,
) -> None:
    """Write the tables, tasks, arms and sizes in the order of ``evaluations``.

    Parameters
    ----------
    arms_of_study
        A row of ``arms.tsv`` each; what an arm lacks is left empty.
    """
    contents = read_evaluations(evaluations)
    of_replicates = replicates_table(contents)
    tables = {
        arms: pd.DataFrame(arms_of_study, columns=ARM_COLUMNS),
        replicates: of_replicates,
        means: means_table(of_replicates),
        costs: costs_table(contents),
        selections: selections_table(contents),
    }
    with atomic_paths(*tables) as temporaries:
        for table, temporary in zip(tables.values(), temporaries, strict=True):
            write_table(table, temporary)
    logger.info("Collected %d replicates.", len(contents))


if "snakemake" in globals():
    run_job(snakemake, collect_study)

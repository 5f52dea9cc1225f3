"""All evaluations of a run -> its summary and tables: arms, replicates, means, subsets, costs, choices, positions."""

from pathlib import Path
from typing import Any

import pandas as pd

from study.evaluations import (
    costs_table,
    means_table,
    positions_table,
    replicates_table,
    selections_table,
    subsets_table,
    summary_table,
    validation_table,
)
from study.tables import write_table
from workflow_support.files import atomic_paths
from workflow_support.job import logger, run_job
from workflow_support.metrics import read_evaluations

ARM_COLUMNS = [
    "arm", "family", "kinds", "network", "representation", "kmer", "plus_fraction", "curvature", "k", "learnt",
    "linear_map", "concatenation", "channels", "strands", "training", "combination",
]  # fmt: skip


def collect_study(
    evaluations: list[Path],
    arms_of_study: list[dict[str, Any]],
    summary: Path,
    arms: Path,
    replicates: Path,
    means: Path,
    subsets: Path,
    costs: Path,
    selections: Path,
    validation: Path,
    positions: Path,
) -> None:
    """Write the tables. Tasks, arms and sizes keep the order of ``evaluations``.

    Parameters
    ----------
    arms_of_study
        The rows of ``arms.tsv``; columns that an arm lacks are left empty.
    summary
        The means without their intervals, and the number of folds.
    """
    records = read_evaluations(evaluations)
    of_replicates = replicates_table(records)
    of_means = means_table(of_replicates)
    tables = {
        summary: summary_table(of_means, records),
        arms: pd.DataFrame(arms_of_study, columns=ARM_COLUMNS),
        replicates: of_replicates,
        means: of_means,
        subsets: subsets_table(records),
        costs: costs_table(records),
        selections: selections_table(records),
        validation: validation_table(records),
        positions: positions_table(records),
    }
    with atomic_paths(*tables) as temporaries:
        for table, temporary in zip(tables.values(), temporaries, strict=True):
            write_table(table, temporary)
    logger.info("Collected %d replicates of %d files of evaluations.", len(records), len(evaluations))


if "snakemake" in globals():
    run_job(snakemake, collect_study)

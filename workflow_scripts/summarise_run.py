"""All evaluations of a run -> one tidy table."""

from pathlib import Path

from learning.evaluation.records import read_evaluations
from study.summary import summarise
from workflow_support.files import atomic_path
from workflow_support.job import logger, run_job


def summarise_run(evaluations: list[Path], summary: Path) -> None:
    """Write the mean and spread over replicates of every metric, tasks and arms in the order of ``evaluations``."""
    table = summarise(read_evaluations(evaluations))
    with atomic_path(summary) as path:
        table.to_csv(path, sep="\t", index=False, float_format="%.6g")
    logger.info("Summarised %d files of evaluations in %d rows.", len(evaluations), len(table))


if "snakemake" in globals():
    run_job(snakemake, summarise_run)

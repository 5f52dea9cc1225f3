"""Replicates and predictions of a study -> intervals of arms, paired comparisons, tested claims, gaps to published."""

from pathlib import Path
from typing import Any

from study.answers import floor_warnings, largest_sizes
from study.arm_intervals import intervals_table
from study.claims import claims_table
from study.comparisons import comparisons_table, published_table
from study.pairs import Measurements
from study.predictions import read_window_values
from study.tables import read_table, write_table
from workflow_support.files import atomic_paths
from workflow_support.job import logger, run_job


def compare_arms(
    replicates: Path,
    predictions: list[Path],
    evaluations: list[Path],
    study: dict[str, Any],
    kinds: dict[str, str],
    intervals: Path,
    comparisons: Path,
    claims: Path,
    published: Path,
) -> None:
    """Compare every arm with the reference of its kind, the floor and published values, and test the claims.

    The log names the networks that are below the floor.

    Parameters
    ----------
    predictions, evaluations
        Files of the same arms and sizes, in the same order.
    study
        ``reference`` and ``metric`` by kind of task, ``claims``, ``groups`` by task, ``published``, a list of
        ``task, metric, value, source``; ``chosen``, the "best of" combinations; and ``networks``, the named network of
        each arm.
    kinds
        The kind of each task.
    intervals
        The mean of every arm with its interval, to write.
    """
    metrics, references = ({task: study[key][kind] for task, kind in kinds.items()} for key in ("metric", "reference"))
    windows = read_window_values(predictions, evaluations, metrics)
    of_replicates = read_table(replicates)
    measurements = Measurements(of_replicates, metrics, windows, study["chosen"])
    of_claims = [(claim["better"], claim["than"]) for claim in study["claims"]]
    compared = comparisons_table(measurements, metrics, references, of_claims)
    tested = claims_table(measurements, metrics, study["claims"], kinds, study["groups"])
    against_published = published_table(of_replicates, study["published"])
    of_arms = intervals_table(measurements, metrics)
    with atomic_paths(intervals, comparisons, claims, published) as paths:
        for table, path in zip((of_arms, compared, tested, against_published), paths, strict=True):
            write_table(table, path)
    holding = int((tested["verdict"] == "holds").sum())
    sizes = largest_sizes(of_replicates)
    for task, line in floor_warnings(compared, sizes, metrics, kinds, study["networks"]).items():
        logger.warning("WARNING: %s: %s", task, line)
    logger.info("Made %d comparisons; %d rows of claims, of which %d hold.", len(compared), len(tested), holding)


if "snakemake" in globals():
    run_job(snakemake, compare_arms)

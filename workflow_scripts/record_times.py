"""Benchmarks and files of a run -> time, memory and load of every rule, times of every arm, and its use of the disk."""

from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from learning.training.checkpoints import checkpoint_file, seconds_of
from workflow_support.disk_use import disk_use, disk_use_in_words
from workflow_support.files import atomic_paths
from workflow_support.job import logger, run_job

RULE_COLUMNS = ["rule", "jobs", "seconds", "median_seconds", "longest_seconds", "max_rss_mib", "mean_load"]
ARM_COLUMNS = ["task", "arm", "size", "training_seconds", "evaluation_seconds"]
#: The beginnings of the names of their rules, in the order of the columns of times.
JOBS = ("train", "evaluate")


def record_times(
    benchmarks: Path,
    models: Sequence[tuple[str, str, str]],
    trainings: Path,
    seeds: Sequence[int],
    rules: Path,
    arms: Path,
    disk: Path,
    folds: Mapping[str, int] = MappingProxyType({}),
) -> None:
    """Write one row per rule, the slowest first, one per arm or combination and size, and one per folder of the run.

    A rule without benchmarks has no row, and an arm whose benchmark was deleted has no time.

    Parameters
    ----------
    benchmarks
        Folder of Snakemake's benchmarks, ``<rule>.tsv`` or ``<rule>/<wildcards>.tsv``. It holds the last attempt of
        every job that ever finished, including jobs of tasks that are no longer in the configuration.
    models
        Task, arm or combination, and size of all evaluated models.
    trainings, seeds
        Folder of the checkpoints of all trainings, ``<task>/<arm>/<size>/``, and the seeds of every arm.
    rules
        Output: ``rule, jobs``; the wall time of all jobs together, of the median job and of the longest job (seconds);
        ``max_rss_mib``, the largest resident memory of a job (MiB); ``mean_load``, processor time per wall time of all
        jobs (percent of a core). Memory and load are empty if all jobs ended before Snakemake's first measurement.
    arms
        Output: ``task, arm, size, training_seconds, evaluation_seconds``, the wall times of the two jobs that train
        and evaluate all replicates. If epochs were trained in earlier attempts, the job that was measured is only the
        last of several: the training time is then that of all epochs, as the checkpoints have it. Combinations are not
        trained, so they have no training time.
    disk
        Output: ``folder, megabytes`` (10⁶ bytes), the largest first; the last row is the part of the store of genomes,
        which other runs may use as well, that this run uses.
    folds
        The number of folds of each task that has some.
    """
    files = sorted(benchmarks.rglob("*.tsv"))
    measured = {file.relative_to(benchmarks): _read(file) for file in files}
    kept = {file: jobs for file, jobs in measured.items() if not jobs.empty}
    times = _of_rules(kept)
    sizes = disk_use(disk.parent)
    with atomic_paths(rules, arms, disk) as (rules_path, arms_path, disk_path):
        times.to_csv(rules_path, sep="\t", index=False, float_format="%.1f")
        _of_arms(kept, models, trainings, seeds, folds).to_csv(arms_path, sep="\t", index=False, float_format="%.1f")
        folders = pd.DataFrame(sizes.items(), columns=["folder", "megabytes"])
        folders.to_csv(disk_path, sep="\t", index=False, float_format="%.1f")
    logger.info("Of %d benchmarks, %d were read and %d have no time.", len(files), len(kept), len(files) - len(kept))
    logger.info("%d jobs took %.2f hours, one after the other.", times["jobs"].sum(), times["seconds"].sum() / 3600)
    name = disk.parent.name
    logger.info("%s", disk_use_in_words(name, sizes))
    logger.info("make clean-run NAME=%s removes files that the configuration no longer declares.", name)


def _read(file: Path) -> pd.DataFrame:
    """The jobs of a benchmark that have a time; none if the file was cut off or deleted meanwhile."""
    try:
        jobs = pd.read_csv(file, sep="\t", na_values="-").reindex(columns=["s", "max_rss", "cpu_time"])
    except (FileNotFoundError, pd.errors.EmptyDataError, pd.errors.ParserError):
        return pd.DataFrame()
    return jobs.apply(pd.to_numeric, errors="coerce").dropna(subset=["s"])


def _of_rules(benchmarks: Mapping[Path, pd.DataFrame]) -> pd.DataFrame:
    jobs = [of_file.assign(rule=file.parts[0].removesuffix(".tsv")) for file, of_file in benchmarks.items()]
    rows = [_of_rule(rule, of_rule) for rule, of_rule in pd.concat(jobs).groupby("rule")] if jobs else []
    return pd.DataFrame(rows, columns=RULE_COLUMNS).sort_values(["seconds", "rule"], ascending=[False, True])


def _of_rule(rule: str, jobs: pd.DataFrame) -> dict[str, object]:
    seen = jobs.dropna(subset=["cpu_time"])
    return {
        "rule": rule,
        "jobs": len(jobs),
        "seconds": jobs["s"].sum(),
        "median_seconds": jobs["s"].median(),
        "longest_seconds": jobs["s"].max(),
        "max_rss_mib": jobs["max_rss"].max(),
        "mean_load": 100 * seen["cpu_time"].sum() / seen["s"].sum() if seen["s"].sum() else None,
    }


def _of_arms(
    benchmarks: Mapping[Path, pd.DataFrame],
    models: Sequence[tuple[str, str, str]],
    trainings: Path,
    seeds: Sequence[int],
    folds: Mapping[str, int],
) -> pd.DataFrame:
    seconds = {file: jobs["s"].sum() for file, jobs in benchmarks.items()}
    rows = []
    for task, arm, size in models:
        of_job, of_evaluation = (seconds.get(Path(job, task, arm, f"{size}.tsv")) for job in JOBS)
        trained = product(seeds, range(1, folds[task] + 1) if folds.get(task) else [None])
        of_epochs = sum(seconds_of(checkpoint_file(trainings / task / arm / size, *each)) for each in trained)
        # The job has loaded data and begun trainings besides, so that it is the longer if it trained all epochs.
        rows.append((task, arm, size, max(of_job or 0.0, of_epochs) or None, of_evaluation))
    return pd.DataFrame(rows, columns=ARM_COLUMNS)


if "snakemake" in globals():
    run_job(snakemake, record_times)

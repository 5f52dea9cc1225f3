"""Count the near-copies between the splits of each task of a run, and between its tasks."""

from pathlib import Path

import numpy as np
import pandas as pd

from genome_data.folds import held_out
from genome_data.windows.near_copies import SHARED_BASES, held_out_near_copies
from genome_data.windows.table import read_windows
from workflow_support.files import atomic_path
from workflow_support.job import logger, progress, run_job

COLUMNS = ["task", "split", "training_task", "k", "sequences", "near_copies", "share"]


def count_near_copies(
    tasks: list[str], windows: list[Path], codes: list[Path], near_copies: list[Path], table: Path
) -> None:
    """Write the table: one row per task, split and task whose training split is compared with it.

    Parameters
    ----------
    windows, codes, near_copies
        Files of the ``tasks``, in their order.
    table
        Table to write. ``task, split``: validation or test windows, or those of all folds, ``sequences`` of them.
        ``training_task``: a task of the run, with training windows of which ``near_copies`` of these windows share
        ``k`` bases in a row or are equal, on either strand. ``share`` is near_copies / sequences.
    """
    splits = {task: read_windows(path)["split"].to_numpy() for task, path in zip(tasks, windows, strict=True)}
    arrays = {task: np.load(path, mmap_mode="r") for task, path in zip(tasks, codes, strict=True)}
    of_own = {task: np.load(path) for task, path in zip(tasks, near_copies, strict=True)}
    rows = []
    for task in progress(tasks, description="near-copies", unit=" tasks"):
        for other in [task, *(each for each in tasks if each != task)]:
            pair = arrays[task], splits[task], arrays[other], splits[other]
            found = of_own[task] if other == task else held_out_near_copies(*pair)
            of_splits = held_out(splits[task]).items()
            rows += [(task, split, other, SHARED_BASES, *_counts(found[asked])) for split, asked in of_splits]
    with atomic_path(table) as path:
        pd.DataFrame(rows, columns=COLUMNS).to_csv(path, sep="\t", index=False, float_format="%.6g")
    logger.info("Counted near-copies of %d tasks.", len(tasks))


def _counts(found: np.ndarray) -> tuple[int, int, float]:
    return found.size, int(found.sum()), float(found.mean()) if found.size else 0.0


if "snakemake" in globals():
    run_job(snakemake, count_near_copies)

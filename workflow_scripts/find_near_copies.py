"""Mark the held-out windows of a task that share 32 bases in a row with a training window, or equal it."""

from pathlib import Path

import numpy as np

from genome_data.folds import held_out
from genome_data.windows.near_copies import own_near_copies
from genome_data.windows.table import read_windows
from workflow_support.files import atomic_path
from workflow_support.job import logger, run_job


def find_near_copies(windows: Path, codes: Path, near_copies: Path) -> None:
    """Write ``near_copies``: bool (windows,), see `genome_data.windows.near_copies.own_near_copies`.

    Evaluations read it, and report every metric also without these windows. Nothing is removed here.
    """
    splits, base_codes = read_windows(windows)["split"].to_numpy(), np.load(codes, mmap_mode="r")
    found = own_near_copies(base_codes, splits)
    with atomic_path(near_copies) as path, path.open("wb") as out:
        np.save(out, found)
    for split, rows in held_out(splits).items():
        of_split = found[rows]
        logger.info("%s of %s %s windows are near-copies", f"{of_split.sum():,}", f"{of_split.size:,}", split)


if "snakemake" in globals():
    run_job(snakemake, find_near_copies)

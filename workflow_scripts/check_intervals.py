"""Check that every file of peaks or other intervals can be read, so that errors show before genomes are prepared."""

from pathlib import Path

import pandas as pd

from genome_data.formats.bed import read_intervals
from genome_data.formats.peaks import read_peaks
from workflow_support.files import atomic_path
from workflow_support.job import run_job


def check_intervals(peaks: list[Path], intervals: list[Path], checked: Path) -> None:
    """Write the table ``file, rows`` with the number of intervals in each file.

    Raises
    ------
    InputError
        If a file or one of its lines cannot be used.
    """
    rows = [(file, len(read_peaks(file))) for file in peaks]
    rows += [(file, len(read_intervals(file))) for file in intervals]
    with atomic_path(checked) as path:
        pd.DataFrame(rows, columns=["file", "rows"]).to_csv(path, sep="\t", index=False)


if "snakemake" in globals():
    run_job(snakemake, check_intervals)

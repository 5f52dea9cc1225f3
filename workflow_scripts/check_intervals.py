"""Check that every file of peaks or other intervals can be read, so that errors show before genomes are prepared."""

from pathlib import Path

import pandas as pd

from genome_data.formats.bed import IntervalFile
from genome_data.formats.peaks import peaks_of
from workflow_support.files import atomic_path
from workflow_support.job import run_job


def check_intervals(peaks: list[Path], intervals: list[Path], checked: Path) -> None:
    """Write the table ``file, rows`` with the number of intervals in each file.

    Raises
    ------
    InputError
        If a file or one of its lines cannot be used.
    """
    tables = {file: IntervalFile(file) for file in [*peaks, *intervals]}
    for file in peaks:
        peaks_of(tables[file])  # reads the columns that other intervals do not need
    rows = [(file, len(table.intervals)) for file, table in tables.items()]
    with atomic_path(checked) as path:
        pd.DataFrame(rows, columns=["file", "rows"]).to_csv(path, sep="\t", index=False)


if "snakemake" in globals():
    run_job(snakemake, check_intervals)

"""Join positive and negative windows in one table, and write their base codes as one array."""

from pathlib import Path

import pandas as pd

from genome_data.genome import Genome
from genome_data.windows.table import read_windows, write_codes, write_windows
from workflow_support.errors import InputError
from workflow_support.files import atomic_paths
from workflow_support.job import logger, run_job


def extract_sequences(positives: Path, negatives: Path, fasta: Path, windows: Path, codes: Path) -> None:
    """Write the table and the base codes of all windows.

    Parameters
    ----------
    positives, negatives
        Window tables of one width.
    fasta
        Normalised genome.
    windows
        Window table to write: positives, then negatives.
    codes
        Array to write: uint8 (windows, width), A, C, G, T, N = 0..4. Row i is the sequence of window i.
    """
    genome = Genome(fasta)
    table = pd.concat([read_windows(positives), read_windows(negatives)], ignore_index=True)
    width = _common_width(table, negatives)
    with atomic_paths(windows, codes) as (new_windows, new_codes):
        write_windows(table, new_windows)
        write_codes(genome, table, new_codes)
    logger.info("%s windows of %d bp: %s", f"{len(table):,}", width, codes)


def _common_width(table: pd.DataFrame, file: Path) -> int:
    widths = (table["end"] - table["start"]).unique()
    if len(widths) != 1:
        raise InputError(
            "the windows differ in width",
            file=file,
            found=", ".join(map(str, widths[:5])) + " bp",
            allowed="one width for positives and negatives",
            fix="delete both window tables and run the workflow again, which will write new ones",
        )
    return int(widths[0])


if "snakemake" in globals():
    run_job(snakemake, extract_sequences)

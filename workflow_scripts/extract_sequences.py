"""Join positive and negative windows in one table, write base codes and some surroundings, count what is left out."""

from pathlib import Path

import pandas as pd

from genome_data.accounting import Accounting, log_accounting
from genome_data.genome import Genome
from genome_data.windows.copy_removal import NEAR_COPY, write_kept_codes
from genome_data.windows.surroundings import write_surroundings
from genome_data.windows.table import read_windows, write_windows
from workflow_support.errors import InputError
from workflow_support.files import atomic_paths
from workflow_support.job import logger, run_job


def extract_sequences(
    positives: Path,
    negatives: Path,
    fasta: Path,
    remove_copies: bool,
    windows: Path,
    codes: Path,
    surroundings: Path,
    accounting: Path,
) -> None:
    """Write the table and the base codes of all windows.

    Parameters
    ----------
    positives, negatives
        Window tables of one width.
    fasta
        Normalised genome.
    remove_copies
        Whether to leave out training windows that are near-copies of validation or test windows.
    windows
        Window table to write: positives, then negatives.
    codes
        Array to write: uint8 (windows, width), A, C, G, T, N = 0..4. Row i is the sequence of window i.
    surroundings
        Array to write: base codes of some test windows and of their surroundings
        (:mod:`genome_data.windows.surroundings`).
    accounting
        Table to write: ``reason, rows``.
    """
    genome = Genome(fasta)
    table = pd.concat([read_windows(positives), read_windows(negatives)], ignore_index=True)
    width = _common_width(table, negatives)
    rows = Accounting(len(table), [NEAR_COPY])
    with atomic_paths(windows, codes, surroundings, accounting) as (
        new_windows,
        new_codes,
        new_surroundings,
        new_accounting,
    ):
        write_kept_codes(genome, table, rows, new_codes, positives, remove_copies=remove_copies)
        write_windows(table[rows.is_kept], new_windows)
        write_surroundings(genome, table[rows.is_kept], new_surroundings)
        rows.table().to_csv(new_accounting, sep="\t", index=False)
    log_accounting(rows.table())
    logger.info("%s windows of %d bp: %s", f"{rows.is_kept.sum():,}", width, codes)


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

"""Extract the base codes and the read counts of the positive windows of a profile task."""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from genome_data.accounting import Accounting, log_accounting
from genome_data.genome import Genome
from genome_data.windows.copy_removal import NEAR_COPY, write_kept_codes
from genome_data.windows.profile_counts import read_counts, smallest_type
from genome_data.windows.table import read_windows, require_every_split, write_windows
from workflow_support.disk_errors import reserve
from workflow_support.errors import InputError
from workflow_support.files import atomic_paths
from workflow_support.job import run_job

CHUNK = 16_384
NO_READS = "no reads in the output window"
SPLIT_WITHOUT_READS = "give the split regions with reads, or the bigWigs of the experiment that the peaks are from"


def extract_profiles(
    positives: Path,
    fasta: Path,
    plus: list[Path],
    minus: list[Path],
    control_plus: list[Path],
    control_minus: list[Path],
    window: int,
    output: int,
    jitter: int,
    remove_copies: bool,
    windows: Path,
    codes: Path,
    counts: Path,
    accounting: Path,
    control: Path | None = None,
) -> None:
    """Write the base codes and read counts of all windows with a read in their central ``output`` bases.

    Parameters
    ----------
    positives
        Window table, ``window + 2 * jitter`` wide.
    fasta
        Normalised genome.
    plus, minus, control_plus, control_minus
        bigWigs of 5' end counts, to be summed.
    window, output
        Number of bases that a network reads, and number of central bases for which it predicts.
    jitter
        Largest shift of a window in training, in bases.
    remove_copies
        Whether to leave out training windows that are near-copies of validation or test windows.
    windows
        Window table to write: the windows that are kept, in their order. Row i belongs to row i of the arrays.
    codes
        Array to write: uint8 (windows, window + 2 * jitter).
    counts, control
        Arrays to write: uint16, or uint32 if a count needs it, (windows, 2, output + 2 * jitter), + strand first.
        Position 0 is position (window − output) / 2 of the codes. ``None``: there is no control.
    accounting
        Table to write: ``reason, rows``.
    """
    genome = Genome(fasta)
    table = _read_positives(positives, window + 2 * jitter)
    of_counts = table.assign(start=table["start"] + (window - output) // 2)
    shape = (len(table), 2, output + 2 * jitter)
    written = [windows, codes, accounting, counts, *([control] if control else [])]
    with atomic_paths(*written) as paths, tempfile.NamedTemporaryFile(dir=paths[0].parent) as scratch:
        found = np.memmap(scratch, dtype=np.uint32, mode="w+", shape=shape)
        reserve(Path(scratch.name))
        read_counts(plus, minus, genome.sizes, of_counts, found)
        has_reads = found[:, :, jitter : jitter + output].any(axis=(1, 2))
        rows = Accounting(len(table), [NO_READS, NEAR_COPY])
        rows.drop(~has_reads, NO_READS)
        with_reads = table[has_reads]
        what, fix = "window with reads", SPLIT_WITHOUT_READS
        require_every_split(with_reads, table["split"], rows.table(), file=plus[0], what=what, fix=fix)
        write_kept_codes(genome, table, rows, paths[1], positives, remove_copies=remove_copies)
        write_windows(table[rows.is_kept], paths[0])
        rows.table().to_csv(paths[2], sep="\t", index=False)
        kept = np.flatnonzero(rows.is_kept)
        _write_counts(found, kept, paths[3])
        if control:
            read_counts(control_plus, control_minus, genome.sizes, of_counts, found)
            _write_counts(found, kept, paths[4])
    log_accounting(rows.table())


def _read_positives(file: Path, width: int) -> pd.DataFrame:
    table = read_windows(file)
    widths = (table["end"] - table["start"]).unique()
    if list(widths) != [width]:
        raise InputError(
            "the windows have another width than the task",
            file=file,
            found=", ".join(map(str, widths[:5])) + " bp",
            allowed=f"{width:,} bp: the window, and the jitter on either side",
            fix="delete the window table and run the workflow again, which will write a new one",
        )
    return table


def _write_counts(found: np.ndarray, kept: np.ndarray, path: Path) -> None:
    """Write the kept rows of (windows, 2, width) in the narrowest type that can hold them."""
    shape = (len(kept), *found.shape[1:])
    array = np.lib.format.open_memmap(path, mode="w+", dtype=smallest_type(int(found.max())), shape=shape)
    reserve(path)
    for first in range(0, len(kept), CHUNK):
        array[first : first + CHUNK] = found[kept[first : first + CHUNK]]
    array.flush()


if "snakemake" in globals():
    run_job(snakemake, extract_profiles)

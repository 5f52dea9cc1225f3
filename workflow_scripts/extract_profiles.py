"""Windows, a genome and bigWigs of both strands -> base codes and counts of the windows in which reads begin."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from genome_data import SPLITS
from genome_data.genome import Genome
from genome_data.windows.profile_counts import read_counts, smallest_type
from genome_data.windows.table import read_windows, write_codes, write_windows
from workflow_support.disk_errors import reserve
from workflow_support.errors import InputError
from workflow_support.files import atomic_paths
from workflow_support.job import logger, run_job

CHUNK = 16_384


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
    windows: Path,
    codes: Path,
    counts: Path,
    accounting: Path,
    control: Path | None = None,
) -> None:
    """Write the base codes and the read starts of all windows that have any in their central output.

    Parameters
    ----------
    positives
        Window table, ``window + 2 * jitter`` wide.
    fasta
        Normalised genome.
    plus, minus, control_plus, control_minus
        bigWigs of 5' end counts, to be summed.
    window, output
        Bases that a network reads, and bases for which it predicts: the central ones.
    jitter
        Most bases by which training shifts a window.
    windows
        Window table to write: the windows kept, in their order; row i belongs to row i of the arrays.
    codes
        Array to write: uint8 (windows, window + 2 * jitter).
    counts, control
        Arrays to write: uint16, or uint32 where a count needs it, (windows, 2, output + 2 * jitter), + strand first;
        position 0 is position (window − output) / 2 of the codes. ``None``: there is no control.
    accounting
        Table to write: ``reason, rows``.
    """
    genome = Genome(fasta)
    table = _read_positives(positives, window + 2 * jitter)
    spans = table.assign(start=table["start"] + (window - output) // 2)
    shape = (len(table), 2, output + 2 * jitter)
    written = [windows, codes, accounting, counts, *([control] if control else [])]
    with atomic_paths(*written) as paths, tempfile.NamedTemporaryFile(dir=paths[0].parent) as scratch:
        found = np.memmap(scratch, dtype=np.uint32, mode="w+", shape=shape)
        reserve(Path(scratch.name))
        read_counts(plus, minus, genome.sizes, spans, found)
        has_reads = found[:, :, jitter : jitter + output].any(axis=(1, 2))
        kept = np.flatnonzero(has_reads)
        rows = [("in", len(table)), ("no reads in the output window", len(table) - len(kept)), ("kept", len(kept))]
        _require_every_split(table[has_reads], rows, plus[0])
        write_windows(table[has_reads], paths[0])
        write_codes(genome, table[has_reads], paths[1])
        pd.DataFrame(rows, columns=["reason", "rows"]).to_csv(paths[2], sep="\t", index=False)
        _write_counts(found, kept, paths[3])
        if control:
            read_counts(control_plus, control_minus, genome.sizes, spans, found)
            _write_counts(found, kept, paths[4])
    for reason, count in rows:
        logger.info("%-30s %10s", reason, f"{count:,}")


def _read_positives(file: Path, width: int) -> pd.DataFrame:
    table = read_windows(file)
    widths = (table["end"] - table["start"]).unique()
    if list(widths) != [width]:
        raise InputError(
            "the windows have another width than the task",
            file=file,
            found=", ".join(map(str, widths[:5])) + " bp",
            allowed=f"{width:,} bp: the window, and the jitter on either side",
            mend="delete the window table and run the workflow again to make it anew",
        )
    return table


def _require_every_split(kept: pd.DataFrame, rows: Sequence[tuple[str, int]], file: Path) -> None:
    held = {split: int((kept["split"] == split).sum()) for split in SPLITS}
    if all(held.values()):
        return
    raise InputError(
        "no window with reads is left in the split " + " and ".join(split for split in SPLITS if not held[split]),
        file=file,
        found=", ".join(f"{count:,} {reason}" for reason, count in rows)
        + "; per split: "
        + ", ".join(f"{split} {count:,}" for split, count in held.items()),
        allowed="at least one window in each of train, validation and test",
        mend="give the split regions that hold reads, or name the bigWigs of the experiment that the peaks are from",
    )


def _write_counts(found: np.ndarray, kept: np.ndarray, path: Path) -> None:
    """Write the kept rows of (windows, 2, width) in the narrowest type that holds them."""
    shape = (len(kept), *found.shape[1:])
    array = np.lib.format.open_memmap(path, mode="w+", dtype=smallest_type(int(found.max())), shape=shape)
    reserve(path)
    for first in range(0, len(kept), CHUNK):
        array[first : first + CHUNK] = found[kept[first : first + CHUNK]]
    array.flush()


if "snakemake" in globals():
    run_job(snakemake, extract_profiles)

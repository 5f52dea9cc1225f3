"""Make the window table and base codes of a task of labelled sequences, and report the copies among them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from genome_data.accounting import Accounting, log_accounting
from genome_data.windows.copy_removal import NEAR_COPY, drop_near_copies
from genome_data.windows.labelled_sequences import as_windows, centred_codes, read_labelled_sequences
from genome_data.windows.sequence_duplicates import duplicate_report
from genome_data.windows.table import write_windows
from workflow_support.files import atomic_paths
from workflow_support.job import logger, run_job


def prepare_sequences(
    sequences: Sequence[Path],
    splits_of_files: Sequence[str] | None,
    made_splits: Mapping[str, float] | None,
    sequence_column: str | int,
    label_column: str | int,
    width: int | None,
    remove_copies: bool,
    windows: Path,
    codes: Path,
    classes: Path,
    duplicates: Path,
    accounting: Path,
) -> None:
    """Write the windows of a task of labelled sequences.

    Every sequence is kept, but for near-copies if these are to be removed. A sequence that cannot be used is an error.

    Parameters
    ----------
    sequences
        CSV, TSV, FASTA or folders; see `genome_data.formats.labelled_files.read_labelled_file`.
    splits_of_files, made_splits, sequence_column, label_column
        See `genome_data.windows.labelled_sequences.read_labelled_sequences`.
    width
        Length of every window in bases. None: that of the longest sequence.
    remove_copies
        Whether to leave out training sequences that are near-copies of validation or test sequences.
    windows
        Window table to write: each sequence is a contig of its own, and its label is the index of its class.
    codes
        Array to write: uint8 (windows, width), A, C, G, T, N = 0..4. Shorter sequences are centred and padded with N.
    classes
        JSON to write: the list of class names, in the order of their indices.
    duplicates
        Table to write, of the sequences as given; see `genome_data.windows.sequence_duplicates.duplicate_report`.
    accounting
        Table to write: ``reason, rows``.
    """
    rows, names = read_labelled_sequences(sequences, splits_of_files, made_splits, sequence_column, label_column)
    base_codes = centred_codes(rows, width)
    report = duplicate_report(rows["sequence"], rows["label"], rows["split"])
    _log(rows, names, report)
    kept = Accounting(len(rows), [NEAR_COPY])
    if remove_copies:
        drop_near_copies(kept, rows, base_codes, sequences[0])
        log_accounting(kept.table())
    rows, base_codes = rows[kept.is_kept], base_codes[kept.is_kept]
    with atomic_paths(windows, codes, classes, duplicates, accounting) as paths:
        new_windows, new_codes, new_classes, new_duplicates, new_accounting = paths
        write_windows(as_windows(rows, base_codes), new_windows)
        with new_codes.open("wb") as out:
            np.save(out, base_codes)
        new_classes.write_text(json.dumps(names, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        report.to_csv(new_duplicates, sep="\t", index=False)
        kept.table().to_csv(new_accounting, sep="\t", index=False)


def _log(rows: pd.DataFrame, classes: Sequence[str], report: pd.DataFrame) -> None:
    for (split, label), count in rows.groupby(["split", "label"], sort=False).size().items():
        logger.info("%-12s %-20s %10s", split, classes[label], f"{count:,}")
    for row in report[(report["strand"] == "either") & (report["rows"] > 0)].itertuples():
        logger.info(
            "%s: %s rows repeat a sequence on either strand, %s of them under another label",
            row.between,
            f"{row.rows:,}",
            f"{row.other_label:,}",
        )


if "snakemake" in globals():
    run_job(snakemake, prepare_sequences)

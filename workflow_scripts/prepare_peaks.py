"""Make the positive windows of a task from its peaks, and count every peak that is left out."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from genome_data.accounting import log_accounting
from genome_data.formats.bed import IntervalFile, read_mask
from genome_data.formats.peaks import peaks_of
from genome_data.genome import Genome
from genome_data.intervals.contigs import in_genome_order, place
from genome_data.intervals.splits import split_regions
from genome_data.windows.positives import positive_windows
from genome_data.windows.table import write_windows
from workflow_support.files import atomic_paths
from workflow_support.job import logger, run_job


def prepare_peaks(
    peaks: Path,
    fasta: Path,
    blacklist: Sequence[Path],
    width: int,
    strongest: int | None,
    splits: Mapping[str, Sequence[str]],
    max_unknown_fraction: float,
    positives: Path,
    intervals: Path,
    counts: Path,
) -> None:
    """Write the positive windows of a peak file.

    Parameters
    ----------
    peaks
        Table of peaks in any format of `genome_data.formats.recognition`, plain or compressed.
    fasta
        Normalised genome.
    blacklist
        One BED file of regions that no window may touch, or none.
    width, strongest, max_unknown_fraction
        See `genome_data.windows.positives.positive_windows`.
    splits
        See `genome_data.intervals.splits.split_regions`.
    positives
        Window table to write.
    intervals
        BED to write: every peak on the genome, whether it is kept or not, cut at the end of its contig.
    counts
        Table to write: ``reason, rows, format``. The format is that of the peak file, the same in every row.
    """
    genome = Genome(fasta)
    regions = split_regions(splits, genome.sizes)
    table_of_peaks = IntervalFile(peaks)
    placed = place(peaks_of(table_of_peaks), genome.sizes, peaks, "peaks")
    rows = placed.intervals
    windows, table = positive_windows(
        rows,
        genome,
        regions,
        read_mask(blacklist[0], genome.sizes) if blacklist else None,
        width=width,
        strongest=strongest,
        max_unknown_fraction=max_unknown_fraction,
        file=peaks,
        other_numbers=table_of_peaks.other_numbers() if strongest else (),
    )
    log_accounting(table)
    if strongest is not None and len(windows) < strongest:
        logger.info("only %s peaks pass, fewer than strongest: %s", f"{len(windows):,}", f"{strongest:,}")
    for split, count in windows["split"].value_counts().items():
        logger.info("  in %-23s %12s", split, f"{count:,}")
    with atomic_paths(positives, intervals, counts) as (new_positives, new_intervals, new_counts):
        write_windows(windows, new_positives)
        every_peak = in_genome_order(_cut_at_ends(rows[placed.is_known], genome.sizes), genome.sizes)
        every_peak.to_csv(new_intervals, sep="\t", columns=["contig", "start", "end"], header=False, index=False)
        table.assign(format=str(table_of_peaks.format)).to_csv(new_counts, sep="\t", index=False)


def _cut_at_ends(peaks: pd.DataFrame, sizes: Mapping[str, int]) -> pd.DataFrame:
    lengths = peaks["contig"].map(sizes)
    cut = peaks.assign(end=np.minimum(peaks["end"], lengths))
    return cut[cut["start"] < cut["end"]]


if "snakemake" in globals():
    run_job(snakemake, prepare_peaks)

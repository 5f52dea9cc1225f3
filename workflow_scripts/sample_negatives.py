"""Draw the negative windows of a task: away from its peaks and matched to its positives on GC content, per split."""

from pathlib import Path

from genome_data.formats.bed import read_intervals, read_mask
from genome_data.genome import Genome
from genome_data.intervals.splits import split_regions
from genome_data.windows import negatives as sampling
from genome_data.windows.settings import NegativeSettings, WindowSettings
from genome_data.windows.table import read_windows, write_windows
from workflow_support.files import atomic_paths
from workflow_support.job import logger, run_job


def sample_negatives(
    *,
    positives: Path,
    intervals: Path,
    fasta: Path,
    blacklist: list[Path],
    unlabelled: list[Path],
    negatives: Path,
    bed: Path,
    counts: Path,
    splits: dict,
    windows: dict,
    settings: dict,
) -> None:
    """Write the window table ``negatives``, the same windows as ``bed``, and ``counts`` per split and GC bin.

    Parameters
    ----------
    positives
        Window table of the positives.
    intervals
        BED of every peak, whether it became a positive or not.
    fasta
        Normalised genome, indexed.
    blacklist, unlabelled
        BED files of regions that no negative touches.
    splits
        Regions of the genome by split, as configured.
    windows, settings
        Sections ``windows`` and ``negatives`` of the task: the fields of
        `genome_data.windows.settings.WindowSettings` and `NegativeSettings`.
    """
    genome = Genome(fasta)
    drawn, table = sampling.sample_negatives(
        genome,
        split_regions(splits, genome.sizes),
        read_windows(positives),
        read_intervals(intervals),
        [read_mask(path, genome.sizes) for path in [*blacklist, *unlabelled]],
        WindowSettings(**windows),
        NegativeSettings(**settings),
    )
    logger.info("%s of %s negatives found", f"{len(drawn):,}", f"{table['wanted'].sum():,}")
    for line in sampling.describe_shortfall(table):
        logger.warning("%s", line)
    with atomic_paths(negatives, bed, counts) as (negatives_path, bed_path, counts_path):
        write_windows(drawn, negatives_path)
        drawn.to_csv(bed_path, sep="\t", columns=["contig", "start", "end", "name"], header=False, index=False)
        table.to_csv(counts_path, sep="\t", index=False)


if "snakemake" in globals():
    run_job(snakemake, sample_negatives)

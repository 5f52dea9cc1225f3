"""Count the aligned reads that begin at each base, and write one bigWig per strand."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from genome_data.accounting import log_accounting
from genome_data.formats.reads import read_five_prime_ends
from genome_data.formats.tracks import TrackWriter
from genome_data.intervals.contig_names import ContigSizes, read_other_names
from workflow_support.files import atomic_paths
from workflow_support.job import run_job


def count_reads(
    reads: Path,
    sizes: Path,
    plus: Path,
    minus: Path,
    counts: Path,
    minimum_mapping_quality: int,
    keep_duplicates: bool,
    contigs: Path | None = None,
) -> None:
    """Write the number of 5' ends at each base, strand by strand.

    Parameters
    ----------
    reads
        BAM, sorted or not, with or without an index.
    sizes
        ``chrom.sizes`` of the genome.
    plus, minus
        bigWigs to write; bases at which no read begins have no value.
    counts
        Table to write: ``reason, rows``, for the rows of the BAM.
    minimum_mapping_quality, keep_duplicates
        See `genome_data.formats.reads.read_five_prime_ends`.
    contigs
        Table of the contigs of the genome with the other names that the BAM may use for them.
    """
    lengths = ContigSizes(_read_sizes(sizes), read_other_names(contigs) if contigs else None)
    ends = read_five_prime_ends(
        reads, lengths, minimum_mapping_quality=minimum_mapping_quality, keep_duplicates=keep_duplicates
    )
    log_accounting(ends.counts)
    with atomic_paths(plus, minus, counts) as (new_plus, new_minus, new_counts):
        for strand, track in enumerate((new_plus, new_minus)):
            _write_track({contig: strands[strand] for contig, strands in ends.positions.items()}, lengths, track)
        ends.counts.to_csv(new_counts, sep="\t", index=False)


def _write_track(positions: Mapping[str, np.ndarray], sizes: Mapping[str, int], path: Path) -> None:
    with TrackWriter(path, sizes) as track:
        for contig, of_contig in positions.items():
            track.add_bases(contig, *np.unique(of_contig, return_counts=True))


def _read_sizes(path: Path) -> dict[str, int]:
    rows = pd.read_csv(path, sep="\t", names=["contig", "length"], dtype={"contig": "str"}, keep_default_na=False)
    return dict(zip(rows["contig"], rows["length"].tolist(), strict=True))


if "snakemake" in globals():
    run_job(snakemake, count_reads)

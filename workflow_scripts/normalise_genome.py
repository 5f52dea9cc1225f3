"""Normalise a genome, FASTA or 2bit, and write its index, the digests of its contigs and their sizes."""

from collections.abc import Mapping
from pathlib import Path

from genome_data.genome import normalise_fasta
from workflow_support.files import atomic_paths
from workflow_support.job import run_job


def normalise_genome(
    source: Path, fasta: Path, index: Path, contigs: Path, sizes: Path, contig_names: Mapping[str, str] | None = None
) -> None:
    """Normalise ``source``, a FASTA (plain, gzip, BGZF) or 2bit file; see `genome_data.genome.normalise_fasta`."""
    with atomic_paths(fasta, index, contigs, sizes) as (new_fasta, new_index, new_contigs, new_sizes):
        normalise_fasta(source, new_fasta, new_index, new_contigs, new_sizes, contig_names)


if "snakemake" in globals():
    run_job(snakemake, normalise_genome)

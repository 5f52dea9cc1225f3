"""Normalise a genome, FASTA or 2bit, and write its index, the digests of its contigs and their sizes."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from genome_data.genome import normalise_fasta
from workflow_support.files import atomic_paths
from workflow_support.job import logger, run_job
from workflow_support.provenance import file_digest
from workflow_support.shared_files import link_shared


def normalise_genome(
    source: Path,
    fasta: Path,
    index: Path,
    contigs: Path,
    sizes: Path,
    contig_names: Mapping[str, str] | None = None,
    store: Path | None = None,
    code: str = "",
) -> None:
    """Normalise ``source``, a FASTA (plain, gzip, BGZF) or 2bit file; see `genome_data.genome.normalise_fasta`.

    With a ``store``, the four files are links to it, and the sequence is normalised only if no run has done so before
    with the same content of ``source``, the same ``contig_names`` and the same digest of the ``code``.
    """

    def write(files: Sequence[Path]) -> None:
        with atomic_paths(*files) as new_files:
            normalise_fasta(source, *new_files, contig_names)

    files = [fasta, index, contigs, sizes]
    if store is None:
        write(files)
        return
    made_from = [file_digest(source), dict(contig_names or {}), code]
    if not link_shared(store, made_from, files, write):
        logger.info("%s was normalised before, by this run or another: its sequence is shared.", source)


if "snakemake" in globals():
    run_job(snakemake, normalise_genome)

"""Select the positive windows on contigs that a bigWig has values on, and write them as BED."""

from pathlib import Path

from genome_data.formats.tracks import contigs_of_track
from genome_data.genome import Genome
from genome_data.windows.table import read_windows
from workflow_support.errors import InputError
from workflow_support.files import atomic_path
from workflow_support.job import logger, run_job


def select_signal_regions(positives: Path, signal: Path, fasta: Path, regions: Path) -> None:
    """Write the windows on contigs of the bigWig, in the order of their table.

    Parameters
    ----------
    positives
        Window table.
    signal
        bigWig on the genome.
    fasta
        Normalised genome.
    regions
        BED to write: contig, start, end and name.
    """
    windows = read_windows(positives)
    measured = contigs_of_track(signal, Genome(fasta).sizes)
    is_measured = windows["contig"].isin(measured)
    if not is_measured.any():
        raise InputError(
            "the bigWig has no contig with a positive window",
            file=signal,
            found=", ".join(sorted(measured)),
            allowed="at least one of " + ", ".join(windows["contig"].unique()),
            fix="use a bigWig of the contigs that the peaks lie on, or leave out `signal:`",
        )
    if not is_measured.all():
        logger.info("%s: left out %d windows on contigs that the bigWig lacks", signal, int((~is_measured).sum()))
    with atomic_path(regions) as new_regions:
        windows[is_measured].to_csv(
            new_regions, sep="\t", columns=["contig", "start", "end", "name"], header=False, index=False
        )


if "snakemake" in globals():
    run_job(snakemake, select_signal_regions)

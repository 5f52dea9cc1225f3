"""A BAM file that programs can look things up in: sorted by coordinate and with an index, among the results."""

import tempfile
from pathlib import Path

import pysam

from workflow_support.files import atomic_path
from workflow_support.job import run_job


def index_reads(reads: Path, bam: Path, index: Path) -> None:
    """Link a sorted BAM, or sort one that is not, and index it; nothing is written beside the user's files.

    Parameters
    ----------
    reads
        BAM file, in any order.
    bam, index
        To write: the same reads in the order of the genome, and their index (.bai).
    """
    with pysam.AlignmentFile(str(reads), "rb", check_sq=False) as file:
        is_sorted = file.header.to_dict().get("HD", {}).get("SO") == "coordinate"
    if is_sorted:
        bam.unlink(missing_ok=True)
        bam.symlink_to(reads.resolve())
    else:
        # samtools leaves its temporary files where the disk is full, and must not put them into the current folder.
        with atomic_path(bam) as partial, tempfile.TemporaryDirectory(dir=partial.parent) as scratch:
            pysam.sort("-T", f"{scratch}/reads", "-o", str(partial), str(reads))
    with atomic_path(index) as partial:
        pysam.index("-o", str(partial), str(bam))


if "snakemake" in globals():
    run_job(snakemake, index_reads)

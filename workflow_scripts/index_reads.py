"""Prepare a BAM for programs that need an index: sorted by coordinate and indexed, among the results."""

import tempfile
from pathlib import Path

import pysam

from workflow_support.files import atomic_path
from workflow_support.job import run_job


def index_reads(reads: Path, bam: Path, index: Path) -> None:
    """Link a BAM that is sorted, or sort it, and index it; nothing is written next to the user's file.

    Parameters
    ----------
    reads
        BAM, in any order.
    bam, index
        Files to write: the same reads in genome order, and their index (.bai).
    """
    with pysam.AlignmentFile(str(reads), "rb", check_sq=False) as file:
        is_sorted = file.header.to_dict().get("HD", {}).get("SO") == "coordinate"
    if is_sorted:
        bam.unlink(missing_ok=True)
        bam.symlink_to(reads.resolve())
    else:
        # When the disk is full, samtools does not remove its temporary files, which must not be in the current folder.
        with atomic_path(bam) as partial, tempfile.TemporaryDirectory(dir=partial.parent) as scratch:
            pysam.sort("-T", f"{scratch}/reads", "-o", str(partial), str(reads))
    with atomic_path(index) as partial:
        pysam.index("-o", str(partial), str(bam))


if "snakemake" in globals():
    run_job(snakemake, index_reads)

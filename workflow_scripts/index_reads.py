"""Prepare a BAM for programs that need an index: sorted by coordinate and indexed, among the results."""

import tempfile
from pathlib import Path

import pysam

from genome_data.formats.reads import open_bam
from workflow_support.files import atomic_path
from workflow_support.job import logger, run_job

LONGEST_IN_BAI = 1 << 29
"""Length in bases of the longest contig that an index of the format BAI can describe; longer ones need CSI."""


def index_reads(reads: Path, bam: Path, index: Path) -> None:
    """Link a BAM that is sorted, or sort it, and index it; nothing is written next to the user's file.

    The header may claim an order that the reads do not have, so a BAM counts as sorted if it can be indexed.

    Parameters
    ----------
    reads
        BAM, in any order.
    bam, index
        Files to write: the same reads in genome order, and their index. The index has the format CSI, which programs
        tell by its content, if a contig is too long for BAI.

    Raises
    ------
    InputError
        If the file is no BAM or is damaged.
    """
    with open_bam(reads) as file:
        claims_order = file.header.to_dict().get("HD", {}).get("SO") == "coordinate"
        kind = ["-c"] if max(file.lengths, default=0) > LONGEST_IN_BAI else ["-b"]
    if claims_order:
        bam.unlink(missing_ok=True)
        bam.symlink_to(reads.resolve())
        # What htslib says about the order on standard error is no error here.
        verbosity = pysam.set_verbosity(0)
        try:
            _write_index(bam, index, kind)
            return
        except pysam.SamtoolsError:
            logger.info("%s: the header says that the reads are sorted, but they are not; sorted again", reads)
            bam.unlink()
        finally:
            pysam.set_verbosity(verbosity)
    # When the disk is full, samtools does not remove its temporary files, which must not be in the current folder.
    with atomic_path(bam) as partial, tempfile.TemporaryDirectory(dir=partial.parent) as scratch:
        pysam.sort("-T", f"{scratch}/reads", "-o", str(partial), str(reads))
    _write_index(bam, index, kind)


def _write_index(bam: Path, index: Path, kind: list[str]) -> None:
    with atomic_path(index) as partial:
        pysam.index(*kind, "-o", str(partial), str(bam))


if "snakemake" in globals():
    run_job(snakemake, index_reads)

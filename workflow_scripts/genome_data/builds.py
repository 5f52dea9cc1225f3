"""Whether a file that carries the lengths of its contigs, as a bigWig or a BAM does, belongs to a genome."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from workflow_support.errors import InputError

from .contig_names import describe_mismatch


def shared_contigs(lengths: Mapping[str, int], sizes: Mapping[str, int], file: str | Path, kind: str) -> list[str]:
    """Contigs of both, in the order of the genome.

    Parameters
    ----------
    lengths
        Length of every contig of the file.
    sizes
        Length of every contig of the genome.
    file, kind
        What errors name: the file, and its format.

    Raises
    ------
    InputError
        If the file was made on another genome: no contig is shared, or a shared one differs in length.
    """
    shared = [contig for contig in sizes if contig in lengths]
    if not shared:
        raise InputError(
            f"no contig of the {kind} is in the genome", file=file, **describe_mismatch(list(lengths), list(sizes))
        )
    wrong = [contig for contig in shared if lengths[contig] != sizes[contig]]
    if wrong:
        contig = wrong[0]
        raise InputError(
            f"contigs differ in length, so the {kind} belongs to another genome build",
            file=file,
            found=f"{contig} of {lengths[contig]:,} bases; {len(wrong):,} such contigs in all",
            allowed=f"{contig} of {sizes[contig]:,} bases, as in this genome",
            mend=f"use the {kind} of the genome build that the FASTA holds, or make it again from reads mapped to it",
        )
    return shared

"""Reader of aligned reads (BAM): the positions of their 5' ends on either strand."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pysam

from workflow_support.errors import InputError
from workflow_support.job import progress

from ..accounting import accounting_table, describe_accounting
from ..intervals.contigs import shared_contigs
from .signatures import READS
from .text import open_binary

REASONS = (
    "unmapped",
    "secondary or supplementary",
    "second of a pair",
    "failed quality check",
    "duplicate",
    "low mapping quality",
    "contig not in the genome",
)
"""Reasons for leaving out a row of a BAM, in the order in which they are checked: the first that holds is counted."""

_BAM_MAGIC = b"BAM\x01"


class FivePrimeEnds(NamedTuple):
    """5' ends of the reads of a BAM.

    Attributes
    ----------
    positions
        For each contig, in genome order: sorted 0-based positions on the + and on the − strand, int32 (reads,) each,
        one entry per read.
    counts
        ``reason, rows`` (`genome_data.accounting.accounting_table`).
    """

    positions: dict[str, tuple[np.ndarray, np.ndarray]]
    counts: pd.DataFrame


def read_five_prime_ends(
    path: str | Path, sizes: Mapping[str, int], *, minimum_mapping_quality: int, keep_duplicates: bool
) -> FivePrimeEnds:
    """Read the positions at which reads begin: the leftmost base of a forward read, the rightmost of a reverse read.

    Only the first mate of a pair is counted: its 5' end is where the exonuclease stopped (ChIP-exo, ChIP-nexus) or
    where the fragment broke. Soft-clipped bases are not part of the alignment. Reads may come in any order and no index
    is needed. Memory: 4 bytes per kept read.

    Parameters
    ----------
    path
        BAM.
    sizes
        Length of every contig of the genome.
    minimum_mapping_quality
        Smallest mapping quality (MAPQ) of a read that is kept.
    keep_duplicates
        Whether to keep reads that are marked as duplicates.

    Raises
    ------
    InputError
        If the file is no BAM, is truncated or damaged, was mapped to another genome, or has no usable read on a strand.
    """
    with _open_bam(Path(path)) as bam:
        lengths = dict(zip(bam.references, bam.lengths, strict=True))
        if not lengths:
            raise _no_reads(path, "no contig in the header: the reads are not aligned")
        contigs = shared_contigs(lengths, sizes, path, "BAM")
        ends = {contig: (array("i"), array("i")) for contig in contigs}
        outcomes = _collect(
            progress(bam.fetch(until_eof=True), description="reads", unit=" reads"),
            # The last entry is for reads without a contig, whose index is -1.
            [*(ends.get(contig) for contig in bam.references), None],
            minimum_mapping_quality,
            keep_duplicates,
        )
    positions = {contig: (_sorted(plus), _sorted(minus)) for contig, (plus, minus) in ends.items()}
    kept = sum(len(strand) for strands in positions.values() for strand in strands)
    counts = accounting_table({reason: outcomes[reason] for reason in REASONS}, kept)
    _require_both_strands(positions, counts, path)
    return FivePrimeEnds(positions, counts)


def _collect(
    reads: Iterable[pysam.AlignedSegment],
    ends: Sequence[tuple[array[int], array[int]] | None],
    minimum_mapping_quality: int,
    keep_duplicates: bool,
) -> Counter[str]:
    """Append the 5' end of every read that is kept to its contig and strand, and count the others by reason."""
    outcomes: Counter[str] = Counter()
    reasons_by_flag: dict[int, str | None] = {}
    for read in reads:
        flag = read.flag
        if flag not in reasons_by_flag:
            reasons_by_flag[flag] = _reason_in_flag(flag, keep_duplicates)
        reason = reasons_by_flag[flag]
        if reason is None and read.mapping_quality < minimum_mapping_quality:
            reason = "low mapping quality"
        strands = None if reason else ends[read.reference_id]
        if strands is None:
            outcomes[reason or "contig not in the genome"] += 1
        elif flag & pysam.FREVERSE:
            strands[1].append(read.reference_end - 1)
        else:
            strands[0].append(read.reference_start)
    return outcomes


def _reason_in_flag(flag: int, keep_duplicates: bool) -> str | None:
    if flag & pysam.FUNMAP:
        return "unmapped"
    if flag & (pysam.FSECONDARY | pysam.FSUPPLEMENTARY):
        return "secondary or supplementary"
    if flag & pysam.FPAIRED and flag & pysam.FREAD2:
        return "second of a pair"
    if flag & pysam.FQCFAIL:
        return "failed quality check"
    if flag & pysam.FDUP and not keep_duplicates:
        return "duplicate"
    return None


def _sorted(positions: array[int]) -> np.ndarray:
    return np.sort(np.frombuffer(positions, dtype=np.int32))


def _require_both_strands(
    positions: dict[str, tuple[np.ndarray, np.ndarray]], counts: pd.DataFrame, path: str | Path
) -> None:
    kept = [sum(len(strands[index]) for strands in positions.values()) for index in (0, 1)]
    if min(kept) == 0:
        outcomes = describe_accounting(counts)
        raise _no_reads(path, f"{kept[0]:,} reads on the + strand, {kept[1]:,} on the − strand; {outcomes or 'no row'}")


@contextmanager
def _open_bam(path: Path) -> Iterator[pysam.AlignmentFile]:
    """Open a BAM; damage is an `InputError`, now and while the file is read."""
    with open_binary(path, READS) as stream:  # refuses a BAM that lacks the block that ends every BAM
        magic = stream.read(len(_BAM_MAGIC))
    if magic != _BAM_MAGIC:
        raise InputError(
            "the file is no BAM",
            file=path,
            found=f"a file that begins with {magic!r}",
            allowed="aligned reads as BAM",
            fix=f"give the right file, or convert SAM and CRAM with: samtools view -b -o reads.bam {path.name}",
        )
    # Otherwise htslib warns on standard error that a BAM has no index, which nothing here needs.
    verbosity = pysam.set_verbosity(0)
    try:
        with pysam.AlignmentFile(str(path), "rb", check_sq=False) as bam:
            yield bam
    except (OSError, ValueError) as error:
        raise InputError(
            "the BAM is damaged",
            file=path,
            found=error,
            allowed="a complete BAM",
            fix=f"fetch or make the file again; `samtools quickcheck -v {path.name}` checks whether it is complete",
        ) from None
    finally:
        pysam.set_verbosity(verbosity)


def _no_reads(path: str | Path, found: str) -> InputError:
    return InputError(
        "the BAM has no usable read on a strand",
        file=path,
        found=found,
        allowed="aligned reads on both strands of the genome",
        fix="map the reads to this genome, lower minimum_mapping_quality, or keep duplicates if all are marked so",
    )

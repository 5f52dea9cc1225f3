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
from ..intervals.contig_names import ContigSizes
from ..intervals.contigs import shared_contigs
from .signatures import READS
from .text import leading_bytes, open_binary

REASONS = (
    "unmapped",
    "secondary or supplementary",
    "second of a pair",
    "failed quality check",
    "duplicate",
    "low mapping quality",
    "contig not in the genome",
    "contig of another length",
    "no CIGAR",
    "past the end of its contig",
)
"""Reasons for leaving out a row of a BAM, in the order in which they are checked: the first that holds is counted."""

_BAM_MAGIC, _GZIP_MAGIC = b"BAM\x01", b"\x1f\x8b"
_BGZF_FIELD = b"BC"


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
    is needed. A read is left out if a base of its alignment lies past the end of its contig, or if it has no alignment
    (CIGAR). Memory: 4 bytes per kept read.

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
    known = ContigSizes.of(sizes)
    with open_bam(Path(path)) as bam:
        lengths = dict(zip(bam.references, bam.lengths, strict=True))
        if not lengths:
            raise _no_reads(path, "no contig in the header: the reads are not aligned")
        names = shared_contigs(lengths, known, path, "BAM")
        ends = {contig: (array("i"), array("i")) for contig in names}
        contigs = {name: _Contig(known[contig], ends[contig]) for contig, name in names.items()}
        outcomes = _collect(
            progress(bam.fetch(until_eof=True), description="reads", unit=" reads"),
            # The last entry is for reads without a contig, whose index is -1.
            [*(contigs.get(name, _outside(name, known)) for name in bam.references), "contig not in the genome"],
            minimum_mapping_quality,
            keep_duplicates,
        )
    positions = {contig: (_sorted(plus), _sorted(minus)) for contig, (plus, minus) in ends.items()}
    kept = sum(len(strand) for strands in positions.values() for strand in strands)
    counts = accounting_table({reason: outcomes[reason] for reason in REASONS}, kept)
    _require_both_strands(positions, counts, path)
    return FivePrimeEnds(positions, counts)


class _Contig(NamedTuple):
    """Length of a contig, and the 5' ends of the reads on its + and on its − strand."""

    length: int
    ends: tuple[array[int], array[int]]


def _outside(name: str, sizes: ContigSizes) -> str:
    """The reason against reads on a contig of the file that it does not share with the genome."""
    return "contig of another length" if sizes.contig(name) in sizes else "contig not in the genome"


def _collect(
    reads: Iterable[pysam.AlignedSegment],
    contigs: Sequence[_Contig | str],
    minimum_mapping_quality: int,
    keep_duplicates: bool,
) -> Counter[str]:
    """Append the 5' end of every read that is kept to its contig and strand, and count the others by reason.

    In place of a contig there may be the reason against all reads on it.
    """
    outcomes: Counter[str] = Counter()
    reasons_by_flag: dict[int, str | None] = {}
    for read in reads:
        flag = read.flag
        if flag not in reasons_by_flag:
            reasons_by_flag[flag] = _reason_in_flag(flag, keep_duplicates)
        reason = reasons_by_flag[flag]
        if reason is None and read.mapping_quality < minimum_mapping_quality:
            reason = "low mapping quality"
        contig = reason or contigs[read.reference_id]
        if isinstance(contig, str):
            outcomes[contig] += 1
            continue
        start, end = read.reference_start, read.reference_end
        if start < 0:
            outcomes["unmapped"] += 1
        elif end is None:
            outcomes["no CIGAR"] += 1
        elif end > contig.length:
            outcomes["past the end of its contig"] += 1
        elif flag & pysam.FREVERSE:
            contig.ends[1].append(end - 1)
        else:
            contig.ends[0].append(start)
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
def open_bam(path: Path) -> Iterator[pysam.AlignmentFile]:
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
    first = leading_bytes(path, 32)
    if first[12:14] != _BGZF_FIELD:
        raise InputError(
            "the BAM is not compressed in blocks (BGZF), so that no program can look up reads in it",
            file=path,
            found="a BAM in plain gzip" if first.startswith(_GZIP_MAGIC) else "a BAM without compression",
            allowed="a BAM as samtools writes it",
            fix=f"write it again: gzip -dcf {path.name} | samtools view -b -o reads.bam -",
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
            # The first error says what is damaged; closing the file after it ends in another one.
            found=error.__context__ or error,
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

"""Aligned reads -> where their 5' ends lie, strand by strand."""

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

from ..intervals.contigs import shared_contigs
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
"""Why a row of a BAM is left out, in the order of asking: the first that holds is counted."""

_BAM_MAGIC = b"BAM\x01"


class FivePrimeEnds(NamedTuple):
    """5' ends of the reads of a BAM.

    Attributes
    ----------
    positions
        By contig of the genome, in its order: 0-based positions of the + and of the − strand, int32 (reads,) each,
        sorted, one entry a read.
    counts
        Table ``reason, rows`` from ``in`` over `REASONS` to ``kept``.
    """

    positions: dict[str, tuple[np.ndarray, np.ndarray]]
    counts: pd.DataFrame


def read_five_prime_ends(
    path: str | Path, sizes: Mapping[str, int], *, minimum_mapping_quality: int, keep_duplicates: bool
) -> FivePrimeEnds:
    """Where the reads of a BAM begin: the leftmost base of a forward read, the rightmost of a reverse one.

    Of a pair, the first mate alone is counted: its 5' end is where the exonuclease stopped (ChIP-exo, ChIP-nexus) or
    the fragment broke. Soft-clipped bases are not part of the alignment. Reads may come in any order, no index is
    needed, and 4 bytes a kept read stand in memory.

    Parameters
    ----------
    path
        BAM.
    sizes
        Length of every contig of the genome.
    minimum_mapping_quality
        Least mapping quality (MAPQ) of a read that is kept.
    keep_duplicates
        Whether reads that are marked as duplicates are kept.

    Raises
    ------
    InputError
        If the file is no BAM, is truncated or damaged, was mapped to another genome, or leaves a strand without reads.
    """
    with _open_bam(Path(path)) as bam:
        lengths = dict(zip(bam.references, bam.lengths, strict=True))
        if not lengths:
            raise _no_reads(path, "no contig in the header: the reads are not aligned")
        contigs = shared_contigs(lengths, sizes, path, "BAM")
        ends = {contig: (array("i"), array("i")) for contig in contigs}
        outcomes = _collect(
            progress(bam.fetch(until_eof=True), description="reads", unit=" reads"),
            # The last is for reads without a contig, whose index is -1.
            [*(ends.get(contig) for contig in bam.references), None],
            minimum_mapping_quality,
            keep_duplicates,
        )
        outcomes["kept"] = sum(len(strand) for strands in ends.values() for strand in strands)
    positions = {contig: (_sorted(plus), _sorted(minus)) for contig, (plus, minus) in ends.items()}
    counts = _count_table(outcomes)
    _require_both_strands(positions, counts, path)
    return FivePrimeEnds(positions, counts)


def _collect(
    reads: Iterable[pysam.AlignedSegment],
    ends: Sequence[tuple[array[int], array[int]] | None],
    minimum_mapping_quality: int,
    keep_duplicates: bool,
) -> Counter[str]:
    """Append the 5' end of every read that is kept to its contig and strand; how many others met which reason."""
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


def _count_table(outcomes: Counter[str]) -> pd.DataFrame:
    rows = [(reason, outcomes[reason]) for reason in (*REASONS, "kept")]
    return pd.DataFrame([("in", outcomes.total()), *rows], columns=["reason", "rows"])


def _require_both_strands(
    positions: dict[str, tuple[np.ndarray, np.ndarray]], counts: pd.DataFrame, path: str | Path
) -> None:
    kept = [sum(len(strands[index]) for strands in positions.values()) for index in (0, 1)]
    if min(kept) == 0:
        outcomes = ", ".join(f"{rows:,} {reason}" for reason, rows in counts.itertuples(index=False) if rows)
        raise _no_reads(path, f"{kept[0]:,} reads on the + strand, {kept[1]:,} on the − strand; {outcomes or 'no row'}")


@contextmanager
def _open_bam(path: Path) -> Iterator[pysam.AlignmentFile]:
    """Open a BAM; whatever is wrong with its bytes, now or while it is read, is an `InputError`."""
    with open_binary(path) as stream:  # refuses a BAM without the block that ends it
        magic = stream.read(len(_BAM_MAGIC))
    if magic != _BAM_MAGIC:
        raise InputError(
            "the file is no BAM",
            file=path,
            found=f"a file that begins with {magic!r}",
            allowed="aligned reads as BAM",
            mend=f"name the right file; SAM and CRAM become BAM by: samtools view -b -o reads.bam {path.name}",
        )
    # htslib would tell on standard error of each BAM that it has no index, which nothing here needs.
    verbosity = pysam.set_verbosity(0)
    try:
        with pysam.AlignmentFile(str(path), "rb", check_sq=False) as bam:
            yield bam
    except (OSError, ValueError) as error:
        raise InputError(
            "the BAM is damaged",
            file=path,
            found=error,
            allowed="a whole BAM",
            mend=f"fetch or make the file again; `samtools quickcheck -v {path.name}` tells whether it is whole",
        ) from None
    finally:
        pysam.set_verbosity(verbosity)


def _no_reads(path: str | Path, found: str) -> InputError:
    return InputError(
        "the BAM leaves a strand without a read",
        file=path,
        found=found,
        allowed="aligned reads on both strands of the genome",
        mend="map the reads to this genome, lower minimum_mapping_quality, or keep duplicates if all are marked so",
    )

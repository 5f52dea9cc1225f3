"""The place of a variant on a genome, which depends neither on how a file writes it nor on the strand."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..genome import Genome


def justified_alleles(genome: Genome, variants: pd.DataFrame) -> pd.DataFrame:
    """The variants with fully justified alleles, as the GA4GH Variation Representation Specification defines them.

    Bases that both alleles begin or end with are left out, such as the first base of an indel in a VCF. A pure
    insertion or deletion can often be written at several places: one A less in AAA is any of three. Its alleles are
    extended over all of these places. So the alleles of a variant on the reverse complement of the genome are the
    reverse complements of its alleles. If nothing is left of an allele, both get the base on either side; beyond a
    contig this is N.

    Parameters
    ----------
    variants
        ``genome_contig, genome_start, reference, alternative`` with bases in capital letters; other columns are kept.
        Alleles of one base stay as they are.
    """
    alleles = [
        (start, reference, alternative)
        if len(reference) == len(alternative) == 1
        else _justified(genome.bases(contig), start, reference, alternative)
        for contig, start, reference, alternative in zip(
            *(variants[name] for name in ("genome_contig", "genome_start", "reference", "alternative")), strict=True
        )
    ]
    starts, references, alternatives = zip(*alleles, strict=True) if alleles else ([], [], [])
    return variants.assign(
        genome_start=pd.array(starts, dtype="int64"), reference=list(references), alternative=list(alternatives)
    )


def _justified(bases: np.ndarray, start: int, reference: str, alternative: str) -> tuple[int, str, str]:
    """Start, reference and alternative of a variant on ``bases``, the letters of its contig, uint8 (length,)."""
    while reference and alternative and reference[-1] == alternative[-1]:
        reference, alternative = reference[:-1], alternative[:-1]
    while reference and alternative and reference[0] == alternative[0]:
        reference, alternative, start = reference[1:], alternative[1:], start + 1
    if reference and alternative:
        return start, reference, alternative
    end, changed = start + len(reference), reference or alternative
    first, last = start, end
    # The same change can be made one base further if the bases that come or go would be the same, in turn.
    while first and chr(bases[first - 1]) == changed[(first - 1 - start) % len(changed)]:
        first -= 1
    while last < len(bases) and chr(bases[last]) == changed[(last - end) % len(changed)]:
        last += 1
    if first == start and last == end:
        return start - 1, *(_base(bases, start - 1) + each + _base(bases, end) for each in (reference, alternative))
    left, right = (bases[part].tobytes().decode("ascii") for part in (slice(first, start), slice(end, last)))
    return first, left + reference + right, left + alternative + right


def _base(bases: np.ndarray, position: int) -> str:
    return chr(bases[position]) if 0 <= position < len(bases) else "N"

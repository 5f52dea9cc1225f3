"""Variants whose alleles disagree with the genome: other positions, another strand, exchanged columns, or build."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from workflow_support.errors import InputError
from workflow_support.job import logger

from ..genome import Genome

_SUSPICIOUS, _WRONG_BUILD = 0.1, 0.5
"""Fractions of variants that disagree with the genome above which to warn, and to refuse."""
_FITS = 0.9
"""Fraction of the variants that must agree with the genome once they are corrected; by chance at most 3/4 do."""
_COMPLEMENT = str.maketrans("ACGT", "TGCA")


class Diagnosis(NamedTuple):
    """The fault of a file of variants, in one clause, and the number of variants that it explains."""

    problem: str
    fix: str
    explained: int


def require_agreement(variants: pd.DataFrame, disagrees: np.ndarray, genome: Genome, file: str | Path) -> None:
    """Warn of variants that disagree with the genome, or refuse them if most do, with the likely reason.

    Parameters
    ----------
    variants
        ``contig, position, line`` and the columns of :func:`diagnose`, with the alleles of the file.
    disagrees
        Whether each disagrees: bool (variants,).

    Raises
    ------
    InputError
        If more than half disagree.
    """
    differing = np.count_nonzero(disagrees)
    if differing <= _SUSPICIOUS * len(variants):
        return
    found = f"{differing:,} of {len(variants):,} variants"
    diagnosis = diagnose(variants, genome)
    if differing <= _WRONG_BUILD * len(variants):
        because = f"; {diagnosis.problem}: {diagnosis.fix}" if diagnosis else ""
        logger.warning(
            "%s: the alleles of %s do not fit the bases of the genome; they are left out%s", file, found, because
        )
        return
    first = variants.iloc[int(np.argmax(disagrees))]
    found += f"; first {first['contig']}:{first['position']}, where an allele disagrees with the genome"
    problem = ", so the file belongs to another genome build"
    fix = "use the genome build of the file, lift the file over, or correct the names under `columns:`"
    if diagnosis:
        problem = f": {diagnosis.problem}"
        found += f"; {diagnosis.explained:,} fit after that correction"
        fix = f"{diagnosis.fix}; if they do not fit then, the file belongs to another genome build"
    raise InputError(
        f"the alleles do not fit the bases of the genome{problem}",
        file=file,
        line=int(first["line"]),
        found=found,
        allowed="1-based positions whose reference allele is the base of this genome",
        fix=fix,
    )


def diagnose(variants: pd.DataFrame, genome: Genome) -> Diagnosis | None:
    """Find the correction after which at least 90 % of the variants agree with the genome, if there is one.

    Parameters
    ----------
    variants
        ``genome_contig, genome_start, reference, alternative, effect_allele``, on contigs of the genome; a reference or
        effect allele may be empty.
    """
    rows = list(
        variants[["genome_contig", "genome_start", "reference", "alternative", "effect_allele"]].itertuples(
            index=False, name=None
        )
    )
    as_given, turned = _agreement(rows, genome), _agreement(rows, genome, change=_turned)
    have_references = np.array([bool(reference) for _, _, reference, _, _ in rows])
    candidates = [
        (
            _agreement(rows, genome, shift=1),
            "most fit one base to the right, so the positions count from 0",
            "add 1 to every position",
        ),
        (
            _agreement(rows, genome, shift=-1),
            "most fit one base to the left, so the positions are one too large",
            "subtract 1 from every position",
        ),
        (
            turned,
            "most fit the other strand, so the alleles are those of the reverse strand",
            "write the complement of every allele (the reverse complement of longer ones)",
        ),
        (
            _agreement(rows, genome, change=_exchanged) & have_references,
            "in most, the alternative is the base of the genome, so the two columns of alleles are exchanged",
            "exchange the columns of reference and alternative, and the sign of effects",
        ),
        (
            (as_given | turned) & have_references,
            "all but a few fit one strand or the other, so the alleles are those of both strands",
            "write all alleles as on the forward strand (arrays: export the strand PLUS, not TOP)",
        ),
    ]
    agrees, problem, fix = max(candidates, key=lambda candidate: np.count_nonzero(candidate[0]))
    if np.count_nonzero(agrees) < _FITS * len(rows):
        return None
    return Diagnosis(problem, fix, np.count_nonzero(agrees))


Alleles = tuple[str, str, str]
"""Reference, alternative and effect allele."""


def _agreement(
    rows: list[tuple], genome: Genome, *, shift: int = 0, change: Callable[[Alleles], Alleles] | None = None
) -> np.ndarray:
    """The variants that agree with the genome after a shift of positions and a change of alleles."""
    agrees = np.zeros(len(rows), dtype=bool)
    for row, (contig, start, *given) in enumerate(rows):
        reference, alternative, of_effect = change(tuple(given)) if change else given
        bases, first = genome.bases(contig), start + shift
        end = first + max(1, len(reference))
        if first < 0 or end > len(bases):
            continue
        there = bases[first:end].tobytes().decode("ascii")
        agrees[row] = reference in ("", there) and alternative != there and of_effect in ("", alternative, there)
    return agrees


def _turned(alleles: Alleles) -> Alleles:
    reference, alternative, of_effect = (allele.translate(_COMPLEMENT)[::-1] for allele in alleles)
    return reference, alternative, of_effect


def _exchanged(alleles: Alleles) -> Alleles:
    return alleles[1], alleles[0], alleles[2]

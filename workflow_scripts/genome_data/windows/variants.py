"""Variants on a genome: their checks, with every variant that is left out counted by its reason, and their windows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from workflow_support.errors import InputError
from workflow_support.job import logger

from ..accounting import KEPT, Accounting, describe_accounting
from ..alphabet import ASCII_TO_CODE
from ..genome import Genome
from ..intervals.contig_names import describe_mismatch
from ..intervals.contigs import report_unknown_contigs, with_genome_names
from ..motifs import Motif
from .variant_diagnosis import require_agreement

REASONS = (
    "no_alternative",
    "spanning_deletion",
    "any_other_allele",
    "symbolic_allele",
    "breakend",
    "dash_for_no_base",
    "several_alleles",
    "unreadable_allele",
    "contig_not_in_genome",
    "position_not_in_genome",
    "longer_than_window",
    "not_a_single_base",
    "ambiguous_base",
    "reference_differs",
    "alternative_is_reference",
    "effect_allele_differs",
    "duplicate",
)
"""Reasons for leaving out a variant, in the order in which they are checked: the first that holds is counted."""
DROPPED_COLUMNS = ["line", "id", "contig", "position", "reference", "alternative"]
_DISAGREEMENTS = ("reference_differs", "alternative_is_reference", "effect_allele_differs")
_ALTERNATIVES = {
    "no_alternative": r"|\.",
    # A deletion further upstream leaves no base here.
    "spanning_deletion": r"\*",
    # Reference blocks of genomic VCFs (GATK, bcftools).
    "any_other_allele": r"<NON_REF>|<\*>|<X>",
    "symbolic_allele": r"<.*>",
    "breakend": r".*[\[\]].*|\.[A-Z]+|[A-Z]+\.",
}
"""Alternatives without bases of their own, in the order in which they are recognised."""
_EITHER_ALLELE = {"dash_for_no_base": r"-+", "several_alleles": r".*[,/|].*", "unreadable_allele": r".*[^A-Z].*"}
"""Reference or alternative alleles that are no bases, in the same order."""
_SHOWN_LINES = 5
_PIECE = re.compile(r"(.+)_(\d+)_(\d+)")


class VariantsOnGenome(NamedTuple):
    """The variants that can be scored, the table of reasons against the others, and those others."""

    kept: pd.DataFrame
    counts: pd.DataFrame
    dropped: pd.DataFrame


def variants_on_genome(variants: pd.DataFrame, genome: Genome, *, width: int, file: str | Path) -> VariantsOnGenome:
    """The variants that can be scored, with their position in the genome and the effect of the alternative allele.

    A contig of the genome that is named ``<contig>_<start>_<end>`` (0-based, half open) and is ``end - start`` bases
    long is a piece of ``<contig>``. Variants on ``<contig>`` are looked up in its pieces, unless ``<contig>`` itself is
    in the genome. If a variant has no reference allele, the base of the genome takes its place.

    Parameters
    ----------
    variants
        Variants as `genome_data.formats.variant_files` reads them.
    width
        Length of a window in bases.
    file
        File of the variants, named by errors.

    Returns
    -------
    kept
        The variants in their order: ``id, contig, position`` (as in the file), ``reference, alternative, effect`` (of
        the alternative), ``p_value``, and ``genome_contig, genome_start``, the 0-based start of the reference allele in
        the genome.
    counts
        ``reason, rows`` (`genome_data.accounting.accounting_table`), where rows are alternative alleles.
    dropped
        ``line, id, contig, position, reference, alternative`` as in the file, and ``reason``.

    Raises
    ------
    InputError
        If no contig is in the genome, if more than half of the variants disagree with it, or if no variant is left.
    """
    variants = variants.reset_index(drop=True)
    placed = _placed(with_genome_names(variants, genome.sizes, file), genome.sizes)
    rows = _check(placed, genome, width)
    counts = rows.table()
    if (placed["genome_contig"] == "").all():
        names = list(dict.fromkeys(variants["contig"]))
        mismatch = describe_mismatch(names, list(genome.sizes))
        raise InputError("no contig of the file is in the genome", file=file, **mismatch)
    unknown = placed["contig"].to_numpy()[placed["genome_contig"] == ""]
    report_unknown_contigs(unknown, len(placed), genome.sizes, file, "alleles")
    disagrees = np.isin(rows.reason, _DISAGREEMENTS)
    is_checked = disagrees | np.isin(rows.reason, [KEPT, "duplicate"])
    require_agreement(placed.assign(reference=variants["reference"])[is_checked], disagrees[is_checked], genome, file)
    kept = placed[rows.is_kept].reset_index(drop=True)
    if kept.empty:
        raise InputError(
            "no variant is left",
            file=file,
            found=describe_accounting(counts),
            allowed="at least one variant that passes every check",
            fix="give variants on the contigs of this genome, with alleles of the bases A, C, G and T",
        )
    is_of_reference = (kept["effect_allele"] != "") & (kept["effect_allele"] == kept["reference"])
    kept["effect"] = kept["effect"].where(~is_of_reference, -kept["effect"])
    dropped = variants[DROPPED_COLUMNS].assign(reason=rows.reason)[~rows.is_kept].reset_index(drop=True)
    _log_lines(dropped, file)
    return VariantsOnGenome(kept.drop(columns=["effect_allele", "line"]), counts, dropped)


def _log_lines(dropped: pd.DataFrame, file: str | Path) -> None:
    """Name the first lines that each reason leaves out."""
    for reason, lines in dropped.groupby("reason", sort=False)["line"]:
        first = ", ".join(map(str, lines[:_SHOWN_LINES])) + (", ..." if len(lines) > _SHOWN_LINES else "")
        logger.info("%s: %s left out for %s: lines %s", file, f"{len(lines):,}", reason, first)


def _placed(variants: pd.DataFrame, sizes: Mapping[str, int]) -> pd.DataFrame:
    """The variants with ``genome_contig`` (empty if unknown) and ``genome_start`` (-1 if it lies on no piece)."""
    pieces = _pieces(sizes)
    places = [
        _place(contig, position - 1, sizes, pieces)
        for contig, position in zip(variants["contig"], variants["position"], strict=True)
    ]
    contigs, starts = zip(*places, strict=True)
    return variants.assign(genome_contig=contigs, genome_start=starts)


def _pieces(sizes: Mapping[str, int]) -> dict[str, list[tuple[str, int, int]]]:
    """Name, start and end of the pieces of each contig that is not itself in the genome."""
    pieces: dict[str, list[tuple[str, int, int]]] = {}
    for name, size in sizes.items():
        match = _PIECE.fullmatch(name)
        if match and match[1] not in sizes and int(match[3]) - int(match[2]) == size:
            pieces.setdefault(match[1], []).append((name, int(match[2]), int(match[3])))
    return pieces


def _place(
    contig: str, start: int, sizes: Mapping[str, int], pieces: Mapping[str, list[tuple[str, int, int]]]
) -> tuple[str, int]:
    if contig in sizes:
        return contig, start if start < sizes[contig] else -1
    if contig not in pieces:
        return "", -1
    inside = ((name, start - first) for name, first, end in pieces[contig] if first <= start < end)
    return next(inside, (pieces[contig][0][0], -1))


def _check(placed: pd.DataFrame, genome: Genome, width: int) -> Accounting:
    """Check each variant; missing reference alleles are filled in from the genome."""
    accounting = Accounting(len(placed), REASONS)
    alternative = placed["alternative"]
    for reason, pattern in _ALTERNATIVES.items():
        accounting.drop(alternative.str.fullmatch(pattern), reason)
    for reason, pattern in _EITHER_ALLELE.items():
        accounting.drop(alternative.str.fullmatch(pattern) | placed["reference"].str.fullmatch(pattern), reason)
    accounting.drop(placed["genome_contig"] == "", "contig_not_in_genome")
    has_none = placed["reference"] == ""
    lengths = placed["reference"].str.len().where(~has_none, 1)
    ends = placed["genome_start"] + lengths
    is_past_end = ends > placed["genome_contig"].map(genome.sizes)
    accounting.drop((placed["genome_start"] < 0) | is_past_end, "position_not_in_genome")
    accounting.drop((lengths > width) | (alternative.str.len() > width), "longer_than_window")
    # Without a reference it is unknown which bases a longer alternative replaces.
    accounting.drop(has_none & (alternative.str.len() != 1), "not_a_single_base")

    rows = np.flatnonzero(accounting.is_kept)
    there = pd.Series("", index=placed.index, dtype="str")
    there.iloc[rows] = [
        genome.bases(contig)[start:end].tobytes().decode("ascii")
        for contig, start, end in zip(
            placed["genome_contig"].iloc[rows], placed["genome_start"].iloc[rows], ends.iloc[rows], strict=True
        )
    ]
    placed["reference"] = placed["reference"].where(~has_none, there)
    alleles = there + placed["reference"] + alternative
    accounting.drop(alleles.str.contains(r"[^ACGT]", regex=True), "ambiguous_base")
    accounting.drop(placed["reference"] != there, "reference_differs")
    accounting.drop(placed["reference"] == alternative, "alternative_is_reference")
    of_effect = placed["effect_allele"]
    is_neither = (of_effect != "") & (of_effect != alternative) & (of_effect != placed["reference"])
    accounting.drop(is_neither, "effect_allele_differs")
    rows = np.flatnonzero(accounting.is_kept)
    repeated = placed.iloc[rows].duplicated(["genome_contig", "genome_start", "reference", "alternative"])
    accounting.drop_of_kept(repeated, "duplicate")
    return accounting


def allele_windows(genome: Genome, variants: pd.DataFrame, allele: str, width: int) -> np.ndarray:
    """Base codes of windows of the genome with an allele in the middle: uint8 (variants, width).

    The middle base of an allele is at ``width // 2``; if the length of the allele is even, this is the right one of the
    two middle bases. So an allele lies exactly in the middle if its length and ``width`` are both even or both odd. Of
    an allele that is longer than the window, only the middle is read. Bases beyond the ends of a contig are N.

    Parameters
    ----------
    variants
        ``genome_contig, genome_start, reference`` and the column of the allele.
    allele
        ``reference`` or ``alternative``.
    """
    windows = np.empty((len(variants), width), dtype=np.uint8)
    lengths, replaced = variants[allele].str.len().to_numpy(), variants["reference"].str.len().to_numpy()
    for length in np.unique(lengths):
        rows = np.flatnonzero(lengths == length)
        contigs = variants["genome_contig"].iloc[rows]
        starts = variants["genome_start"].to_numpy()[rows]
        letters = "".join(variants[allele].iloc[rows]).encode("ascii")
        codes = ASCII_TO_CODE[np.frombuffer(letters, np.uint8)].reshape(-1, length)
        left = width // 2 - length // 2
        right = width - left - length
        if length >= width:
            windows[rows] = codes[:, -left : -left + width]
            continue
        windows[rows, left : left + length] = codes
        if left:
            windows[rows, :left] = genome.codes(contigs, starts - left, left)
        if right:
            windows[rows, left + length :] = genome.codes(contigs, starts + replaced[rows], right)
    return windows


def allele_motif_scores(genome: Genome, variants: pd.DataFrame, allele: str, motif: Motif) -> np.ndarray:
    """Score in bits of the best word on either strand that contains a base of the allele: float64 (variants,).

    ``variants`` and ``allele`` are those of :func:`allele_windows`.
    """
    scores = np.empty(len(variants))
    lengths = variants[allele].str.len().to_numpy()
    for length in np.unique(lengths):
        rows = np.flatnonzero(lengths == length)
        width = int(length) + 2 * (motif.width - 1)
        scores[rows] = motif.best_log_odds_of_words(allele_windows(genome, variants.iloc[rows], allele, width))
    return scores

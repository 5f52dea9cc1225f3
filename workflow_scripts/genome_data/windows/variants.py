"""Variants on a genome: which can be scored, and how many are left out for what reason."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_support.errors import InputError
from workflow_support.job import logger

from ..alphabet import ASCII_TO_CODE
from ..genome import Genome
from ..intervals.contigs import describe_mismatch
from ..motifs import Motif

REASONS = (
    "no_alternative",
    "symbolic_allele",
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
"""Why a variant is left out, in the order of asking: the first that holds is counted."""
_DISAGREEMENTS = ("reference_differs", "alternative_is_reference", "effect_allele_differs")
_SUSPICIOUS, _WRONG_BUILD = 0.1, 0.5
"""Fractions of variants that disagree with the genome, beyond which to warn and to refuse."""
_PIECE = re.compile(r"(.+)_(\d+)_(\d+)")


def variants_on_genome(
    variants: pd.DataFrame, genome: Genome, *, width: int, file: str | Path
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The variants that can be scored, with their place and the effect of the alternative allele.

    A contig of the genome that is named ``<contig>_<start>_<end>`` (0-based, half open) and is ``end - start`` bases
    long is a piece of ``<contig>``: variants on it are found there, unless ``<contig>`` itself is in the genome.
    Where a variant has no reference allele, it is the base of the genome.

    Parameters
    ----------
    variants
        As `genome_data.formats.variant_files` reads them.
    width
        Number of bases of a window.
    file
        What errors name.

    Returns
    -------
    kept, counts
        The variants in their order: ``contig, position`` (as in the file), ``reference, alternative, effect`` (of the
        alternative), ``p_value``, and where the reference allele starts in the genome, ``genome_contig,
        genome_start`` (0-based); ``reason, rows`` from ``in`` (alternative alleles) over the reasons to ``kept``.

    Raises
    ------
    InputError
        If no contig is in the genome, more than half of the variants disagree with it (another build), or none is left.
    """
    placed = _placed(variants.reset_index(drop=True), genome.sizes)
    reason = _reasons(placed, genome, width)
    counts = _counts(reason)
    if (placed["genome_contig"] == "").all():
        names = list(dict.fromkeys(variants["contig"]))
        mismatch = describe_mismatch(names, list(genome.sizes))
        raise InputError("no contig of the file is in the genome", file=file, **mismatch)
    _check_build(placed, reason, file)
    kept = placed[reason == "kept"].reset_index(drop=True)
    if kept.empty:
        raise InputError(
            "no variant is left",
            file=file,
            found=", ".join(f"{rows:,} {why}" for why, rows in counts.itertuples(index=False) if rows),
            allowed="at least one variant that passes every check",
            mend="give variants on the contigs of this genome, with alleles of the bases A, C, G and T",
        )
    is_of_reference = (kept["effect_allele"] != "") & (kept["effect_allele"] == kept["reference"])
    kept["effect"] = kept["effect"].where(~is_of_reference, -kept["effect"])
    return kept.drop(columns=["effect_allele", "line"]), counts


def _placed(variants: pd.DataFrame, sizes: Mapping[str, int]) -> pd.DataFrame:
    """The variants with ``genome_contig`` (empty where unknown) and ``genome_start`` (-1 where it is on no piece)."""
    pieces = _pieces(sizes)
    places = [
        _place(contig, position - 1, sizes, pieces)
        for contig, position in zip(variants["contig"], variants["position"], strict=True)
    ]
    contigs, starts = zip(*places, strict=True)
    return variants.assign(genome_contig=contigs, genome_start=starts)


def _pieces(sizes: Mapping[str, int]) -> dict[str, list[tuple[str, int, int]]]:
    """Name, start and end of the pieces of contigs that are not themselves in the genome."""
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


def _reasons(placed: pd.DataFrame, genome: Genome, width: int) -> np.ndarray:
    """The reason against each variant or ``kept``; also fills in the references that the file does not give."""
    reason = np.full(len(placed), "kept", dtype=object)
    alternative = placed["alternative"]
    _drop(reason, alternative.isin(["", "."]), "no_alternative")
    _drop(reason, alternative.str.contains(r"[^A-Z]", regex=True), "symbolic_allele")
    _drop(reason, placed["genome_contig"] == "", "contig_not_in_genome")
    has_none = placed["reference"] == ""
    lengths = placed["reference"].str.len().where(~has_none, 1)
    ends = placed["genome_start"] + lengths
    is_past_end = ends > placed["genome_contig"].map(genome.sizes)
    _drop(reason, (placed["genome_start"] < 0) | is_past_end, "position_not_in_genome")
    _drop(reason, (lengths > width) | (alternative.str.len() > width), "longer_than_window")
    # Without a reference nobody can say which bases a longer alternative takes the place of.
    _drop(reason, has_none & (alternative.str.len() != 1), "not_a_single_base")

    rows = np.flatnonzero(reason == "kept")
    there = pd.Series("", index=placed.index, dtype="str")
    there.iloc[rows] = [
        genome.bases(contig)[start:end].tobytes().decode("ascii")
        for contig, start, end in zip(
            placed["genome_contig"].iloc[rows], placed["genome_start"].iloc[rows], ends.iloc[rows], strict=True
        )
    ]
    placed["reference"] = placed["reference"].where(~has_none, there)
    alleles = there + placed["reference"] + alternative
    _drop(reason, alleles.str.contains(r"[^ACGT]", regex=True), "ambiguous_base")
    _drop(reason, placed["reference"] != there, "reference_differs")
    _drop(reason, placed["reference"] == alternative, "alternative_is_reference")
    of_effect = placed["effect_allele"]
    is_neither = (of_effect != "") & (of_effect != alternative) & (of_effect != placed["reference"])
    _drop(reason, is_neither, "effect_allele_differs")
    rows = np.flatnonzero(reason == "kept")
    repeated = placed.iloc[rows].duplicated(["genome_contig", "genome_start", "reference", "alternative"])
    reason[rows[repeated.to_numpy()]] = "duplicate"
    return reason


def _drop(reason: np.ndarray, bad: pd.Series, why: str) -> None:
    """Give ``why`` to the bad rows that nothing speaks against yet."""
    reason[bad.to_numpy(dtype=bool) & (reason == "kept")] = why


def _counts(reason: np.ndarray) -> pd.DataFrame:
    rows = [("in", len(reason)), *((why, int(np.sum(reason == why))) for why in (*REASONS, "kept"))]
    assert len(reason) == sum(count for _, count in rows[1:]), "a variant was neither kept nor counted as dropped"
    return pd.DataFrame(rows, columns=["reason", "rows"])


def _check_build(placed: pd.DataFrame, reason: np.ndarray, file: str | Path) -> None:
    disagrees = np.isin(reason, _DISAGREEMENTS)
    checked = np.count_nonzero(disagrees | np.isin(reason, ["kept", "duplicate"]))
    differing = np.count_nonzero(disagrees)
    if differing <= _SUSPICIOUS * checked:
        return
    found = f"{differing:,} of {checked:,} variants"
    if differing <= _WRONG_BUILD * checked:
        logger.warning("%s: the alleles of %s do not fit the bases of the genome; they are left out", file, found)
        return
    first = placed.iloc[int(np.argmax(disagrees))]
    raise InputError(
        "the alleles do not fit the bases of the genome, so the file belongs to another genome build",
        file=file,
        line=int(first["line"]),
        found=f"{found}; first {first['contig']}:{first['position']}, where an allele disagrees with the genome",
        allowed="1-based positions whose reference allele is the base of this genome",
        mend="use the genome build of the file, lift the file over, or correct the names under `columns:`",
    )


def allele_windows(genome: Genome, variants: pd.DataFrame, allele: str, width: int) -> np.ndarray:
    """Base codes of the genome with an allele in the middle of each window: uint8 (variants, width).

    The base in the middle of an allele (of an even number, the right one) is at ``width // 2``: so is that of a single
    base. Bases beyond the ends of a contig are N.

    Parameters
    ----------
    variants
        ``genome_contig, genome_start, reference`` and the column of the allele, none longer than ``width``.
    allele
        ``reference`` or ``alternative``.
    """
    windows = np.empty((len(variants), width), dtype=np.uint8)
    lengths, replaced = variants[allele].str.len().to_numpy(), variants["reference"].str.len().to_numpy()
    for length in np.unique(lengths):
        rows = np.flatnonzero(lengths == length)
        contigs = variants["genome_contig"].iloc[rows]
        starts = variants["genome_start"].to_numpy()[rows]
        left = width // 2 - length // 2
        right = width - left - length
        if left:
            windows[rows, :left] = genome.codes(contigs, starts - left, left)
        letters = "".join(variants[allele].iloc[rows]).encode("ascii")
        windows[rows, left : left + length] = ASCII_TO_CODE[np.frombuffer(letters, np.uint8)].reshape(-1, length)
        if right:
            windows[rows, left + length :] = genome.codes(contigs, starts + replaced[rows], right)
    return windows


def allele_motif_scores(genome: Genome, variants: pd.DataFrame, allele: str, motif: Motif) -> np.ndarray:
    """Bits of the best word on either strand that holds a base of the allele: float64 (variants,).

    ``variants`` and ``allele`` are those of :func:`allele_windows`.
    """
    scores = np.empty(len(variants))
    lengths = variants[allele].str.len().to_numpy()
    for length in np.unique(lengths):
        rows = np.flatnonzero(lengths == length)
        width = int(length) + 2 * (motif.width - 1)
        scores[rows] = motif.best_log_odds_of_words(allele_windows(genome, variants.iloc[rows], allele, width))
    return scores

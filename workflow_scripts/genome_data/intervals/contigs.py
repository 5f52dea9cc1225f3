"""Contigs of a file compared with those of the genome: their names (chr1, 1, NC_000001.11), lengths and order."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_support.errors import InputError
from workflow_support.job import logger

_STYLES = (
    ("UCSC (chr1)", re.compile(r"chr.+", re.IGNORECASE)),
    ("RefSeq (NC_000001.11)", re.compile(r"[NX][CTWZ]_\d+(\.\d+)?")),
    ("GenBank (CM000663.2)", re.compile(r"[A-Z]{1,6}\d{5,}(\.\d+)?")),
    ("Ensembl (1, X, MT)", re.compile(r"\d{1,2}[LR]?|[XYZW4]|MT|[IVX]+|Mito")),
)


def naming_style(names: Sequence[str]) -> str:
    """The naming convention that at least half of the names follow, or ``another style``."""
    counts = {style: sum(bool(pattern.fullmatch(name)) for name in names) for style, pattern in _STYLES}
    best = max(counts, key=counts.__getitem__)
    return best if 2 * counts[best] >= len(names) > 0 else "another style"


def describe_mismatch(found: Sequence[str], genome: Sequence[str]) -> dict[str, str]:
    """Explain contig names that the genome lacks: ``found``, ``allowed`` and ``fix`` of an `InputError`."""
    found_style, genome_style = naming_style(found), naming_style(genome)
    nearest = list(dict.fromkeys(name for each in found[:5] for name in _nearest(each, genome)))[:5]
    if found_style != genome_style:
        fix = f"rename the contigs from the style {found_style} to {genome_style}, or use a genome in the same style"
        if {found_style, genome_style} == {_STYLES[0][0], _STYLES[3][0]}:
            edit = "s/^chr//" if found_style == _STYLES[0][0] else "s/^/chr/"
            fix += f"; for a BED file: sed '{edit}'"
    elif nearest:
        fix = f"did you mean {' or '.join(nearest)}? Otherwise use the genome that has the contig"
    else:
        fix = "use the genome that has the contig, or leave the contig out"
    return {
        "found": f"{_some(found)}, in the style {found_style}",
        "allowed": f"{_some(genome)}, in the style {genome_style}",
        "fix": fix,
    }


def require_known_contig(contigs: Collection[str], genome: Collection[str], file: str | Path) -> None:
    """Refuse a file of regions that can never touch the genome, such as a blacklist of 1, 2, ... for chr1, chr2, ...

    A file in the style of the genome may have no region on its contigs, if the genome is only part of an assembly. The
    log reports this.

    Raises
    ------
    InputError
        If no contig of the file is in the genome and the two use different naming styles.
    """
    names, known = list(dict.fromkeys(contigs)), list(genome)
    if set(names) & set(known):
        return
    if naming_style(names) != naming_style(known):
        raise InputError("no contig of the file is in the genome", file=file, **describe_mismatch(names, known))
    logger.info("%s: no region lies on a contig of the genome", file)


def _nearest(name: str, genome: Sequence[str]) -> list[str]:
    by_core = {re.sub(r"^chr", "", each, flags=re.IGNORECASE).lower(): each for each in genome}
    core = re.sub(r"^chr", "", name, flags=re.IGNORECASE).lower()
    if core in by_core:
        return [by_core[core]]
    return difflib.get_close_matches(name, genome, n=3)


def _some(names: Sequence[str], shown: int = 5) -> str:
    more = f" and {len(names) - shown:,} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more


def shared_contigs(lengths: Mapping[str, int], sizes: Mapping[str, int], file: str | Path, kind: str) -> list[str]:
    """Contigs that a file and the genome share, in genome order.

    Parameters
    ----------
    lengths
        Length of every contig of the file.
    sizes
        Length of every contig of the genome.
    file, kind
        The file and its format, named by errors.

    Raises
    ------
    InputError
        If the file belongs to another genome: no contig is shared, or a shared contig differs in length.
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
            found=f"{contig} of {lengths[contig]:,} bases; {len(wrong):,} such contigs in total",
            allowed=f"{contig} of {sizes[contig]:,} bases, as in this genome",
            fix=f"use the {kind} for the build of this genome, or make it again from reads mapped to this genome",
        )
    return shared


def on_genome(intervals: pd.DataFrame, sizes: Mapping[str, int], file: str | Path) -> np.ndarray:
    """Test whether each interval lies on a contig of the genome: bool (intervals,).

    Parameters
    ----------
    intervals
        ``contig, start, end, line``.
    sizes
        Length of every contig of the genome.
    file
        The file, named by errors.

    Raises
    ------
    InputError
        If no interval does (for example because of another naming style), or if one ends past its contig (another
        genome build).
    """
    lengths = intervals["contig"].map(sizes).to_numpy(dtype=float)
    is_known = ~np.isnan(lengths)
    if not is_known.any():
        names = list(dict.fromkeys(intervals["contig"]))
        raise InputError("no contig of the file is in the genome", file=file, **describe_mismatch(names, list(sizes)))
    past_end = is_known & (intervals["end"].to_numpy() > np.where(is_known, lengths, 0))
    if past_end.any():
        first = intervals.iloc[int(np.argmax(past_end))]
        raise InputError(
            "an interval ends past its contig, so the file belongs to another genome build",
            file=file,
            line=int(first["line"]),
            found=f"{first['contig']}:{first['start']}-{first['end']}; {np.count_nonzero(past_end):,} such in total",
            allowed=f"0 to {sizes[first['contig']]}, the length of {first['contig']} in this genome",
            fix="use the genome build of the file, or lift the file over to this one",
        )
    return is_known


def in_genome_order(intervals: pd.DataFrame, sizes: Mapping[str, int]) -> pd.DataFrame:
    """Sort by contig (in the order of the genome), start and end; equal rows keep their order."""
    rank = pd.Index(list(sizes)).get_indexer(intervals["contig"])
    order = np.lexsort((intervals["end"], intervals["start"], rank))
    return intervals.iloc[order].reset_index(drop=True)

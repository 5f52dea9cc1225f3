"""Splits: the regions of a genome for training, validation and testing, and the split that holds each window."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from workflow_support.errors import InputError
from workflow_support.job import logger

from .. import SPLITS
from ..folds import fold_name
from .builds import alternative_contigs
from .contig_names import ContigSizes, describe_mismatch, listed
from .folds import dealt_folds
from .overlaps import COORDINATES, merge, overlapping, subtract

STRADDLING, OUTSIDE = "straddling", "outside"
"""Instead of a split: a window that lies in a region only in part, and one that touches none."""

_ALLOWED_REGION = "a contig (chr21), or a region of it, 1-based with both ends included (chr21:30,000,000-48,129,895)"
_RANGE = re.compile(r"([0-9][0-9,]*)-([0-9][0-9,]*)")


class Region(NamedTuple):
    """A region, 0-based and half open."""

    contig: str
    start: int
    end: int


def parse_region(text: str, sizes: Mapping[str, int]) -> Region:
    """Read a region in the notation of samtools and genome browsers.

    Parameters
    ----------
    text
        A contig, or ``contig:first-last`` (1-based, both ends included; numbers may contain commas).
    sizes
        Length of every contig of the genome.

    Raises
    ------
    InputError
        If the genome lacks the contig, or if the range is malformed, backwards or past the end of the contig.
    """
    text, known = str(text).strip(), ContigSizes.of(sizes)
    # Names of contigs may contain colons (HLA-A*01:01:01:01), so the whole text is tried as a name first.
    if (contig := known.contig(text)) in sizes:
        return Region(contig, 0, sizes[contig])
    contig, colon, positions = text.rpartition(":")
    contig = known.contig(contig)
    if not colon or (contig not in sizes and not _RANGE.fullmatch(positions)):
        contig, positions = text, ""
    if contig not in sizes:
        raise InputError("a region lies on a contig that the genome lacks", **describe_mismatch([contig], list(sizes)))
    match = _RANGE.fullmatch(positions)
    if not match:
        raise InputError(
            "a region cannot be read",
            found=text,
            allowed=_ALLOWED_REGION,
            fix="write the range as first-last in whole numbers",
        )
    first, last = (int(number.replace(",", "")) for number in match.groups())
    if not 1 <= first <= last:
        raise InputError(
            "a region is empty or starts before the first base",
            found=text,
            allowed=_ALLOWED_REGION,
            fix="write the smaller position first; the first base of a contig is 1",
        )
    if last > sizes[contig]:
        raise InputError(
            "a region ends past its contig",
            found=text,
            allowed=f"positions 1 to {sizes[contig]:,} on {contig}",
            fix="end the region at the end of its contig, or use the genome build that it was written for",
        )
    return Region(contig, first - 1, last)


def split_regions(splits: Mapping[str, Any], sizes: Mapping[str, int]) -> pd.DataFrame:
    """The disjoint regions of the configured splits, or of the folds.

    Parameters
    ----------
    splits
        Lists of regions: ``validation``, ``test``, optionally ``train`` (default: the rest of the genome without the
        contigs that repeat it, `genome_data.intervals.builds.alternative_contigs`) and ``exclude`` (regions to be cut
        out of all three splits). In place of the first three, ``folds``: a list of regions for each fold, or the number
        of folds into which the genome is dealt (`genome_data.intervals.folds`), without the contigs that repeat it.
    sizes
        Length of every contig of the genome.

    Returns
    -------
    pandas.DataFrame
        ``contig, start, end, split`` in genome order; regions of one split that touch are merged.

    Raises
    ------
    InputError
        If a region cannot be read or does not lie on the genome, if two splits overlap, or if a split is empty.
    """
    excluded = _regions("exclude", splits.get("exclude") or [], sizes)
    regions = _folds(splits["folds"], excluded, sizes) if "folds" in splits else _three(splits, excluded, sizes)
    for first, second in combinations(regions, 2):
        _refuse_overlap(first, regions[first], second, regions[second])
    parts = []
    for name, of_split in regions.items():
        part = subtract(of_split, excluded)
        if part.empty:
            raise InputError(
                f"the split `{name}` holds no base of the genome",
                found=f"{name}: {splits.get(name) or 'what the other splits leave of the genome'}",
                allowed=f"at least one region in each of {', '.join(regions)}",
                fix="give it a contig or region under splits, or exclude less",
            )
        parts.append(part.assign(split=name))
    joined = pd.concat(parts, ignore_index=True)
    rank = pd.Index(list(sizes)).get_indexer(joined["contig"])
    return joined.iloc[np.lexsort((joined["start"], rank))].reset_index(drop=True)


def _three(
    splits: Mapping[str, Sequence[str] | None], excluded: pd.DataFrame, sizes: Mapping[str, int]
) -> dict[str, pd.DataFrame]:
    """The regions of training, validation and test."""
    regions = {name: _regions(name, splits.get(name) or [], sizes) for name in SPLITS}
    if not splits.get("train"):
        genome = _genome_without_copies((*regions.values(), excluded), sizes)
        regions["train"] = subtract(genome, regions["validation"], regions["test"], excluded)
    return regions


def _folds(
    folds: int | Sequence[Sequence[str]], excluded: pd.DataFrame, sizes: Mapping[str, int]
) -> dict[str, pd.DataFrame]:
    """The regions of each fold: those that are given, or those into which the genome is dealt."""
    if not isinstance(folds, int):
        return {fold_name(fold): _regions(fold_name(fold), given, sizes) for fold, given in enumerate(folds, start=1)}
    dealt = dealt_folds(subtract(_genome_without_copies([excluded], sizes), excluded), folds)
    return {name: dealt.loc[dealt["split"] == name, COORDINATES] for name in map(fold_name, range(1, folds + 1))}


def assign_split(windows: pd.DataFrame, regions: pd.DataFrame) -> np.ndarray:
    """The split of each window: that of the region that contains the whole window.

    Parameters
    ----------
    windows
        Rows with ``contig, start, end``.
    regions
        Disjoint regions, as :func:`split_regions` returns them.

    Returns
    -------
    numpy.ndarray
        object (windows,): ``train``, ``validation``, ``test``, ``straddling`` (the window lies in a region only in
        part) or ``outside``.
    """
    contigs = pd.Index(regions["contig"].unique())
    rank = contigs.get_indexer(regions["contig"])
    order = np.lexsort((regions["start"], rank))
    rank = rank[order]
    starts, ends, names = (regions[column].to_numpy()[order] for column in ("start", "end", "split"))

    window_rank = contigs.get_indexer(windows["contig"])
    window_starts, window_ends = windows["start"].to_numpy(), windows["end"].to_numpy()
    # Only the last region that begins before the end of a window can contain the window, and if any region touches the
    # window, this one does.
    last = np.searchsorted(_genome_key(rank, starts), _genome_key(window_rank, window_ends), side="left") - 1
    touches = (last >= 0) & (rank[last] == window_rank) & (ends[last] > window_starts)
    inside = touches & (starts[last] <= window_starts) & (window_ends <= ends[last])
    return np.where(inside, names[last], np.where(touches, STRADDLING, OUTSIDE)).astype(object)


def _regions(name: str, texts: Sequence[str], sizes: Mapping[str, int]) -> pd.DataFrame:
    regions = []
    for text in texts:
        try:
            regions.append(parse_region(text, sizes))
        except InputError as error:
            raise InputError(
                f"splits: {name}: {error.problem}", found=error.found, allowed=error.allowed, fix=error.fix
            ) from None
    return merge(_frame(regions))


def _genome_without_copies(given: Sequence[pd.DataFrame], sizes: Mapping[str, int]) -> pd.DataFrame:
    """All contigs but those that repeat others, which the log names. Contigs of ``given`` regions are not repeats."""
    named = {contig for table in given for contig in table["contig"]}
    copies = [contig for contig in alternative_contigs(sizes) if contig not in named]
    if copies:
        logger.warning(
            "contigs left out of training, because alternative, unplaced and decoy contigs repeat parts of others: %d "
            "(%s); to use them, list all contigs for training under splits: train:, or for folds under splits: folds:",
            len(copies),
            listed(copies),
        )
    return _frame([(contig, 0, length) for contig, length in sizes.items() if contig not in copies])


def _frame(regions: Sequence[tuple[str, int, int]]) -> pd.DataFrame:
    return pd.DataFrame(regions, columns=COORDINATES).astype({"contig": "str", "start": np.int64, "end": np.int64})


def _refuse_overlap(first: str, regions: pd.DataFrame, second: str, others: pd.DataFrame) -> None:
    shared = regions[overlapping(regions, others)]
    if len(shared):
        contig, start, end = shared.iloc[0][COORDINATES]
        raise InputError(
            f"the splits `{first}` and `{second}` overlap",
            found=f"{contig}:{start + 1:,}-{end:,} under {first} shares bases with {second}",
            allowed="regions that share no base",
            fix=f"give each region to one split ({first} or {second}); without `train:`, it has what others leave",
        )


def _genome_key(contig: np.ndarray, position: np.ndarray) -> np.ndarray:
    """One integer per position on a numbered contig, in genome order."""
    return (contig.astype(np.int64) << 40) + position

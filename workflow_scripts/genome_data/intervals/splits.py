"""Regions of the genome for training, validation and testing, and the split that each window belongs to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from workflow_support.errors import InputError

from .checks import COORDINATES, merge, overlapping, subtract
from .regions import parse_region

SPLITS = ("train", "validation", "test")
STRADDLING, OUTSIDE = "straddling", "outside"


def split_regions(splits: Mapping[str, Sequence[str] | None], sizes: Mapping[str, int]) -> pd.DataFrame:
    """Turn the configured splits into disjoint regions.

    Parameters
    ----------
    splits
        Lists of regions under ``validation``, ``test``, and optionally ``train`` (default: all the rest) and
        ``exclude`` (regions that belong to no split, cut out of all three).
    sizes
        Length of every contig of the genome.

    Returns
    -------
    pandas.DataFrame
        ``contig, start, end, split``, disjoint, in the order of the genome; touching regions of a split are one.

    Raises
    ------
    InputError
        If a region cannot be read or lies outside of the genome, if two splits overlap, or if one is empty.
    """
    regions = {name: _regions(name, splits.get(name) or [], sizes) for name in (*SPLITS, "exclude")}
    if not splits.get("train"):
        genome = _frame([(contig, 0, length) for contig, length in sizes.items()])
        regions["train"] = subtract(genome, *(regions[name] for name in ("validation", "test", "exclude")))
    for first, second in (("train", "validation"), ("train", "test"), ("validation", "test")):
        _refuse_overlap(first, regions[first], second, regions[second])
    parts = []
    for name in SPLITS:
        part = subtract(regions[name], regions["exclude"])
        if part.empty:
            raise InputError(
                f"the split `{name}` holds no base of the genome",
                found=f"{name}: {splits.get(name) or 'everything that the other splits leave'}",
                allowed="at least one region in each of train, validation and test",
                mend=f"name a contig or region under splits: {name}:, or exclude less",
            )
        parts.append(part.assign(split=name))
    joined = pd.concat(parts, ignore_index=True)
    rank = pd.Index(list(sizes)).get_indexer(joined["contig"])
    return joined.iloc[np.lexsort((joined["start"], rank))].reset_index(drop=True)


def assign_split(windows: pd.DataFrame, regions: pd.DataFrame) -> np.ndarray:
    """The split whose region holds each window whole.

    Parameters
    ----------
    windows
        Rows with ``contig, start, end``.
    regions
        Disjoint regions, as :func:`split_regions` gives them.

    Returns
    -------
    numpy.ndarray
        One of ``train, validation, test, straddling`` (touches a region without lying inside it) and ``outside``.
    """
    contigs = pd.Index(regions["contig"].unique())
    rank = contigs.get_indexer(regions["contig"])
    order = np.lexsort((regions["start"], rank))
    rank = rank[order]
    starts, ends, names = (regions[column].to_numpy()[order] for column in ("start", "end", "split"))

    window_rank = contigs.get_indexer(windows["contig"])
    window_starts, window_ends = windows["start"].to_numpy(), windows["end"].to_numpy()
    # The last region that begins before a window's end is the only one that can hold the window, and the one that
    # touches it if any does.
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
                f"splits: {name}: {error.problem}", found=error.found, allowed=error.allowed, mend=error.mend
            ) from None
    return merge(_frame(regions))


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
            mend=f"give each region to one split; without `train:` it is all that the others leave ({first}, {second})",
        )


def _genome_key(contig: np.ndarray, position: np.ndarray) -> np.ndarray:
    """One sortable integer for a position on a numbered contig."""
    return (contig.astype(np.int64) << 40) + position

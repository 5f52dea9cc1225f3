"""Named stretches of a genome that are to be scored: regions of a BED file, or whole contigs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_support.errors import InputError
from workflow_support.job import logger

from ..formats.bed import BedFile, bed_intervals, interval_names
from ..windows.table import in_genome_order
from .contigs import describe_mismatch, on_genome

COLUMNS = ["contig", "start", "end", "name"]


def regions_on_genome(file: str | Path, sizes: Mapping[str, int]) -> pd.DataFrame:
    """Regions of a BED file on contigs of the genome, in genome order: ``contig, start, end, name``.

    The name is column 4, and ``contig:start-end`` as in the file where there is none. Regions on other contigs are
    left out and counted in the log.

    Raises
    ------
    InputError
        If no region is on the genome, or if one ends past its contig.
    """
    bed = BedFile(file)
    regions = bed_intervals(bed)
    known = on_genome(regions, sizes, file)
    if not known.all():
        logger.info("%s: left out %d regions on contigs that the genome lacks.", file, np.count_nonzero(~known))
    places = [f"{contig}:{start}-{end}" for contig, start, end, _ in regions.itertuples(index=False)]
    named = regions.assign(name=interval_names(bed, otherwise=places))
    return in_genome_order(named.loc[known, COLUMNS], sizes)


def whole_contigs(contigs: Sequence[str] | None, sizes: Mapping[str, int]) -> pd.DataFrame:
    """The named contigs, or all where None, in genome order: ``contig, start, end, name``, the name being the contig's.

    Raises
    ------
    InputError
        If the genome lacks a contig.
    """
    absent = [name for name in contigs or [] if name not in sizes]
    if absent:
        raise InputError("the genome lacks a contig to be scored", **describe_mismatch(absent, list(sizes)))
    chosen = [name for name in sizes if contigs is None or name in contigs]
    return pd.DataFrame({"contig": chosen, "start": 0, "end": [sizes[name] for name in chosen], "name": chosen})


@dataclass(frozen=True)
class Tiles:
    """Tiles of the stretches of one contig, sorted by start, and the window that is scored for each.

    All arrays are int64 (tiles,); positions are 0-based and half open. ``stretches`` numbers the stretch that a tile
    was cut from. Windows may reach beyond either end of the contig.
    """

    stretches: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    window_starts: np.ndarray

    def blocks(self, size: int) -> Iterator[Tiles]:
        """The same tiles, ``size`` at a time."""
        for first in range(0, len(self.starts), size):
            yield self.take(slice(first, first + size))

    def take(self, rows: slice | np.ndarray) -> Tiles:
        """Some of the tiles."""
        return Tiles(self.stretches[rows], self.starts[rows], self.ends[rows], self.window_starts[rows])


def count_tiles(starts: np.ndarray, ends: np.ndarray, window: int, stride: int) -> np.ndarray:
    """Number of tiles that :func:`tile` cuts from each stretch, (stretches,)."""
    return np.where(ends - starts <= window, 1, -(-(ends - starts) // stride))


def tile(starts: np.ndarray, ends: np.ndarray, window: int, stride: int) -> Tiles:
    """Tile stretches of one contig, each by itself: tiles overlap where stretches do.

    A stretch is cut into tiles of ``stride`` bases from its start, the last one being what is left. A stretch no
    longer than the window has a single tile, of at most ``stride`` bases round its centre: a sequence as long as the
    window is scored as it stands.

    Parameters
    ----------
    starts, ends
        0-based and half open, (stretches,).
    window, stride
        Bases.
    """
    single = ends - starts <= window
    counts = count_tiles(starts, ends, window, stride)
    stretch = np.repeat(np.arange(len(starts)), counts)
    step = np.arange(len(stretch)) - np.repeat(np.cumsum(counts) - counts, counts)

    stretch_centres = (starts + ends) // 2
    first_tiles = np.where(single, np.maximum(starts, stretch_centres - stride // 2), starts)
    tile_starts = first_tiles[stretch] + step * stride
    tile_ends = np.minimum(tile_starts + stride, ends[stretch])
    centres = np.where(single[stretch], stretch_centres[stretch], (tile_starts + tile_ends) // 2)
    tiles = Tiles(stretch, tile_starts, tile_ends, centres - window // 2)
    return tiles.take(np.argsort(tile_starts, kind="stable"))

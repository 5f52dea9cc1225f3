"""Regions that are to be scored, cut into tiles, and the windows of a genome that are read for the tiles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_support.errors import InputError
from workflow_support.job import logger, progress

from ..alphabet import UNKNOWN
from ..formats.bed import IntervalFile
from ..genome import Genome
from .contig_names import ContigSizes, describe_mismatch
from .contigs import in_genome_order, place

NAMED_REGION_COLUMNS = ["contig", "start", "end", "name"]


def regions_on_genome(file: str | Path, sizes: Mapping[str, int]) -> pd.DataFrame:
    """Read the regions of a table that lie on the genome, in genome order: ``contig, start, end, name``.

    A region without a name in the file is named ``contig:start-end``, 0-based and half open as in BED. Regions on other
    contigs and regions that end past their contig are left out, and the log counts them.

    Raises
    ------
    InputError
        If no region lies on the genome, or if most end past their contig.
    """
    table = IntervalFile(file)
    regions = table.intervals
    places = [f"{contig}:{start}-{end}" for contig, start, end, _ in regions.itertuples(index=False)]
    placed = place(regions.assign(name=table.names(otherwise=places)), sizes, file, "regions")
    if not placed.is_inside.any():
        raise InputError(
            "no region lies on the genome",
            file=file,
            found=f"{len(regions):,} regions on other contigs, or past the end of theirs",
            allowed="at least one region on a contig of the genome",
            fix="give regions of this genome build",
        )
    return in_genome_order(placed.intervals.loc[placed.is_inside, NAMED_REGION_COLUMNS], sizes)


def whole_contigs(contigs: Sequence[str] | None, sizes: Mapping[str, int]) -> pd.DataFrame:
    """Regions that each cover a contig and have its name, in genome order: ``contig, start, end, name``.

    ``None`` stands for all contigs.

    Raises
    ------
    InputError
        If the genome lacks a contig.
    """
    wanted = [ContigSizes.of(sizes).contig(name) for name in contigs or []]
    absent = [name for name in wanted if name not in sizes]
    if absent:
        raise InputError("the genome lacks a contig to be scored", **describe_mismatch(absent, list(sizes)))
    chosen = [name for name in sizes if contigs is None or name in wanted]
    return pd.DataFrame({"contig": chosen, "start": 0, "end": [sizes[name] for name in chosen], "name": chosen})


@dataclass(frozen=True)
class Tiles:
    """Tiles of the regions of one contig, sorted by start, and the window or windows that are scored for each.

    All arrays are (tiles,), and int64 unless said otherwise; positions are 0-based and half open. Windows may reach
    beyond either end of the contig.

    Attributes
    ----------
    regions
        Index of the region that each tile was cut from.
    starts, ends
        Positions of the tiles.
    window_starts
        Starts of the windows.
    has_two_windows
        Bool: True where no window has its middle at that of the tile, because one has an even and the other an odd
        number of bases. The tile then has the window at ``window_starts`` and that one base further, and its score is
        the mean of both. So a tile has the same windows on either strand.
    """

    regions: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    window_starts: np.ndarray
    has_two_windows: np.ndarray

    def blocks(self, size: int) -> Iterator[Tiles]:
        """Yield the tiles, ``size`` at a time."""
        for first in range(0, len(self.starts), size):
            yield self.take(slice(first, first + size))

    def take(self, rows: slice | np.ndarray) -> Tiles:
        """Some of the tiles."""
        return Tiles(*(getattr(self, each.name)[rows] for each in fields(self)))


def count_tiles(starts: np.ndarray, ends: np.ndarray, window: int, stride: int) -> np.ndarray:
    """Number of tiles that :func:`tile` cuts from each region: (regions,)."""
    return np.where(ends - starts <= window, 1, -(-(ends - starts) // stride))


def tile(starts: np.ndarray, ends: np.ndarray, window: int, stride: int) -> Tiles:
    """Cut each region of one contig into tiles; tiles of regions that overlap overlap as well.

    A region is cut into tiles of ``stride`` bases from its start, and the last tile is what remains. A region no longer
    than the window has a single tile around its centre, so that a sequence of the window's length is scored as a whole.
    This tile has at most ``stride`` bases, or one less if only then it has the centre of the region.

    Parameters
    ----------
    starts, ends
        Regions, 0-based and half open: (regions,).
    window, stride
        Length of a window and of a tile, in bases.
    """
    single = ends - starts <= window
    counts = count_tiles(starts, ends, window, stride)
    region = np.repeat(np.arange(len(starts)), counts)
    step = np.arange(len(region)) - np.repeat(np.cumsum(counts) - counts, counts)

    lengths = ends - starts
    # Of an even region, a tile of one base is the right one of the two in the middle.
    short = np.minimum(lengths, np.maximum(stride - (lengths - stride) % 2, 1))
    first_tiles = np.where(single, starts + (lengths - short + 1) // 2, starts)
    tile_starts = first_tiles[region] + step * stride
    tile_ends = np.where(single[region], (first_tiles + short)[region], np.minimum(tile_starts + stride, ends[region]))
    centred_starts = np.where(single[region], starts[region], tile_starts)
    centred_ends = np.where(single[region], ends[region], tile_ends)
    # The bases of a window outside of what it is centred on; negative if it is shorter.
    outside = window - (centred_ends - centred_starts)
    tiles = Tiles(region, tile_starts, tile_ends, centred_starts - (outside + 1) // 2, outside % 2 == 1)
    return tiles.take(np.argsort(tile_starts, kind="stable"))


@dataclass(frozen=True)
class TileBlock:
    """A few tiles of one contig, the names of their regions, and base codes.

    ``codes`` have the shape (tiles, bases read + 1): the last base is that of the second window, for tiles with two.
    """

    contig: str
    names: np.ndarray
    tiles: Tiles
    codes: np.ndarray

    def by_windows(self) -> Iterator[tuple[bool, np.ndarray, np.ndarray]]:
        """Yield the tiles with one window, then those with two, if there are any.

        An item says whether the tiles have two windows, and has their rows and the base codes to read.
        """
        for has_two in (False, True):
            rows = np.flatnonzero(self.tiles.has_two_windows == has_two)
            if rows.size:
                yield has_two, rows, self.codes[rows, : self.codes.shape[1] - (not has_two)]


class TiledGenome:
    """The regions of a BED file, or whole contigs, cut into tiles whose sequence is read block by block.

    Parameters
    ----------
    fasta
        Normalised genome.
    regions
        BED file. ``None``: whole contigs.
    contigs
        Contigs to score if there are no regions. ``None``: all.
    window, stride
        See :func:`tile`.
    margin
        Bases to read on either side of each window.

    Raises
    ------
    InputError
        If the genome lacks a contig, or if the regions do not lie on it.
    """

    def __init__(
        self,
        fasta: Path,
        regions: Path | None,
        contigs: Sequence[str] | None,
        *,
        window: int,
        stride: int,
        margin: int = 0,
    ) -> None:
        self._fasta, self._genome = fasta, Genome(fasta)
        self._regions = regions_on_genome(regions, self.sizes) if regions else whole_contigs(contigs, self.sizes)
        self._window, self._stride, self._margin = window, stride, margin

    @property
    def sizes(self) -> dict[str, int]:
        """Length of every contig of the genome; blocks come in this order."""
        return self._genome.sizes

    def known_blocks(self, size: int) -> Iterator[TileBlock]:
        """Yield the tiles for which a known base is read, at most ``size`` at a time, sorted by start.

        The log counts the other tiles.

        Raises
        ------
        InputError
            At the end, if no base that was read is known.
        """
        starts, ends = (self._regions[name].to_numpy() for name in ("start", "end"))
        counts = pd.Series(count_tiles(starts, ends, self._window, self._stride))
        blocks = -(-counts.groupby(self._regions["contig"].to_numpy()).sum() // size)
        known = 0
        for block in progress(
            self._known_blocks(size), description="predicting", unit=" blocks", total=int(blocks.sum())
        ):
            known += len(block.codes)
            if len(block.codes):
                yield block
        if known == 0:
            raise InputError(
                "nothing to score: every window consists of unknown bases",
                file=self._fasta,
                found=f"{counts.sum():,} windows without an A, C, G or T",
                allowed="regions, sequences or contigs with known bases",
                fix="choose other regions, sequences or contigs under predict: in the configuration",
            )
        if unknown := counts.sum() - known:
            logger.info("Left out %d windows that consist of unknown bases.", unknown)

    def _known_blocks(self, size: int) -> Iterator[TileBlock]:
        for contig, rows in self._regions.groupby("contig", sort=False):
            tiles = tile(rows["start"].to_numpy(), rows["end"].to_numpy(), self._window, self._stride)
            names = rows["name"].to_numpy()
            for block in tiles.blocks(size):
                first_bases = block.window_starts - self._margin
                read = self._window + 2 * self._margin
                codes = self._genome.codes([contig] * len(first_bases), first_bases, read + 1)
                last_is_known = (codes[:, -1] != UNKNOWN) & block.has_two_windows
                known = (codes[:, :-1] != UNKNOWN).any(axis=1) | last_is_known
                yield TileBlock(contig, names[block.regions[known]], block.take(known), codes[known])

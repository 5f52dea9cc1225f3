"""A genome read tile by tile: what predictions read of regions, sequences or whole contigs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_support.errors import InputError
from workflow_support.job import logger, progress

from ..alphabet import UNKNOWN
from ..genome import Genome
from .tiles import Tiles, count_tiles, regions_on_genome, tile, whole_contigs


@dataclass(frozen=True)
class TileBlock:
    """A few tiles of one contig, the names of the stretches they are from, and base codes (tiles, bases read)."""

    contig: str
    names: np.ndarray
    tiles: Tiles
    codes: np.ndarray


class TiledGenome:
    """The regions of a BED file, or contigs, cut into tiles.

    Parameters
    ----------
    fasta
        Normalised genome.
    regions
        BED file. ``None``: whole contigs.
    contigs
        Those to take where there are no regions. ``None``: all.
    window, stride
        As in :func:`genome_data.intervals.tiles.tile`.
    margin
        Bases that are read on either side of each window.

    Raises
    ------
    InputError
        Where the genome lacks what is asked for.
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
        self._stretches = regions_on_genome(regions, self.sizes) if regions else whole_contigs(contigs, self.sizes)
        self._window, self._stride, self._margin = window, stride, margin

    @property
    def sizes(self) -> dict[str, int]:
        """Length of every contig of the genome; blocks come in this order."""
        return self._genome.sizes

    def known_blocks(self, size: int) -> Iterator[TileBlock]:
        """All tiles for which a known base is read, at most ``size`` at a time, sorted by start; the log counts others.

        Raises
        ------
        InputError
            At the end, if no base that was read is known.
        """
        starts, ends = (self._stretches[name].to_numpy() for name in ("start", "end"))
        counts = pd.Series(count_tiles(starts, ends, self._window, self._stride))
        blocks = -(-counts.groupby(self._stretches["contig"].to_numpy()).sum() // size)
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
                mend="choose other regions, sequences or contigs under predict: in the configuration",
            )
        if unknown := counts.sum() - known:
            logger.info("Left out %d windows that consist of unknown bases.", unknown)

    def _known_blocks(self, size: int) -> Iterator[TileBlock]:
        for contig, rows in self._stretches.groupby("contig", sort=False):
            tiles = tile(rows["start"].to_numpy(), rows["end"].to_numpy(), self._window, self._stride)
            names = rows["name"].to_numpy()
            for block in tiles.blocks(size):
                first_bases = block.window_starts - self._margin
                codes = self._genome.codes([contig] * len(first_bases), first_bases, self._window + 2 * self._margin)
                known = (codes != UNKNOWN).any(axis=1)
                yield TileBlock(contig, names[block.stretches[known]], block.take(known), codes[known])

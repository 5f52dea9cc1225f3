"""Windows for scoring stretches of a contig: one for each tile of a regular grid, centred on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np


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

"""Windows for scoring stretches of a contig: one for each tile of a regular grid, centred on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Tiles:
    """Disjoint tiles of one contig in ascending order, and the window that is scored for each.

    All arrays are int64 (tiles,), 0-based and half open; windows may reach beyond either end of the contig.
    """

    starts: np.ndarray
    ends: np.ndarray
    window_starts: np.ndarray

    def blocks(self, size: int) -> Iterator[Tiles]:
        """The same tiles, ``size`` at a time."""
        for first in range(0, len(self.starts), size):
            rows = slice(first, first + size)
            yield Tiles(self.starts[rows], self.ends[rows], self.window_starts[rows])


def count_tiles(starts: np.ndarray, ends: np.ndarray, window: int, stride: int) -> np.ndarray:
    """Number of tiles that :func:`tile` cuts from each region, (regions,)."""
    return np.where(ends - starts <= window, 1, -(-(ends - starts) // stride))


def tile(starts: np.ndarray, ends: np.ndarray, window: int, stride: int) -> Tiles:
    """Tile disjoint regions of one contig.

    A region is cut into tiles of ``stride`` bases from its start, the last one being what is left. A region no
    longer than the window has a single tile, of at most ``stride`` bases round its centre: a sequence as long as the
    window is scored as it stands.

    Parameters
    ----------
    starts, ends
        Regions in ascending order, (regions,).
    window, stride
        Bases.
    """
    single = ends - starts <= window
    counts = count_tiles(starts, ends, window, stride)
    region = np.repeat(np.arange(len(starts)), counts)
    step = np.arange(len(region)) - np.repeat(np.cumsum(counts) - counts, counts)

    region_centres = (starts + ends) // 2
    first_tiles = np.where(single, np.maximum(starts, region_centres - stride // 2), starts)
    tile_starts = first_tiles[region] + step * stride
    tile_ends = np.minimum(tile_starts + stride, ends[region])
    centres = np.where(single[region], region_centres[region], (tile_starts + tile_ends) // 2)
    return Tiles(tile_starts, tile_ends, centres - window // 2)

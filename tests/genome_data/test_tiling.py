"""Tiles cover what is to be scored once, and every window is centred on its tile."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from genome_data.intervals.tiles import tile


def tiles_of(regions, window, stride):
    starts, ends = np.array(regions, dtype=np.int64).T
    tiles = tile(starts, ends, window, stride)
    return list(zip(tiles.starts.tolist(), tiles.ends.tolist(), tiles.window_starts.tolist(), strict=True))


def test_a_region_is_cut_from_its_start():
    assert tiles_of([(1000, 1250)], window=200, stride=100) == [
        (1000, 1100, 950),
        (1100, 1200, 1050),
        (1200, 1250, 1125),
    ]


def test_a_short_region_has_one_window_on_its_centre():
    assert tiles_of([(1000, 1150)], window=200, stride=50) == [(1050, 1100, 975)]
    assert tiles_of([(1000, 1011)], window=200, stride=50) == [(1000, 1011, 905)]


def test_a_region_of_a_window_is_scored_as_it_stands():
    assert tiles_of([(1000, 1200)], window=200, stride=100) == [(1050, 1150, 1000)]
    assert tiles_of([(0, 201)], window=201, stride=10) == [(96, 105, 0)]
    assert tiles_of([(0, 200)], window=200, stride=1) == [(100, 101, 0)]


def test_a_contig_shorter_than_its_window():
    assert tiles_of([(0, 60)], window=200, stride=100) == [(0, 60, -70)]


def test_regions_of_both_kinds_side_by_side():
    assert tiles_of([(0, 200), (300, 310), (400, 600)], window=200, stride=200) == [
        (0, 200, 0),
        (300, 310, 205),
        (400, 600, 400),
    ]


def test_overlapping_regions_are_tiled_each_by_itself():
    starts, ends = np.array([0, 50, 100]), np.array([300, 250, 110])
    tiles = tile(starts, ends, window=20, stride=100)
    assert list(zip(tiles.regions.tolist(), tiles.starts.tolist(), tiles.ends.tolist(), strict=True)) == [
        (0, 0, 100),
        (1, 50, 150),
        (0, 100, 200),
        (2, 100, 110),
        (1, 150, 250),
        (0, 200, 300),
    ]


@given(
    gaps=st.lists(st.tuples(st.integers(1, 50), st.integers(1, 400)), min_size=1, max_size=8),
    window=st.integers(1, 150),
    stride=st.integers(1, 120),
)
def test_tiles_are_disjoint_centred_and_leave_no_hole(gaps, window, stride):
    edges = np.cumsum(np.array(gaps).ravel())
    regions = edges.reshape(-1, 2)
    tiles = tile(regions[:, 0], regions[:, 1], window, stride)
    assert (tiles.starts < tiles.ends).all()
    assert (tiles.ends - tiles.starts <= stride).all()
    assert (tiles.starts[1:] >= tiles.ends[:-1]).all()
    centres = tiles.window_starts + (window + tiles.has_two_windows) // 2
    assert ((tiles.starts <= centres) & (centres <= tiles.ends)).all()
    covered = np.zeros(edges[-1], dtype=bool)
    for start, end in zip(tiles.starts, tiles.ends, strict=True):
        covered[start:end] = True
    for start, end in regions:
        if end - start > window:
            assert covered[start:end].all()


@given(
    lengths=st.lists(st.integers(1, 200), min_size=1, max_size=8),
    window=st.integers(1, 150),
    stride=st.integers(2, 120),
)
def test_tiles_of_the_other_strand_are_the_mirror_image_with_all_windows(lengths, window, stride):
    """Of whole tiles, and of regions as short as a window; one or two windows, whatever is even or odd."""
    lengths = [length if length <= window else -(-length // stride) * stride for length in lengths]
    starts = np.cumsum([0, *lengths[:-1]])
    ends = starts + lengths
    contig = int(ends[-1]) + 7
    forward = tile(starts, ends, window, stride)
    reverse = tile(contig - ends[::-1], contig - starts[::-1], window, stride).take(slice(None, None, -1))
    assert (contig - reverse.ends == forward.starts).all()
    assert (contig - reverse.starts == forward.ends).all()
    assert (reverse.has_two_windows == forward.has_two_windows).all()
    assert (contig - reverse.window_starts - window - reverse.has_two_windows == forward.window_starts).all()


def test_the_windows_beside_the_middle_of_a_tile():
    """An odd tile with an even window, and the other way round; and a tile wider than its window."""
    tiles = tile(np.array([100]), np.array([250]), window=60, stride=51)
    assert list(zip(tiles.starts, tiles.ends, strict=True)) == [(100, 151), (151, 202), (202, 250)]
    assert tiles.has_two_windows.tolist() == [True, True, False]
    # Of 60 bases, 5 are left of the tile and 4 right of it, or 4 and 5.
    assert tiles.window_starts.tolist() == [95, 146, 196]
    tiles = tile(np.array([100]), np.array([200]), window=11, stride=20)
    assert tiles.has_two_windows.all()
    assert tiles.window_starts.tolist() == [104, 124, 144, 164, 184]

"""The structure of bigWig files: a check that headers and indexes are sound and point to places inside of the file.

Layout: Kent et al. 2010, BigWig and BigBed: enabling browsing of large distributed datasets, supplement. libBigWig
follows every pointer without a check, and a wrong one ends it with a segmentation fault.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

_CONTIG_TREE, _INDEX = 0x78CA8C91, 0x2468ACE0
"""Signatures of the tree of contigs and of an index of blocks."""
_HEADER, _ZOOM_HEADER, _SUMMARY, _TREE_HEADER, _INDEX_HEADER = 64, 24, 40, 32, 48
"""Bytes of the header, of a zoom header, of the summary of all values, and of the headers of the two trees."""
_INNER_ITEM, _LEAF_ITEM = 24, 32
"""Bytes of an item in a node of an index; the last 8 of the former, and the last 16 of the latter, are places."""
_LONGEST_NAME, _DEEPEST = 65_536, 40


class _File(NamedTuple):
    """An open file with its size and byte order, ``<`` or ``>``."""

    stream: BinaryIO
    size: int
    order: str

    def read(self, place: int, layout: str, where: str) -> tuple[int, ...]:
        """The numbers of a layout of :mod:`struct` at a place."""
        return struct.unpack(self.order + layout, self.bytes(place, struct.calcsize(self.order + layout), where))

    def bytes(self, place: int, count: int, where: str) -> bytes:
        """The bytes at a place."""
        if place + count > self.size:
            raise ValueError(f"{where} points past the end of the file")
        self.stream.seek(place)
        return self.stream.read(count)


def damage_of_bigwig(path: Path, order: str) -> str | None:
    """The fault in the structure of a bigWig, in words; None if there is none. Its values are not read.

    Parameters
    ----------
    path
        A file that begins with the signature of bigWig.
    order
        Byte order, ``<`` or ``>``.
    """
    with path.open("rb") as stream:
        try:
            _check(_File(stream, path.stat().st_size, order))
        except ValueError as damage:
            return str(damage)
    return None


def _check(file: _File) -> None:
    _, version, zooms, contigs, data, index, _, _, _, summary, _, _ = file.read(0, "IHHQQQHHQQIQ", "the header")
    if not 1 <= version <= 4:
        raise ValueError(f"the header names version {version}; there are 1 to 4")
    if _HEADER + zooms * _ZOOM_HEADER > contigs:
        raise ValueError(f"the header counts {zooms:,} zoom levels, for which there is no room")
    if summary:
        file.bytes(summary, _SUMMARY, "the summary of all values")
    _check_contigs(file, contigs)
    (blocks,) = file.read(data, "I", "the header")
    if index:
        _check_index(file, index, "the index of values")
    elif blocks or data < _HEADER:
        raise ValueError("the header names no index of values, which only a bigWig without any value lacks")
    for number in range(zooms):
        _, _, _, place = file.read(_HEADER + number * _ZOOM_HEADER, "IIQQ", "a zoom header")
        _check_index(file, place, f"the index of zoom level {number + 1}")


def _check_contigs(file: _File, place: int) -> None:
    magic, _, name, value, contigs, _ = file.read(place, "IIIIQQ", "the tree of contigs")
    if magic != _CONTIG_TREE or value != 8 or not 1 <= name <= _LONGEST_NAME:
        raise ValueError("the tree of contigs is not where the header says, or damaged")
    leaves = _nodes(file, place + _TREE_HEADER, "the tree of contigs", inner=name + 8, leaf=name + 8)
    numbers = [number for items in leaves for number in _column(items, name + 8, name, file.order + "u4").tolist()]
    if sorted(numbers) != list(range(contigs)):
        raise ValueError("the tree of contigs is damaged: their numbers have gaps, or are not as many as it counts")


def _check_index(file: _File, place: int, where: str) -> None:
    (magic,) = file.read(place, "I", where)
    if magic != _INDEX:
        raise ValueError(f"{where} is not where the header says, or damaged")
    for items in _nodes(file, place + _INDEX_HEADER, where, inner=_INNER_ITEM, leaf=_LEAF_ITEM):
        _check_blocks(file, items, where)


def _nodes(file: _File, root: int, where: str, *, inner: int, leaf: int) -> Iterator[bytes]:
    """Check every node of a tree, level by level, and yield the items of each leaf."""
    level, known = [root], {root}
    for _ in range(_DEEPEST):
        below: list[int] = []
        for place in level:
            is_leaf, _, count = file.read(place, "BBH", where)
            if is_leaf not in (0, 1):
                raise ValueError(f"{where} has a damaged node")
            items = file.bytes(place + 4, count * (leaf if is_leaf else inner), where)
            if is_leaf:
                yield items
            else:
                below += _column(items, inner, inner - 8, file.order + "u8").tolist()
        if not below:
            return
        if known.intersection(below) or len(set(below)) < len(below):
            raise ValueError(f"{where} runs in a circle")
        known.update(below)
        level = below
    raise ValueError(f"{where} is deeper than {_DEEPEST} levels")


def _check_blocks(file: _File, items: bytes, where: str) -> None:
    places, sizes = (_column(items, _LEAF_ITEM, at, file.order + "u8") for at in (_LEAF_ITEM - 16, _LEAF_ITEM - 8))
    # Sizes and places are compared one by one, because their sum could be too large for 64 bits.
    if ((sizes > file.size) | (places > file.size)).any() or (places + sizes > file.size).any():
        raise ValueError(f"{where} points past the end of the file")


def _column(items: bytes, step: int, offset: int, kind: str) -> np.ndarray:
    """The numbers at an offset in items of ``step`` bytes each: (items,) of the type ``kind`` of numpy."""
    rows = np.frombuffer(items, dtype=np.uint8).reshape(-1, step)[:, offset : offset + np.dtype(kind).itemsize]
    return np.ascontiguousarray(rows).view(kind)[:, 0]

"""Reader of 2bit files (UCSC Genome Browser, file format 2bit, versions 0 and 1)."""

from __future__ import annotations

import gzip
import mmap
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from workflow_support.errors import InputError

from .signatures import SEQUENCES, TWOBIT
from .text import open_binary

_BYTE_ORDERS = dict(zip(TWOBIT.magics, "<>", strict=True))
"""Byte order of a 2bit file by its first four bytes."""
_LETTERS = np.frombuffer(b"TCAG", dtype=np.uint8)
_FOUR_BASES = _LETTERS[(np.arange(256)[:, None] >> np.array([6, 4, 2, 0])) & 3]
"""Letters of the four bases in each possible byte, with the first base in the highest bits: (256, 4)."""


class _Record(NamedTuple):
    length: int
    unknown: np.ndarray
    masked: np.ndarray
    offset: int


class TwoBitFile:
    """A 2bit file, plain or gzip, that is mapped into memory, to be used in a ``with`` statement.

    Attributes
    ----------
    contigs : dict of str to int
        Offset of the record of each contig, in the order of the file.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self._data = _mapped(self._path)
        self._order = _BYTE_ORDERS[self._data[:4]]
        self.contigs = self._read_index()

    def __enter__(self) -> TwoBitFile:
        return self

    def __exit__(self, *error: object) -> None:
        self._data.close()

    def blocks(self, contig: str, size: int) -> Iterator[tuple[bytes, int]]:
        """Yield upper-case letters of a contig, ``size`` at a time, and the number of soft-masked ones among them."""
        record = self._read_record(contig)
        for first in range(0, record.length, size):
            last = min(first + size, record.length)
            packed_first, packed_last = first // 4, -(-last // 4)
            packed = self._bytes(record.offset + packed_first, packed_last - packed_first, contig)
            letters = _FOUR_BASES[np.frombuffer(packed, dtype=np.uint8)].reshape(-1)[first % 4 :][: last - first]
            for start, end in _clipped(record.unknown, first, last):
                letters[start:end] = ord("N")
            masked = np.diff(_clipped(record.masked, first, last), axis=1).sum()
            yield letters.tobytes(), int(masked)

    def _read_index(self) -> dict[str, int]:
        _, version, count, _ = self._integers(0, 4, "the header")
        if version not in (0, 1):
            raise self._damaged(f"version {version}", allowed="2bit of version 0 or 1")
        contigs: dict[str, int] = {}
        byte_order = "little" if self._order == "<" else "big"
        position = 16
        for _ in range(count):
            length = self._bytes(position, 1, "the index")[0]
            name = self._bytes(position + 1, length, "the index").decode("utf-8", errors="replace")
            position += 1 + length
            # Version 1 widens the offset of a record from 32 to 64 bits.
            width = 8 if version else 4
            offset = int.from_bytes(self._bytes(position, width, "the index"), byte_order)
            position += width
            if name in contigs or not name:
                raise self._damaged(f"the contig {name!r} twice or without a name", allowed="each contig once")
            contigs[name] = offset
        if not contigs:
            raise self._damaged("no contig", allowed="at least one contig")
        return contigs

    def _read_record(self, contig: str) -> _Record:
        position = self.contigs[contig]
        length = int(self._integers(position, 1, contig)[0])
        unknown, position = self._intervals(position + 4, contig)
        masked, position = self._intervals(position, contig)
        if length == 0:
            raise self._damaged(f"the contig {contig} of length 0", allowed="at least one base per contig")
        if any(len(each) and each[:, 1].max() > length for each in (unknown, masked)):
            raise self._damaged(f"a block of {contig} past its end", allowed=f"blocks within {length:,} bases")
        return _Record(length, unknown, masked, position + 4)

    def _intervals(self, position: int, contig: str) -> tuple[np.ndarray, int]:
        count = int(self._integers(position, 1, contig)[0])
        words = self._integers(position + 4, 2 * count, contig).astype(np.int64)
        return np.column_stack((words[:count], words[:count] + words[count:])), position + 4 + 8 * count

    def _integers(self, position: int, count: int, where: str) -> np.ndarray:
        return np.frombuffer(self._bytes(position, 4 * count, where), dtype=self._order + "u4")

    def _bytes(self, position: int, count: int, where: str) -> bytes:
        content = self._data[position : position + count]
        if len(content) < count:
            raise self._damaged(f"the end of the file inside {where}", allowed="a complete 2bit file")
        return content

    def _damaged(self, found: str, allowed: str) -> InputError:
        return InputError(
            "the 2bit file is truncated or damaged",
            file=self._path,
            found=found,
            allowed=allowed,
            fix="fetch the file again and compare its checksum, or use the genome's FASTA",
        )


def _mapped(path: Path) -> mmap.mmap:
    """The content of a file in memory; a compressed file is first unpacked into a temporary one, which has no name."""
    with open_binary(path, SEQUENCES) as stream:
        if not isinstance(stream, gzip.GzipFile):
            return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        with tempfile.TemporaryFile() as unpacked:
            shutil.copyfileobj(stream, unpacked)
            unpacked.flush()
            return mmap.mmap(unpacked.fileno(), 0, access=mmap.ACCESS_READ)


def _clipped(intervals: np.ndarray, first: int, last: int) -> np.ndarray:
    """The parts of sorted intervals (n, 2) inside [first, last), relative to ``first``."""
    touching = intervals[(intervals[:, 0] < last) & (intervals[:, 1] > first)]
    return np.clip(touching, first, last) - first

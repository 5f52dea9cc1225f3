"""bigWig tracks: checks that they belong to a genome, values in windows, and a writer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import numpy as np
import pyBigWig
from numpy.typing import ArrayLike

from workflow_support.disk_errors import require_space
from workflow_support.errors import InputError

from ..intervals.contigs import shared_contigs
from .bigwig_structure import damage_of_bigwig
from .signatures import BIGWIG, HEAD, TRACK, described

_ROOM, _ROOM_PER_INTERVAL = 1 << 20, 16
"""Bytes for the header and buffers of a bigWig, and per interval with its share of the index and zoom levels."""


def contigs_of_track(path: str | Path, sizes: Mapping[str, int]) -> dict[str, str]:
    """Contigs of the genome that a bigWig can have values on, in genome order, each with its name in the bigWig.

    Parameters
    ----------
    path
        The bigWig.
    sizes
        Length of every contig of the genome.

    Raises
    ------
    InputError
        If the file is missing or no bigWig, or if it belongs to another genome
        (`genome_data.intervals.contigs.shared_contigs`).
    """
    return shared_contigs(_read_lengths(Path(path)), sizes, path, "bigWig")


class TrackWriter:
    """Writer of a bigWig, to be used in a ``with`` statement; intervals come contig by contig, sorted by start.

    A bigWig has one value per base, so where intervals overlap, the first one keeps the bases.

    Parameters
    ----------
    path
        The bigWig to write.
    sizes
        Length of every contig, in the order in which intervals will come.

    Raises
    ------
    InputError
        If the disk is full. libBigWig itself neither stops nor reports a write that fails.
    """

    def __init__(self, path: str | Path, sizes: Mapping[str, int]) -> None:
        self._path, self._intervals = Path(path), 0
        require_room_for_track(self._path, 0)
        self._bigwig = pyBigWig.open(str(path), "w")
        self._bigwig.addHeader(list(sizes.items()))
        self._contig, self._written_to = "", 0

    def __enter__(self) -> TrackWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bigwig.close()

    def add(self, contig: str, starts: ArrayLike, ends: ArrayLike, values: ArrayLike) -> None:
        """Write the values of intervals of one contig: (intervals,) each, 0-based and half open."""
        starts, ends, values = np.asarray(starts), np.asarray(ends), np.asarray(values)
        if contig != self._contig:
            self._contig, self._written_to = contig, 0
        reached = np.maximum.accumulate(np.concatenate(([self._written_to], ends)))
        free_starts = np.maximum(starts, reached[:-1])
        is_free = free_starts < ends
        self._written_to = int(reached[-1])
        if is_free.any():
            self._intervals += int(is_free.sum())
            require_room_for_track(self._path, self._intervals)
            self._bigwig.addEntries(
                [contig] * int(is_free.sum()),
                free_starts[is_free].tolist(),
                ends=ends[is_free].tolist(),
                values=values[is_free].tolist(),
            )

    def add_bases(self, contig: str, positions: ArrayLike, values: ArrayLike) -> None:
        """Write the values of single bases of one contig, (bases,) each, sorted by position.

        Adjacent bases with the same value become one interval, and bases with value zero are left out.
        """
        positions, values = np.asarray(positions), np.asarray(values)
        positions, values = positions[values != 0], values[values != 0]
        is_first = np.ones(len(positions), dtype=bool)
        is_first[1:] = (np.diff(positions) != 1) | (np.diff(values) != 0)
        is_last = np.append(is_first[1:], True)[: len(positions)]
        self.add(contig, positions[is_first], positions[is_last] + 1, values[is_first].astype(float))


def require_room_for_track(path: Path, intervals: int) -> None:
    """Raise an :class:`InputError` unless a bigWig with this number of intervals fits on the disk."""
    require_space(path, _ROOM + _ROOM_PER_INTERVAL * intervals)


@contextmanager
def open_track(path: str | Path) -> Iterator[pyBigWig.pyBigWig]:
    """Open a bigWig that :func:`contigs_of_track` has accepted; damage is an `InputError`, also while it is read."""
    try:
        with pyBigWig.open(str(path)) as bigwig:
            yield bigwig
    except (RuntimeError, MemoryError, OverflowError, UnicodeDecodeError) as error:
        raise _damaged(Path(path), f"{error}".strip() or type(error).__name__) from None


def _read_lengths(path: Path) -> dict[str, int]:
    _require_whole(path)
    with open_track(path) as bigwig:
        return bigwig.chroms()


def _require_whole(path: Path) -> None:
    """Refuse a bigWig that does not end with the magic number that it begins with, or whose structure is damaged.

    A bigWig that is cut off would end libBigWig with a segmentation fault.
    """
    if not path.is_file():
        raise _no_bigwig(path, "no such file")
    with path.open("rb") as file:
        head = file.read(HEAD)
        first = head[:4]
        file.seek(max(0, path.stat().st_size - 4))
        last = file.read(4)
    if first not in BIGWIG.magics:
        raise _no_bigwig(path, *described(path, head, TRACK))
    if last != first:
        raise _no_bigwig(path, "a bigWig whose end is missing")
    if damage := damage_of_bigwig(path, "<" if first == BIGWIG.magics[0] else ">"):
        raise _damaged(path, damage)


def _no_bigwig(path: Path, found: object, fix: str | None = None) -> InputError:
    return InputError(
        "the file is no bigWig",
        file=path,
        found=found,
        allowed="a complete bigWig",
        fix=fix or "give the right file, or fetch or make it again if it was cut off",
    )


def _damaged(path: Path, found: str) -> InputError:
    return InputError(
        "the bigWig is damaged",
        file=path,
        found=found,
        allowed="a complete bigWig, as it was written",
        fix=f"fetch the file again and compare its size and checksum, or make it again; `bigWigInfo {path.name}` and "
        "`bigWigToWig` read it from end to end",
    )


class StrandTracks:
    """bigWigs of one or both strands, summed over sources, for reading a few windows at a time.

    Parameters
    ----------
    strands
        The bigWigs of each strand, + strand first. If all values of a bigWig of the − strand are negative, as some
        tools write them, their sign is dropped.
    sizes
        Length of every contig of the genome.

    Raises
    ------
    InputError
        If a file is no bigWig or belongs to another genome.
    """

    def __init__(self, strands: Sequence[Sequence[Path]], sizes: Mapping[str, int]) -> None:
        self._sizes = sizes
        self._strands = [
            [(path, contigs_of_track(path, sizes), -1 if strand == 1 and _is_negated(path) else 1) for path in paths]
            for strand, paths in enumerate(strands)
        ]

    def read(self, contig: str, starts: np.ndarray, width: int) -> np.ndarray:
        """Values in windows of one contig, which may reach beyond it: float32 (windows, strands, width)."""
        total = np.zeros((len(starts), len(self._strands), width), dtype=np.float32)
        for strand, tracks in enumerate(self._strands):
            for path, names, sign in tracks:
                if contig in names:
                    with open_track(path) as bigwig:
                        values = values_in_windows(bigwig, names, self._sizes, [contig] * len(starts), starts, width)
                    total[:, strand] += sign * values
        return total


def is_negated(bigwig: pyBigWig.pyBigWig) -> bool:
    """True if an open bigWig has values below 0 and none above, as some tools write the − strand."""
    # The header is not used: pyBigWig ends with a segmentation fault if the sums in it are no numbers.
    lowest, highest = (
        [value for contig in bigwig.chroms() if (value := bigwig.stats(contig, type=kind)[0]) is not None]
        for kind in ("min", "max")
    )
    return min(lowest, default=0) < 0 and max(highest, default=0) <= 0


def _is_negated(path: Path) -> bool:
    with open_track(path) as bigwig:
        return is_negated(bigwig)


def values_in_windows(
    bigwig: pyBigWig.pyBigWig,
    names: Mapping[str, str],
    sizes: Mapping[str, int],
    contigs: Sequence[str],
    starts: np.ndarray,
    width: int,
) -> np.ndarray:
    """Values of an open bigWig in windows: float32 (windows, width).

    Bases without a value, with the value NaN, or beyond the ends of a contig are 0. Every contig must be in the bigWig,
    under the name that ``names`` has for it.
    """
    values = np.zeros((len(starts), width), dtype=np.float32)
    for row, contig, start in zip(values, contigs, starts.tolist(), strict=True):
        begin, end = max(start, 0), min(start + width, sizes[contig])
        found = bigwig.values(names[contig], begin, end, numpy=True) if begin < end else ()
        if len(found):  # a bigWig without any value always gives an empty array
            row[begin - start : end - start] = found
    values[np.isnan(values)] = 0
    return values

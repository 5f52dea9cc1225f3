"""Values of bigWigs in windows, where bases without one count as 0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyBigWig

from .tracks import contigs_of_track


class StrandTracks:
    """bigWigs of both strands, summed over sources, to be read a few windows at a time.

    Parameters
    ----------
    plus, minus
        bigWigs of reads.
    sizes
        Length of every contig of the genome.

    Raises
    ------
    InputError
        If a bigWig is none or belongs to another genome.
    """

    def __init__(self, plus: Sequence[Path], minus: Sequence[Path], sizes: Mapping[str, int]) -> None:
        self._sizes = sizes
        self._strands = [[(path, contigs_of_track(path, sizes)) for path in paths] for paths in (plus, minus)]

    def read(self, contig: str, starts: np.ndarray, width: int) -> np.ndarray:
        """Values in windows of one contig, which may reach beyond it: float32 (windows, 2, width), + strand first."""
        total = np.zeros((len(starts), 2, width), dtype=np.float32)
        for strand, tracks in enumerate(self._strands):
            for path, measured in tracks:
                if contig in measured:
                    total[:, strand] += _read_windows(path, contig, self._sizes[contig], starts, width)
        return total


def _read_windows(path: Path, contig: str, size: int, starts: np.ndarray, width: int) -> np.ndarray:
    values = np.zeros((len(starts), width), dtype=np.float32)
    with pyBigWig.open(str(path)) as bigwig:
        for row, start in zip(values, starts.tolist(), strict=True):
            begin, end = max(start, 0), min(start + width, size)
            found = bigwig.values(contig, begin, end, numpy=True)
            if len(found):  # a bigWig without any value gives an empty array, whatever is asked for
                row[begin - start : end - start] = found
    return np.nan_to_num(values, copy=False)

"""Counts of read starts in windows, from bigWigs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyBigWig

from workflow_support.errors import InputError
from workflow_support.job import logger, progress

from ..formats.tracks import contigs_of_track

_BLOCK = 1024
_TOO_LARGE = 2.0**32


def read_counts(
    plus: Sequence[Path], minus: Sequence[Path], sizes: Mapping[str, int], windows: pd.DataFrame, out: np.ndarray
) -> None:
    """Read starts of both strands in windows, summed over sources.

    Parameters
    ----------
    plus, minus
        bigWigs of 5' end counts; bases without a value, and NaN, are 0.
    sizes
        Length of every contig of the genome.
    windows
        ``contig, start``; a window may reach beyond its contig, where nothing is counted.
    out
        Array to fill: uint32 (windows, 2, width); + strand first.

    Raises
    ------
    InputError
        If a bigWig is none or belongs to another genome, holds a value that is no count, or nothing in any window.
    """
    out[:] = 0
    for strand, tracks in enumerate((plus, minus)):
        for track in tracks:
            _add_track(Path(track), sizes, windows, out[:, strand])


def smallest_type(largest: int) -> type[np.uint16] | type[np.uint32]:
    """The narrower of the two types of counts that holds the largest."""
    return np.uint16 if largest <= np.iinfo(np.uint16).max else np.uint32


def _add_track(path: Path, sizes: Mapping[str, int], windows: pd.DataFrame, out: np.ndarray) -> None:
    """Add the counts of one bigWig to (windows, width)."""
    rows = _rows_on(contigs_of_track(path, sizes), sizes, windows, path)
    contigs, starts = windows["contig"].to_numpy(dtype=object), windows["start"].to_numpy()
    has_reads = False
    with pyBigWig.open(str(path)) as bigwig:
        for first in progress(range(0, len(rows), _BLOCK), description=path.name, unit=" blocks"):
            block = rows[first : first + _BLOCK]
            values = _read_block(bigwig, sizes, contigs[block], starts[block], out.shape[1])
            _require_counts(values, contigs[block], starts[block], bigwig, path)
            has_reads |= bool(values.any())
            out[block] += values.astype(np.uint32)
    if not has_reads:
        raise InputError(
            "no read begins in any window",
            file=path,
            found=f"a sum of 0 over {len(rows):,} windows on contigs of the bigWig, of {len(windows):,} in all",
            allowed="counts of 5' ends, at least one of them in the windows",
            mend="name the bigWig of this strand of the experiment that the peaks are from",
        )


def _rows_on(measured: set[str], sizes: Mapping[str, int], windows: pd.DataFrame, path: Path) -> np.ndarray:
    """Rows of the windows on contigs of the bigWig, by contig and start: the order in which it is read fastest."""
    is_measured = windows["contig"].isin(measured).to_numpy()
    if not is_measured.all():
        missing = np.count_nonzero(~is_measured)
        logger.info("%s: no reads in %s windows on contigs that the bigWig lacks", path, f"{missing:,}")
    rank = pd.Index(list(sizes)).get_indexer(windows["contig"])
    order = np.lexsort((windows["start"], rank))
    return order[is_measured[order]]


def _read_block(
    bigwig: pyBigWig.pyBigWig, sizes: Mapping[str, int], contigs: np.ndarray, starts: np.ndarray, width: int
) -> np.ndarray:
    """Values in a few windows: float32 (windows, width), 0 where there is none."""
    values = np.zeros((len(starts), width), dtype=np.float32)
    for row, contig, start in zip(values, contigs, starts.tolist(), strict=True):
        begin, end = max(start, 0), min(start + width, sizes[contig])
        found = bigwig.values(contig, begin, end, numpy=True) if begin < end else ()
        if len(found):  # a bigWig without any value gives an empty array, whatever is asked for
            row[begin - start : end - start] = found
    values[np.isnan(values)] = 0
    return values


def _require_counts(
    values: np.ndarray, contigs: np.ndarray, starts: np.ndarray, bigwig: pyBigWig.pyBigWig, path: Path
) -> None:
    """Refuse values that no count can take, with the first of them."""
    is_negative = values < 0
    is_count = (values == np.floor(values)) & (values < _TOO_LARGE)
    wrong = is_negative | ~is_count
    if not wrong.any():
        return
    row, column = (int(each) for each in np.argwhere(wrong)[0])
    place = f"{values[row, column]:g} at {contigs[row]}:{starts[row] + column + 1:,}"
    if is_negative.any() and not _has_positive_value(bigwig):
        raise InputError(
            "the values of the bigWig are negative, as some tools write a − strand",
            file=path,
            found=f"{place}, and no value above 0 in the file",
            allowed="counts of 5' ends: 0, 1, 2, ...",
            mend="turn the sign: bigWigToBedGraph in.bw /dev/stdout | awk '{print $1, $2, $3, -$4}' > out.bedGraph; "
            "bedGraphToBigWig out.bedGraph chrom.sizes out.bw",
        )
    if is_negative[row, column]:
        problem, other = "the bigWig holds negative values", "a difference, a log ratio or a track less its control"
    else:
        problem, other = "the bigWig holds values that are no whole numbers", "a normalised, averaged or smoothed track"
    raise InputError(
        problem,
        file=path,
        found=place,
        allowed="counts of 5' ends: 0, 1, 2, ...",
        mend=f"use raw counts of 5' ends, not {other}, or give the reads as BAM, from which they are made",
    )


def _has_positive_value(bigwig: pyBigWig.pyBigWig) -> bool:
    # Not from the header: pyBigWig dies of a segmentation fault where a bigWig's sums are no numbers.
    largest = [bigwig.stats(contig, type="max")[0] for contig in bigwig.chroms()]
    return any(value is not None and value > 0 for value in largest)

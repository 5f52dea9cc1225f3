"""Read counts: the number of reads that start at each base of windows, from bigWigs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_support.errors import InputError
from workflow_support.job import logger, progress

from ..formats.tracks import contigs_of_track, is_negated, open_track, values_in_windows
from .coverage import CoverageEvidence

_BLOCK = 1024
_TOO_LARGE = 2.0**32
_MEASURED = 0.9
"""Share of the windows on contigs of a bigWig below which the log warns."""


def read_counts(
    plus: Sequence[Path], minus: Sequence[Path], sizes: Mapping[str, int], windows: pd.DataFrame, out: np.ndarray
) -> None:
    """Read the number of reads that start at each base of windows, on both strands, summed over sources.

    Parameters
    ----------
    plus, minus
        bigWigs of 5' end counts. Bases without a value, or with NaN, count 0. All values of a bigWig of the − strand
        may be negative, as some tools write them; their sign is then dropped.
    sizes
        Length of every contig of the genome.
    windows
        ``contig, start``. Windows may reach beyond the ends of their contig, where the count is 0.
    out
        Array to fill: uint32 (windows, 2, width), + strand first.

    Raises
    ------
    InputError
        If a file is no bigWig or belongs to another genome, has coverage or another value that is no count, or no read
        in any window.
    """
    out[:] = 0
    for strand, tracks in enumerate((plus, minus)):
        for track in tracks:
            _add_track(Path(track), sizes, windows, out[:, strand], may_be_negative=strand == 1)


def smallest_type(largest: int) -> type[np.uint16] | type[np.uint32]:
    """The narrower of the two types of counts that can hold the largest count."""
    return np.uint16 if largest <= np.iinfo(np.uint16).max else np.uint32


def _add_track(
    path: Path, sizes: Mapping[str, int], windows: pd.DataFrame, out: np.ndarray, *, may_be_negative: bool
) -> None:
    """Add the counts of one bigWig to ``out``, (windows, width)."""
    names = contigs_of_track(path, sizes)
    rows = _rows_on(set(names), sizes, windows, path)
    contigs, starts = windows["contig"].to_numpy(dtype=object), windows["start"].to_numpy()
    has_reads, sign, fault, evidence = False, 0, None, CoverageEvidence()
    with open_track(path) as bigwig:
        for first in progress(range(0, len(rows), _BLOCK), description=path.name, unit=" blocks"):
            block = rows[first : first + _BLOCK]
            values = values_in_windows(bigwig, names, sizes, contigs[block], starts[block], out.shape[1])
            evidence.add(values)
            if not sign and (values < 0).any():
                sign = -1 if is_negated(bigwig) else 1
            if sign < 0 and may_be_negative:
                values = -values
            fault = fault or _fault(values, contigs[block], starts[block], path, is_negated=sign < 0)
            has_reads |= bool(values.any())
            if fault is None:
                out[block] += values.astype(np.uint32)
    # Of coverage that is normalised, this is the fault to mend.
    if evidence.is_coverage:
        raise _coverage(evidence, path)
    if fault:
        raise fault
    if sign < 0:
        logger.warning("%s: all values are negative, as some tools write the − strand; their sign is dropped", path)
    if not has_reads:
        raise InputError(
            "no read starts in any window",
            file=path,
            found=f"a sum of 0 over {len(rows):,} windows on contigs of the bigWig, of {len(windows):,} in total",
            allowed="counts of 5' ends, at least one of them in the windows",
            fix="give the bigWig of this strand from the experiment of the peaks",
        )


def _rows_on(measured: set[str], sizes: Mapping[str, int], windows: pd.DataFrame, path: Path) -> np.ndarray:
    """Rows of the windows on contigs of the bigWig, sorted by contig and start because this reads fastest."""
    is_measured = windows["contig"].isin(measured).to_numpy()
    if not is_measured.all():
        report = logger.warning if is_measured.mean() < _MEASURED else logger.info
        missing = f"{np.count_nonzero(~is_measured):,} of {len(windows):,}"
        report("%s: no reads in %s windows, whose contigs it lacks", path, missing)
    rank = pd.Index(list(sizes)).get_indexer(windows["contig"])
    order = np.lexsort((windows["start"], rank))
    return order[is_measured[order]]


def _fault(
    values: np.ndarray, contigs: np.ndarray, starts: np.ndarray, path: Path, *, is_negated: bool
) -> InputError | None:
    """The error for values that are no counts, which names the first of them; None if all are counts."""
    is_negative = values < 0
    wrong = is_negative | (values != np.floor(values)) | (values >= _TOO_LARGE)
    if not wrong.any():
        return None
    row, column = (int(each) for each in np.argwhere(is_negative if is_negative.any() else wrong)[0])
    place = f"{values[row, column]:g} at {contigs[row]}:{starts[row] + column + 1:,}"
    if is_negated:
        return InputError(
            "all values of the bigWig of the + strand are negative, which is how some tools write the − strand",
            file=path,
            found=f"{place}, and no value above 0 in the file",
            allowed="counts of 5' ends: 0, 1, 2, ...; under `minus:` also 0, -1, -2, ...",
            fix="if plus and minus are exchanged, exchange them; otherwise change the sign: bigWigToBedGraph in.bw "
            "/dev/stdout | awk '{print $1, $2, $3, -$4}' > out.bedGraph; bedGraphToBigWig out.bedGraph chrom.sizes "
            "out.bw",
        )
    if is_negative[row, column]:
        problem, other = "the bigWig contains negative values", "a difference, a log ratio or a track minus a control"
    else:
        problem = "the bigWig contains values that are no whole numbers"
        other = "a normalised, averaged or smoothed track"
        if unit := _unit(values):
            place += f"; the values are whole multiples of {unit:g}, as counts that were normalised"
    return InputError(
        problem,
        file=path,
        found=place,
        allowed="counts of 5' ends: 0, 1, 2, ...",
        fix=f"use raw counts of 5' ends, not {other}, or give the reads as BAM, which the workflow will count",
    )


def _unit(values: np.ndarray) -> float | None:
    """The smallest value, if all are whole multiples of it and many are equal to it."""
    present = values[(values > 0) & np.isfinite(values)].astype(np.float64)
    unit = present.min(initial=np.inf)
    multiples = present / unit
    is_unit = (
        bool(len(present)) and np.abs(multiples - np.round(multiples)).max() < 1e-3 and np.mean(multiples < 1.5) > 0.2
    )
    return float(unit) if is_unit else None


def _coverage(evidence: CoverageEvidence, path: Path) -> InputError:
    shortest = "" if evidence.shortest is None else f"; the shortest stretch with values has {evidence.shortest} bases"
    return InputError(
        "the bigWig has the coverage of reads, not counts of 5' ends: its values stay equal over runs of bases",
        file=path,
        found=f"values of neighbouring bases differ {evidence.ratio:.2g} times as much as counts would{shortest}",
        allowed="the number of reads that begin at each base of a strand, as `bedtools genomecov -5 -strand +` or "
        "`bamCoverage --Offset 1 --binSize 1` count them",
        fix="give the reads as BAM, which the workflow will count, or make both bigWigs again from 5' ends",
    )

"""Check, by the read starts around summits, that the bigWigs of the two strands are not exchanged."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from genome_data.genome import Genome
from genome_data.windows.profile_counts import read_counts
from genome_data.windows.strand_shift import CLEAR, SIGMA, StrandShift, measure_strand_shift
from genome_data.windows.table import read_windows
from workflow_support.errors import InputError
from workflow_support.files import atomic_path
from workflow_support.job import logger, run_job

FLANK = 200
"""Number of bases on either side of a summit in which read starts are compared."""


def check_strands(positives: Path, fasta: Path, plus: list[Path], minus: list[Path], result: Path) -> None:
    """Refuse pairs of bigWigs that are clearly exchanged, and write the measurements.

    A pair counts as exchanged if the cross-correlation of its strands is greatest at a negative lag and + lies right of
    − by at least 5 standard errors (`genome_data.windows.strand_shift.strand_order`). A weaker sign of it is only
    reported.

    Parameters
    ----------
    positives
        Window table, each window centred on a summit.
    fasta
        Normalised genome.
    plus, minus
        bigWigs of 5' end counts, one pair per source.
    result
        JSON to write: shift of each strand, lag, correlation, order and verdict, of all sources together and of each.

    Raises
    ------
    InputError
        If a pair is clearly exchanged, or if both bigWigs of a pair have the same counts.
    """
    genome = Genome(fasta)
    windows = read_windows(positives)
    summits = windows.assign(start=(windows["start"] + windows["end"]) // 2 - FLANK)
    total = np.zeros((len(summits), 2, 2 * FLANK + 1), dtype=np.uint32)
    sources = []
    for pair in zip(plus, minus, strict=True):
        counts = np.empty_like(total)
        read_counts(pair[:1], pair[1:], genome.sizes, summits, counts)
        shift = measure_strand_shift(counts)
        _report(shift, *pair)
        _require_right_order(shift, counts, *pair)
        sources.append({"plus": str(pair[0]), "minus": str(pair[1]), **_described(shift)})
        total += counts
    outcome = {"sigma": SIGMA, "flank": FLANK, "clear": CLEAR, **_described(measure_strand_shift(total))}
    with atomic_path(result) as path:
        path.write_text(json.dumps({**outcome, "sources": sources}, indent=2) + "\n", encoding="utf-8")


def _described(shift: StrandShift) -> dict[str, Any]:
    return {
        "shift": {"plus": shift.plus, "minus": shift.minus},
        "lag": shift.lag,
        "correlation": round(shift.correlation, 6),
        "order": round(shift.order, 3),
        "windows": shift.windows,
        "reads": {"plus": shift.reads_plus, "minus": shift.reads_minus},
        "verdict": shift.verdict,
    }


def _report(shift: StrandShift, plus: Path, minus: Path) -> None:
    logger.info("%s, %s", plus, minus)
    logger.info("  maxima of + and − at %+d and %+d bases from the summits", shift.plus, shift.minus)
    logger.info("  − lies %+d bases from +, by %.1f standard errors: %s", shift.lag, shift.order, shift.verdict)


def _require_right_order(shift: StrandShift, counts: np.ndarray, plus: Path, minus: Path) -> None:
    if np.array_equal(counts[:, 0], counts[:, 1]):
        raise InputError(
            "both strands have the same counts around the summits",
            file=minus,
            found=f"the same as in {plus}",
            allowed="5' ends of only the reads of the − strand",
            fix="give the bigWig of each strand, or the reads as BAM, which the workflow will count",
        )
    if shift.verdict == "swapped":
        raise InputError(
            "plus and minus look exchanged: around summits, reads of the + strand begin right of those of the − strand",
            file=plus,
            found=f"+ begins {-shift.lag} bases right of − ({minus}), by {-shift.order:.1f} standard errors, "
            f"in {shift.windows:,} windows",
            allowed="+ left of −, as on the two sides of a bound protein",
            fix="exchange the files of plus and minus in this source",
        )


if "snakemake" in globals():
    run_job(snakemake, check_strands)

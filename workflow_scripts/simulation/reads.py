"""Reads of a simulated sequencing run as BAM: drawn from rates, with duplicates, ambiguous and unmapped reads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pysam

from genome_data.alphabet import BASES
from workflow_support.job import progress

from .nexus import READ_LENGTH, NexusSettings

REVERSE, UNMAPPED, DUPLICATE = pysam.FREVERSE, pysam.FUNMAP, pysam.FDUP
MAPPING_QUALITY = 60
# Usual thresholds are 10, 20 or 30.
LOW_MAPPING_QUALITY_BELOW = 10
BASE_QUALITIES = "I" * READ_LENGTH


def draw_reads(rates: Mapping[str, np.ndarray], settings: NexusSettings, rng: np.random.Generator) -> pd.DataFrame:
    """Draw the reads of a sequencing run: good reads, duplicates, ambiguous and unmapped reads.

    Parameters
    ----------
    rates
        By contig, the expected 5' ends per base, shape (2, length): + strand, - strand. The numbers of ends are
        Poisson distributed; a rate of 0 means that no read can be mapped there.
    settings
        The numbers of other reads per good read.

    Returns
    -------
    pandas.DataFrame
        ``contig`` (its rank), ``start`` (leftmost base), ``flag``, ``mapping_quality``, sorted by position; unmapped
        reads (contig -1) come last.
    """
    good = pd.concat([_drawn_ends(rank, rng.poisson(strands)) for rank, strands in enumerate(rates.values())])
    duplicates = good.iloc[rng.integers(len(good), size=round(settings.duplicates_per_read * len(good)))]
    low_quality = _anywhere(rates, round(settings.low_quality_per_read * len(good)), rng)
    reads = pd.concat(
        [
            good.assign(mapping_quality=MAPPING_QUALITY),
            duplicates.assign(flag=duplicates["flag"] | DUPLICATE, mapping_quality=MAPPING_QUALITY),
            low_quality.assign(mapping_quality=rng.integers(LOW_MAPPING_QUALITY_BELOW, size=len(low_quality))),
        ]
    ).sort_values(["contig", "start", "flag"], kind="stable")
    unmapped = pd.DataFrame({"contig": -1, "start": -1, "flag": UNMAPPED, "mapping_quality": 0}, index=[0])
    return pd.concat([reads, unmapped.loc[[0] * round(settings.unmapped_per_read * len(good))]], ignore_index=True)


def write_bam(path: Path, contigs: Mapping[str, np.ndarray], reads: pd.DataFrame, rng: np.random.Generator) -> None:
    """Write the reads of :func:`draw_reads`, without sequencing errors, as coordinate-sorted BAM.

    Parameters
    ----------
    path
        The BAM to write.
    contigs
        Base codes by contig, from which the bases of reads are taken; unmapped reads have random bases.
    reads
        Reads sorted by position.
    """
    names = list(contigs)
    header = pysam.AlignmentHeader.from_dict(
        {
            "HD": {"VN": "1.6", "SO": "coordinate"},
            "SQ": [{"SN": name, "LN": len(codes)} for name, codes in contigs.items()],
        }
    )
    letters = [_letters(codes) for codes in contigs.values()]
    rows = progress(reads.itertuples(), description=path.name, unit="read", total=len(reads))
    with pysam.AlignmentFile(str(path), "wb", header=header) as bam:
        for number, (_, contig, start, flag, quality) in enumerate(rows, start=1):
            if flag & UNMAPPED:
                place, bases = "*\t0\t0\t*", _letters(rng.integers(len(BASES), size=READ_LENGTH))
            else:
                place = f"{names[contig]}\t{start + 1}\t{quality}\t{READ_LENGTH}M"
                bases = letters[contig][start : start + READ_LENGTH]
            line = f"read{number}\t{flag}\t{place}\t*\t0\t0\t{bases}\t{BASE_QUALITIES}"
            bam.write(pysam.AlignedSegment.fromstring(line, header))


def _drawn_ends(rank: int, ends: np.ndarray) -> pd.DataFrame:
    """One row per 5' end counted in ``ends``, shape (2, length)."""
    strands, positions = np.nonzero(ends)
    times = ends[strands, positions]
    return _reads_from(rank, np.repeat(strands, times), np.repeat(positions, times))


def _anywhere(rates: Mapping[str, np.ndarray], count: int, rng: np.random.Generator) -> pd.DataFrame:
    """Reads that start anywhere a read can be mapped, regardless of the rate."""
    sizes = [np.count_nonzero(strands) for strands in rates.values()]
    drawn = rng.multinomial(count, np.array(sizes) / sum(sizes))
    frames = []
    for rank, (strands, number) in enumerate(zip(rates.values(), drawn, strict=True)):
        places = rng.choice(np.flatnonzero(strands), size=number)
        frames.append(_reads_from(rank, *np.divmod(places, strands.shape[1])))
    return pd.concat(frames)


def _reads_from(rank: int, strands: np.ndarray, ends: np.ndarray) -> pd.DataFrame:
    starts = np.where(strands == 1, ends - READ_LENGTH + 1, ends)
    return pd.DataFrame({"contig": rank, "start": starts, "flag": strands * int(REVERSE)})


def _letters(codes: np.ndarray) -> str:
    return np.frombuffer(BASES + b"N", dtype=np.uint8)[codes].tobytes().decode("ascii")

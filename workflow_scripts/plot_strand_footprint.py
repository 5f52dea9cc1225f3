"""Counts of a profile task -> mean 5' ends of both strands around its summits, and around motif instances."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from figures.strand_footprint import Footprint, reads_around_sites, strand_footprint_figure
from figures.style import save_figure
from genome_data.strand_shift import footprint_maxima, smooth
from workflow_support.job import run_job

WINDOW_COLUMNS = ["contig", "start", "end"]


def plot_strand_footprint(
    *, windows: Path, counts: Path, strands: Path, sites: Path | None, svg: Path, png: Path
) -> None:
    """Draw the figure from what ``extract_profiles`` and ``check_strands`` write and, where there is one, the table of
    the motif instances that a simulation planted.
    """
    reads, measured = np.load(counts, mmap_mode="r"), json.loads(strands.read_text(encoding="utf-8"))
    footprints = [_around_summits(reads, measured)]
    if sites is not None:
        table = pd.read_csv(windows, sep="\t", usecols=WINDOW_COLUMNS, dtype={"contig": str})
        planted = pd.read_csv(sites, sep="\t", dtype={"contig": str})
        around = reads_around_sites(reads, table, planted[planted["kind"] == "site"])
        if len(around):
            footprints.append(_around_motifs(around))
    save_figure(strand_footprint_figure(footprints), svg, png)


def _around_summits(reads: np.ndarray, measured: dict) -> Footprint:
    middle = reads.shape[2] // 2
    reach = min(measured["flank"], middle, reads.shape[2] - 1 - middle)
    shown = slice(middle - reach, middle + reach + 1)
    means = reads.mean(axis=0, dtype=np.float64)
    # Smoothed before it is cut, for at its ends a smoothed profile falls off.
    smoothed = smooth(means, measured["sigma"])
    maxima = (measured["shift"]["plus"], measured["shift"]["minus"])
    return Footprint(f"{len(reads):,} summits", "From the summit (bp)", means[:, shown], smoothed[:, shown], maxima)


def _around_motifs(around: np.ndarray) -> Footprint:
    means = around.mean(axis=0)
    # The instances lie exactly on each other, so that nothing needs smoothing.
    maxima = footprint_maxima(around, sigma=0)
    return Footprint(f"{len(around):,} motifs, oriented", "From the motif (bp)", means, means, maxima)


if "snakemake" in globals():
    run_job(
        snakemake,
        plot_strand_footprint,
        windows=Path(snakemake.input.windows),
        counts=Path(snakemake.input.counts),
        strands=Path(snakemake.input.strands),
        sites=next((Path(path) for path in snakemake.input.sites), None),
        svg=Path(snakemake.output.svg),
        png=Path(snakemake.output.png),
    )

"""The 5' ends of the reads of both strands around bound sites."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from genome_data.windows.strand_shift import footprint_maxima, smooth
from workflow_support.palette import GREY, MINUS, PLUS

from .panels import legend_below, panels
from .style import SMALL, publication_style

SITE_REACH = 50
"""Bases on either side of a motif's middle."""
STRANDS = ((PLUS, "+"), (MINUS, "−"))
WINDOW_COLUMNS = ["contig", "start", "end"]


@dataclass(frozen=True)
class Footprint:
    """Reads around sites, averaged.

    Attributes
    ----------
    title, x_label
        Name of the sites, and of the place from which distances count.
    means, smoothed
        5' ends per base and site, (2, positions), + strand first; the site lies at ``positions // 2``.
    maxima
        Positions of the maxima of the + and the − strand, in bases from the site.
    """

    title: str
    x_label: str
    means: np.ndarray
    smoothed: np.ndarray
    maxima: tuple[int, int]


def draw(*, windows: Path, counts: Path, strands: Path, sites: Path | None) -> Figure:
    """Draw the figure from the outputs of ``extract_profiles`` and ``check_strands``.

    ``sites`` is the table of the motif instances that a simulation planted.
    """
    reads, measured = np.load(counts, mmap_mode="r"), json.loads(strands.read_text(encoding="utf-8"))
    footprints = [_around_summits(reads, measured)]
    if sites is not None:
        table = pd.read_csv(windows, sep="\t", usecols=WINDOW_COLUMNS, dtype={"contig": str})
        planted = pd.read_csv(sites, sep="\t", dtype={"contig": str})
        around = reads_around_sites(reads, table, planted[planted["kind"] == "site"])
        if len(around):
            footprints.append(_around_motifs(around))
    return strand_footprint_figure(footprints)


def reads_around_sites(counts: np.ndarray, windows: pd.DataFrame, sites: pd.DataFrame) -> np.ndarray:
    """Reads around the motif instances that lie in windows, turned so that every motif points to the right.

    Parameters
    ----------
    counts
        5' ends (windows, 2, positions), in the middle of each window.
    windows
        ``contig, start, end``, all of one width.
    sites
        ``contig, start, end, strand``.

    Returns
    -------
    numpy.ndarray
        (sites, 2, 2 SITE_REACH + 1), first the strand that carries the motif. A site whose surroundings no window holds
        is left out; a site in several windows counts once.
    """
    width = counts.shape[2]
    begins = windows["start"] + (windows["end"] - windows["start"] - width) // 2
    by_contig = {contig: starts.sort_values() for contig, starts in begins.groupby(windows["contig"])}
    found = []
    for site in sites.itertuples():
        half = (site.end - site.start) // 2
        # The same base of the motif on either strand, also if the motif has no middle.
        first = (site.start + half if site.strand == "+" else site.end - 1 - half) - SITE_REACH
        starts = by_contig.get(site.contig, pd.Series(dtype=int))
        # Of windows of one width, the last that begins early enough reaches farthest.
        place = int(starts.searchsorted(first, side="right")) - 1
        if place < 0 or first + 2 * SITE_REACH + 1 > starts.iloc[place] + width:
            continue
        offset = first - starts.iloc[place]
        reads = counts[starts.index[place], :, offset : offset + 2 * SITE_REACH + 1]
        found.append(reads if site.strand == "+" else reads[::-1, ::-1])
    return np.array(found, dtype=np.float64).reshape(-1, 2, 2 * SITE_REACH + 1)


@publication_style
def strand_footprint_figure(footprints: Sequence[Footprint]) -> Figure:
    """Mean 5' ends of both strands around sites, one panel per kind of site; the mean before smoothing is pale."""
    figure, axes = panels(1, len(footprints), 1.9)
    for axis, footprint in zip(axes[0], footprints, strict=True):
        _draw(axis, footprint)
    axes[0, 0].set_ylabel("5′ ends per base and site")
    handles = [Line2D([], [], color=colour, label=f"{name} strand") for colour, name in STRANDS]
    legend_below(figure, [*handles, Line2D([], [], color=GREY, ls=":", lw=0.8, label="maximum")], columns=3)
    return figure


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


def _draw(axis: Axes, footprint: Footprint) -> None:
    positions = np.arange(footprint.means.shape[1]) - footprint.means.shape[1] // 2
    for (colour, _), means, smoothed in zip(STRANDS, footprint.means, footprint.smoothed, strict=True):
        axis.plot(positions, means, color=colour, alpha=0.25, lw=0.6)
        axis.plot(positions, smoothed, color=colour, lw=0.9)
    for (colour, _), maximum in zip(STRANDS, footprint.maxima, strict=True):
        axis.axvline(maximum, color=colour, ls=":", lw=0.8)
    left, right = sorted(zip(footprint.maxima, STRANDS, strict=True))
    for (maximum, (colour, name)), side in ((left, "right"), (right, "left")):
        axis.annotate(
            f"{name} at {maximum:+d} ".replace("-", "−"),
            (maximum, 1),
            xycoords=axis.get_xaxis_transform(),
            xytext=(-2 if side == "right" else 2, -1),
            textcoords="offset points",
            ha=side,
            va="top",
            color=colour,
            fontsize=SMALL,
        )
    axis.set(title=footprint.title, xlabel=footprint.x_label, xlim=(positions[0], positions[-1]))
    axis.set_ylim(0, axis.get_ylim()[1] * 1.1)

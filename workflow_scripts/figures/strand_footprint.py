"""Where reads of the two strands begin around bound sites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from .style import BLUE, GREY, VERMILION, legend_below, panels, publication_style

SITE_REACH = 50
"""Bases on either side of a motif's middle."""
STRANDS = ((BLUE, "+"), (VERMILION, "−"))


@dataclass(frozen=True)
class Footprint:
    """Reads around sites, averaged.

    Attributes
    ----------
    title, x_label
        What the sites are, and from where distances count.
    means, smoothed
        5' ends a base and site, (2, positions), + strand first; the site lies at ``positions // 2``.
    maxima
        Positions of the maxima of the + and the − strand, in bases from the site.
    """

    title: str
    x_label: str
    means: np.ndarray
    smoothed: np.ndarray
    maxima: tuple[int, int]


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
        (sites, 2, 2 SITE_REACH + 1), first the strand that carries the motif; a site whose surroundings no window holds
        is left out, and one in several windows is counted once.
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
    """Mean 5' ends of both strands around sites, a panel each; where smoothed differs, the raw mean is pale."""
    figure, axes = panels(1, len(footprints), 1.9)
    for axis, footprint in zip(axes[0], footprints, strict=True):
        _draw(axis, footprint)
    axes[0, 0].set_ylabel("5′ ends a base and site")
    handles = [Line2D([], [], color=colour, label=f"{name} strand") for colour, name in STRANDS]
    legend_below(figure, [*handles, Line2D([], [], color=GREY, ls=":", lw=0.8, label="maximum")], columns=3)
    return figure


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
            fontsize=6,
        )
    axis.set(title=footprint.title, xlabel=footprint.x_label, xlim=(positions[0], positions[-1]))
    axis.set_ylim(0, axis.get_ylim()[1] * 1.1)

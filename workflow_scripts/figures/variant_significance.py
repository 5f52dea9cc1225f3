"""Differences between the alleles of variants against their p values: a volcano."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from genome_data.windows.null_variants import SIGNIFICANT_Q
from workflow_support.palette import GREY, VERMILION

from .panels import legend_below, note_figure, panels
from .style import SMALL, publication_style

NAMED = 5
"""Marked variants that have their names beside them: those with the largest differences."""

SLANT = {"left": 30, "right": -30}
"""Degrees by which a name is turned, by the side of it that lies at its variant."""


def draw(*, table: Path) -> Figure:
    """Draw the figure from the table of ``score_variants``."""
    return variant_significance_figure(pd.read_csv(table, sep="\t", dtype={"id": str, "contig": str}))


@publication_style
def variant_significance_figure(variants: pd.DataFrame) -> Figure:
    """The p value of each variant, by null variants, against the predicted difference between its alleles.

    Parameters
    ----------
    variants
        ``id, contig, position, difference, null_p, null_q``; rows without a p value are left out.
    """
    variants = variants[variants["null_p"].notna()]
    if variants.empty:
        return note_figure("no variant has a p value")
    is_marked = variants["null_q"] <= SIGNIFICANT_Q
    figure, axes = panels(1, 1, 2.0)
    axis = axes[0, 0]
    axis.axvline(0, color=GREY, lw=0.6)
    for rows, colour in ((~is_marked, GREY), (is_marked, VERMILION)):
        shown = variants[rows]
        x, y = shown["difference"], -np.log10(shown["null_p"])
        axis.plot(x, y, ls="", marker="o", markersize=2.2, mew=0, color=colour, alpha=0.8)
    largest = variants[is_marked].sort_values("difference", key=np.abs, ascending=False, kind="stable")[:NAMED]
    for row in largest.itertuples():
        side = "right" if row.difference > 0 else "left"
        place = (row.difference, -np.log10(row.null_p))
        # Slanted names of neighbours do not run into each other.
        axis.annotate(
            _name(row), place, (0, 3), textcoords="offset points", fontsize=SMALL, ha=side, rotation=SLANT[side]
        )
    highest = -np.log10(variants["null_p"].min())
    axis.set(xlabel="Predicted difference (logit)", ylabel="−log₁₀ p", ylim=(0, 1.3 * highest or 1))
    marked = int(is_marked.sum())
    handles = [_handle(GREY, f"other variants (n = {len(variants) - marked:,})")]
    legend_below(figure, [*handles, _handle(VERMILION, f"q ≤ {SIGNIFICANT_Q:g} (n = {marked:,})")])
    return figure


def _name(row: tuple) -> str:
    """The identifier of a variant, or its place if it has none."""
    has_name = isinstance(row.id, str) and row.id not in ("", ".")
    return row.id if has_name else f"{row.contig}:{row.position:,}"


def _handle(colour: str, label: str) -> Line2D:
    return Line2D([], [], ls="", marker="o", markersize=3, mew=0, color=colour, label=label)

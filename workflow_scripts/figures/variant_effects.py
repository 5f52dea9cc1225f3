"""Measured effects of variants against the predicted differences between their alleles."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from workflow_support.palette import GREY, VERMILION

from .panels import legend_below, panels
from .style import SMALL, publication_style

SCORERS = {
    "network": ("difference", "Networks", "Predicted difference (logit)"),
    "motif": ("motif_difference", "Motif matrix", "Score difference (bits)"),
}
ALL = "all"
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def draw(*, table: Path, correlation: Path) -> Figure:
    """Draw the figure from the outputs of ``score_variants`` for variants with measured effects."""
    return variant_effects_figure(pd.read_csv(table, sep="\t"), json.loads(correlation.read_text(encoding="utf-8")))


@publication_style
def variant_effects_figure(variants: pd.DataFrame, correlations: Sequence[Mapping[str, object]]) -> Figure:
    """Measured effect of the alternative allele against its predicted one, one panel per scorer.

    Parameters
    ----------
    variants
        ``effect, p_value, difference`` and, with a motif, ``motif_difference``; rows without an effect are left out.
    correlations
        ``scorer, subset, n, pearson, low, high``; a subset is ``all`` or ``p < limit``, whose variants are marked.
    """
    variants = variants[variants["effect"].notna()]
    scorers = [scorer for scorer in SCORERS if any(row["scorer"] == scorer for row in correlations)]
    subsets = list(dict.fromkeys(str(row["subset"]) for row in correlations))
    is_marked = pd.Series(False, index=variants.index)
    for subset in subsets:
        if subset != ALL:
            is_marked |= variants["p_value"] < float(subset.removeprefix("p < "))
    figure, axes = panels(1, len(scorers), 2.0, sharey=True)
    for scorer, axis in zip(scorers, axes[0], strict=True):
        column, name, label = SCORERS[scorer]
        lines = [_describe(row) for row in correlations if row["scorer"] == scorer]
        axis.set_title("\n".join([f"{name}: Pearson's r", *lines]), fontsize=SMALL)
        axis.set_xlabel(label)
        axis.xaxis.set_major_locator(MaxNLocator(4))
        _scatter(axis, variants[column], variants["effect"], is_marked)
    axes[0, 0].set_ylabel("Measured effect (logit)")
    others, marked = int((~is_marked).sum()), int(is_marked.sum())
    handles = [_handle(GREY, f"{'other ' if marked else ''}variants (n = {others:,})")]
    handles += [_handle(VERMILION, f"{_readable(subset)} (n = {marked:,})") for subset in subsets if subset != ALL]
    legend_below(figure, handles)
    return figure


def _scatter(axis: Axes, predicted: pd.Series, measured: pd.Series, is_marked: pd.Series) -> None:
    axis.axhline(0, color=GREY, lw=0.6)
    axis.axvline(0, color=GREY, lw=0.6)
    for rows, colour in ((~is_marked, GREY), (is_marked, VERMILION)):
        axis.plot(predicted[rows], measured[rows], ls="", marker="o", markersize=2.2, mew=0, color=colour, alpha=0.8)


def _describe(row: Mapping[str, object]) -> str:
    label = _readable(str(row["subset"]))
    if row["pearson"] is None:
        return f"{label}: none"
    low, high = (_signed(row[key]) for key in ("low", "high"))
    return f"{label}: {_signed(row['pearson'])} [{low}, {high}]"


def _signed(value: float) -> str:
    # Adding zero makes a negative zero positive.
    return f"{round(value, 2) + 0:.2f}".replace("-", "−")


def _readable(subset: str) -> str:
    if subset == ALL:
        return ALL
    mantissa, exponent = f"{float(subset.removeprefix('p < ')):.0e}".split("e")
    power = "10" + str(int(exponent)).translate(_SUPERSCRIPT)
    return f"p < {power}" if mantissa == "1" else f"p < {mantissa}·{power}"


def _handle(colour: str, label: str) -> Line2D:
    return Line2D([], [], ls="", marker="o", markersize=3, mew=0, color=colour, label=label)

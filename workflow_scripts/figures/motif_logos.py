"""Motifs found among the contributions, each beside the known motif that fits it best."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from genome_data.motifs import information, read_found_motifs, read_known_motifs

from .panels import note_figure, panels
from .sequence_logo import draw_logo
from .style import SMALL, publication_style

PANELS = 4
"""Motifs shown: those with the most sites."""
LETTERS_OF_COLUMN = 60
"""Letters that a line across the figure has room for."""


def draw(*, motifs: Path, table: Path, known: list[Path]) -> Figure:
    """Draw the figure from the outputs of ``find_motifs`` and the files of ``known`` motifs."""
    found = {name: motif.probabilities for name, motif in read_found_motifs(motifs).items()}
    references = {accession: motif.probabilities for accession, motif in read_known_motifs(known).items()}
    return motif_logos_figure(pd.read_csv(table, sep="\t"), found, references)


@publication_style
def motif_logos_figure(table: pd.DataFrame, found: Mapping[str, np.ndarray], known: Mapping[str, np.ndarray]) -> Figure:
    """Logos in bits, one row per motif: as found and, where known motifs were given, the one aligned to it.

    Parameters
    ----------
    table
        ``motif, sites, instances, bits, evidence, match, accession, correlation, q, strand, offset``; one row per
        motif, those with the most sites first. Without ``match``, but with ``correlation``, no known motif is similar
        enough.
    found, known
        Base probabilities (width, 4) by the name of the found motif, and by the accession of the known one.
    """
    if table.empty:
        return note_figure("no motif was found")
    shown = table[:PANELS]
    figure, axes = panels(len(shown), 2 if shown["match"].notna().any() else 1, 1.0, sharey=True)
    for (ours, *others), row in zip(axes, shown.itertuples(), strict=False):
        numbers = f"{row.sites} sites, {row.instances} instances, {row.bits:.1f} bits"
        _draw(ours, found[row.motif], 0, f"found in {numbers}{_caution(row)}{_unlike(row)}")
        if pd.isna(row.match):
            for axis in others:
                axis.remove()
            continue
        (theirs,) = others
        oriented = known[row.accession] if row.strand == "+" else known[row.accession][::-1, ::-1]
        _draw(theirs, oriented, int(row.offset), f"{row.match} ({row.accession}), {_similarity(row)}")
        ends = [0, len(found[row.motif]), row.offset, row.offset + len(oriented)]
        for axis in (ours, theirs):
            axis.set_xlim(min(ends) - 0.5, max(ends) - 0.5)
    figure.supylabel("Bits")
    return figure


def _caution(row: tuple) -> str:
    """The note on a motif that could be chance."""
    return "; may be chance" if row.evidence == "weak" else ""


def _unlike(row: tuple) -> str:
    """The note on a motif that resembles no known one."""
    is_weak = pd.isna(row.match) and not pd.isna(row.correlation)
    return f"; like no known motif (best {_similarity(row)})" if is_weak else ""


def _similarity(row: tuple) -> str:
    """The correlation with a known motif and, of a large set of known motifs, the q value."""
    correlation = f"correlation {row.correlation:.2f}"
    return correlation if pd.isna(row.q) else f"{correlation}, q {row.q:.1g}"


def _draw(axis: Axes, probabilities: np.ndarray, offset: int, title: str) -> None:
    draw_logo(axis, information(probabilities), offset)
    letters = LETTERS_OF_COLUMN // axis.get_gridspec().ncols
    axis.set_title(textwrap.fill(title, letters), fontsize=SMALL, loc="left", pad=2)
    axis.set(ylim=(0, 2), xticks=[])

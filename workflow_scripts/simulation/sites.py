"""Binding sites and decoys: drawing their words, writing them into the genome, and the table that is the truth."""

from __future__ import annotations

import numpy as np
import pandas as pd

from genome_data.alphabet import reverse_complement
from genome_data.motifs import Motif

# The middle of a site lies at most so far from the middle of its slot.
LARGEST_OFFSET = 40


def plant_sites(
    contigs: dict[str, np.ndarray],
    slots: pd.DataFrame,
    slot_width: int,
    motif: Motif,
    kind: str,
    strength_range: tuple[float, float],
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Write one site (or decoy) into every slot, in place, half of them on either strand.

    Parameters
    ----------
    contigs
        Base codes by contig; changed.
    slots
        Frame ``contig, start`` of slots of ``slot_width`` bases.
    motif
        Whose words are drawn.
    kind
        ``site`` or ``decoy``.
    strength_range
        Strengths are uniform within (see :meth:`Motif.sample`).

    Returns
    -------
    pandas.DataFrame
        One row a slot: ``contig, start, end, strand, kind, strength, log_odds`` (0-based, half open; bits).
    """
    strengths = rng.uniform(*strength_range, size=len(slots))
    words = motif.sample(strengths, rng) if kind == "site" else motif.sample_decoys(strengths, rng)
    is_reverse = rng.random(len(slots)) < 0.5
    largest_offset = min(LARGEST_OFFSET, (slot_width - motif.width) // 2)
    middles = slots["start"].to_numpy() + slot_width // 2
    starts = middles - motif.width // 2 + rng.integers(-largest_offset, largest_offset, size=len(slots), endpoint=True)
    written = np.where(is_reverse[:, None], reverse_complement(words), words)
    for contig, rows in slots.groupby("contig").indices.items():
        contigs[contig][starts[rows, None] + np.arange(motif.width)] = written[rows]
    return pd.DataFrame(
        {
            "contig": slots["contig"],
            "start": starts,
            "end": starts + motif.width,
            "strand": np.where(is_reverse, "-", "+"),
            "kind": kind,
            "strength": strengths,
            "log_odds": motif.log_odds(words),
        }
    )

"""The simulated genome: contigs whose GC content varies by block, binding sites and decoys, and the FASTA file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from genome_data.alphabet import BASES, reverse_complement
from genome_data.motifs import Motif

LETTERS = np.frombuffer(BASES + b"N", dtype=np.uint8)
LOWER_CASE_BIT = 0x20
LINE_WIDTH = 60
MASKED_RUN = 300
UNMASKED_RUN = 400
#: The largest distance between the middle of a site and the middle of its slot.
LARGEST_OFFSET = 40


def draw_bases(length: int, gc_range: tuple[float, float], gc_block: int, rng: np.random.Generator) -> np.ndarray:
    """Draw the base codes of a contig (uint8; A, C, G, T = 0..3); each block of ``gc_block`` bases has its own GC."""
    blocks = rng.uniform(*gc_range, size=-(-length // gc_block))
    is_gc = rng.random(length) < np.repeat(blocks, gc_block)[:length]
    is_second = rng.integers(0, 2, size=length, dtype=np.uint8)
    # C and G are 1 and 2; A and T are 0 and 3.
    return np.where(is_gc, 1 + is_second, 3 * is_second).astype(np.uint8)


def draw_soft_mask(length: int, rng: np.random.Generator) -> np.ndarray:
    """Draw which bases are in lower case (bool), in alternating runs, like masked repeats."""
    means = np.array([UNMASKED_RUN, MASKED_RUN])
    pairs = 1 + 2 * length // means.sum()
    runs = 1 + rng.exponential(np.tile(means, pairs)).astype(np.int64)
    is_masked = np.repeat(np.tile([False, True], pairs), runs)
    # The mask is drawn twice as long as needed on average; if it is still too short, it is repeated.
    return np.resize(is_masked, length)


def plant_sites(
    contigs: dict[str, np.ndarray],
    slots: pd.DataFrame,
    slot_width: int,
    motif: Motif,
    kind: str,
    strength_range: tuple[float, float],
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Write one site or decoy into every slot, in place. Each strand has half of them on average.

    Parameters
    ----------
    contigs
        Base codes by contig; they are changed in place.
    slots
        Frame ``contig, start``; each slot has ``slot_width`` bases.
    motif
        The motif from which words are drawn.
    kind
        ``site`` or ``decoy``.
    strength_range
        The range of the uniform distribution of strengths (see :meth:`Motif.sample`).

    Returns
    -------
    pandas.DataFrame
        One row per slot: ``contig, start, end, strand, kind, strength, log_odds`` (0-based, half open; bits).
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


def write_fasta(path: Path, contigs: Mapping[str, np.ndarray], rng: np.random.Generator) -> None:
    """Write contigs of base codes (4 is N) as soft-masked FASTA in lines of 60 bases."""
    with path.open("wb") as file:
        for name, codes in contigs.items():
            letters = LETTERS[codes]
            letters[draw_soft_mask(len(codes), rng)] |= LOWER_CASE_BIT
            whole = len(letters) // LINE_WIDTH * LINE_WIDTH
            lines = np.full((whole // LINE_WIDTH, LINE_WIDTH + 1), ord("\n"), dtype=np.uint8)
            lines[:, :LINE_WIDTH] = letters[:whole].reshape(-1, LINE_WIDTH)
            file.write(b">%s\n" % name.encode())
            file.write(lines.tobytes())
            if whole < len(letters):
                file.write(letters[whole:].tobytes() + b"\n")

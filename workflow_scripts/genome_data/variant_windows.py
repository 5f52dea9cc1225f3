"""The genome round a variant, with either allele in the middle."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .alphabet import ASCII_TO_CODE
from .genome import Genome
from .motifs import Motif


def allele_windows(genome: Genome, variants: pd.DataFrame, allele: str, width: int) -> np.ndarray:
    """Base codes of the genome with an allele in the middle of each window: uint8 (variants, width).

    The base in the middle of an allele (of an even number, the right one) is at ``width // 2``: so is that of a single
    base. Bases beyond the ends of a contig are N.

    Parameters
    ----------
    variants
        ``genome_contig, genome_start, reference`` and the column of the allele, none longer than ``width``.
    allele
        ``reference`` or ``alternative``.
    """
    windows = np.empty((len(variants), width), dtype=np.uint8)
    lengths, replaced = variants[allele].str.len().to_numpy(), variants["reference"].str.len().to_numpy()
    for length in np.unique(lengths):
        rows = np.flatnonzero(lengths == length)
        contigs = variants["genome_contig"].iloc[rows]
        starts = variants["genome_start"].to_numpy()[rows]
        left = width // 2 - length // 2
        right = width - left - length
        if left:
            windows[rows, :left] = genome.codes(contigs, starts - left, left)
        letters = "".join(variants[allele].iloc[rows]).encode("ascii")
        windows[rows, left : left + length] = ASCII_TO_CODE[np.frombuffer(letters, np.uint8)].reshape(-1, length)
        if right:
            windows[rows, left + length :] = genome.codes(contigs, starts + replaced[rows], right)
    return windows


def allele_motif_scores(genome: Genome, variants: pd.DataFrame, allele: str, motif: Motif) -> np.ndarray:
    """Bits of the best word on either strand that holds a base of the allele: float64 (variants,).

    ``variants`` and ``allele`` are those of :func:`allele_windows`.
    """
    scores = np.empty(len(variants))
    lengths = variants[allele].str.len().to_numpy()
    for length in np.unique(lengths):
        rows = np.flatnonzero(lengths == length)
        width = int(length) + 2 * (motif.width - 1)
        scores[rows] = motif.best_log_odds_of_words(allele_windows(genome, variants.iloc[rows], allele, width))
    return scores

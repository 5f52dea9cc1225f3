"""Null variants: the changes of given variants, at other places near them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..alphabet import ASCII_TO_CODE, BASES, UNKNOWN
from ..genome import Genome

SEED = 0
"""The seed of the places."""
SIGNIFICANT_Q = 0.05
"""The q value against null variants up to which a variant is significant."""


def null_variants(genome: Genome, variants: pd.DataFrame, number: int, reach: int) -> pd.DataFrame:
    """Variants that differ from given ones in their place alone, drawn evenly from all of these.

    Each lies at most ``reach`` bases from a given variant, so that the sequence around it is of the same kind. Where
    one base replaces another, so does it there. Other changes keep their lengths and, of an insertion, the bases that
    come in.

    Parameters
    ----------
    genome
        The genome of the variants.
    variants
        ``genome_contig, genome_start, reference, alternative``, with bases in capital letters.
    number
        How many to draw. There are fewer if some variants have no other place for their change.
    reach
        The largest distance from the variant in bases.

    Returns
    -------
    pandas.DataFrame
        ``genome_contig, genome_start, reference, alternative``.
    """
    rng, drawn = np.random.default_rng(SEED), []
    columns = ["genome_contig", "genome_start", "reference", "alternative"]
    order = rng.permutation(len(variants))
    for row in np.resize(order, number if len(order) else 0):
        contig, start, reference, alternative = variants[columns].iloc[row]
        bases, length = genome.bases(contig), len(reference)
        first = max(0, start - reach)
        codes = ASCII_TO_CODE[bases[first : min(len(bases), start + reach + length)]]
        words = np.lib.stride_tricks.sliding_window_view(codes, length)
        is_place = (words != UNKNOWN).all(axis=1)
        if length == len(alternative) == 1:
            is_place &= words[:, 0] == BASES.index(reference.encode())
        # The places at which the change would overlap that of the variant are its own.
        is_place[max(0, start - first - length + 1) : start - first + length] = False
        if is_place.any():
            place = int(rng.choice(np.flatnonzero(is_place)))
            present = "".join(chr(BASES[code]) for code in words[place])
            drawn.append((contig, first + place, present, _changed(present, reference, alternative)))
    return pd.DataFrame(drawn, columns=columns).astype({"genome_start": np.int64})


def _changed(present: str, reference: str, alternative: str) -> str:
    """The bases that are there, changed as the reference allele is to the alternative."""
    if len(alternative) < len(reference):
        return present[: len(alternative)]
    if len(alternative) > len(reference):
        return present + alternative[len(reference) :]
    steps = [
        BASES.index(new) - BASES.index(old) for new, old in zip(alternative.encode(), reference.encode(), strict=True)
    ]
    return "".join(
        chr(BASES[(BASES.index(base) + step) % len(BASES)]) for base, step in zip(present.encode(), steps, strict=True)
    )

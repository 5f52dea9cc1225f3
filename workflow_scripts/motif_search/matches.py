"""Known motifs that motifs found resemble: correlations, and the p and q values of TOMTOM."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from memelite import tomtom
from scipy.stats import false_discovery_control

from genome_data.motifs import LEAST_CORRELATION, Motif, best_match

LEAST_DATABASE = 50
"""The fewest known motifs from which p values are computed.

TOMTOM takes the chance of a match from the columns of the known motifs, so that with few of them p values depend on
which these are; MEME warns of fewer than 50.
"""
LARGEST_Q = 0.05
"""The q value up to which a motif is said to resemble a known one."""


def known_matches(found: Sequence[np.ndarray], known: Mapping[str, Motif]) -> list[dict[str, object]]:
    """The known motif that each motif resembles, as the columns of a table.

    With `LEAST_DATABASE` known motifs or more, the best one is that with the smallest p value of TOMTOM (Gupta et al.
    2007, with the complete score of Tanaka et al. 2011), and has a name if its q value is at most `LARGEST_Q`. With
    fewer, the best one has the largest correlation, and has a name if that is
    :data:`genome_data.motifs.LEAST_CORRELATION` or more.

    Parameters
    ----------
    found
        Base probabilities (width, 4) of each motif.
    known
        The known motifs by accession.

    Returns
    -------
    list[dict[str, object]]
        For each motif the ``correlation`` with the best known one and, of a large database, its ``p`` and ``q``; with
        a name also ``match``, ``accession``, ``strand`` and ``offset`` (:func:`genome_data.motifs.best_match`). No key
        without known motifs. q values are corrected for all pairs of a found and a known motif (Benjamini & Hochberg).
    """
    if not found or not known:
        return [{} for _ in found]
    motifs, of_pairs = list(known.values()), correlations(found, known)
    if len(motifs) < LEAST_DATABASE:
        best, values = of_pairs.argmax(axis=1), [{} for _ in found]
        is_named = of_pairs.max(axis=1) >= LEAST_CORRELATION
    else:
        p = tomtom_p_values(found, [each.probabilities for each in motifs])
        q = false_discovery_control(p.ravel()).reshape(p.shape)
        # Among equally small p values, the largest correlation decides.
        best = np.lexsort((-of_pairs, p))[:, 0]
        values = [{"p": p[row, column], "q": q[row, column]} for row, column in enumerate(best)]
        is_named = np.array([each["q"] <= LARGEST_Q for each in values])
    return [
        {"correlation": of_pairs[row, best[row]]}
        | values[row]
        | (_named(found[row], motifs[best[row]]) if is_named[row] else {})
        for row in range(len(found))
    ]


def correlations(found: Sequence[np.ndarray], known: Mapping[str, Motif]) -> np.ndarray:
    """The correlation of each motif (width, 4) with each known one at the best alignment: (found, known)."""
    of_known = [each.probabilities for each in known.values()]
    return np.array([[best_match(motif, each).correlation for each in of_known] for motif in found])


def tomtom_p_values(found: Sequence[np.ndarray], known: Sequence[np.ndarray]) -> np.ndarray:
    """The p value of the best alignment of each known motif, on either strand, to each motif: (found, known).

    Both are base probabilities (width, 4).
    """
    columns = [[np.ascontiguousarray(each.T, dtype=np.float64) for each in motifs] for motifs in (found, known)]
    # The last step of 1 - (1 - p)^n may leave the unit interval by rounding.
    return np.clip(tomtom(*columns, n_jobs=1)[0], 0, 1)


def _named(motif: np.ndarray, known: Motif) -> dict[str, object]:
    match = best_match(motif, known.probabilities)
    return {"match": known.name, "accession": known.accession, "strand": match.strand, "offset": match.offset}

"""Instances of motifs on a genome: places that match a motif and raise the answer, more so than those of decoys do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from memelite import fimo

from genome_data.alphabet import UNKNOWN
from genome_data.motifs import LEAST_CORRELATION, FoundMotif, Motif, best_match

LARGEST_P = 1e-3
"""The p value of a word up to which it matches a motif; the best word of five bases has a p value of 0.00098."""
LARGEST_Q = 0.05
"""The q value up to which a match is an instance."""
DECOYS, SEED = 20, 0
"""The decoys of each motif, and the seed that they are drawn with."""
COLUMNS = ["contig", "start", "end", "motif", "strand", "log_odds", "p", "contribution", "q"]


class Explained(NamedTuple):
    """Stretches of a genome and the contributions of their bases; they may overlap.

    Attributes
    ----------
    contigs, starts
        Contig and first base of each stretch, both (stretches,).
    codes
        Base codes A, C, G, T, N = 0..4: (stretches, bases).
    contributions
        Contributions of the bases that are there: (stretches, bases).
    """

    contigs: np.ndarray
    starts: np.ndarray
    codes: np.ndarray
    contributions: np.ndarray


def instances(motifs: Mapping[str, FoundMotif], explained: Explained) -> pd.DataFrame:
    """The instances of each motif: its matches whose evidence is larger than that of most matches of its decoys.

    The evidence for a match is its log odds times its contribution, so that it needs both. Decoys have the columns of
    the motif in another order, and are looked for in the same stretches: the evidence for their matches is that of
    chance, also beside true sites, where all bases contribute. Among matches with some evidence or more, the share of
    false ones is estimated as (1 + matches of a decoy) / matches of the motif, like with the knockoffs of Barber &
    Candès (2015). The q value of a match is the smallest such share at its evidence or less. So a motif of noise has
    few instances, or none.

    Parameters
    ----------
    motifs
        The motifs by name.
    explained
        Where to look. A place in several stretches has the contribution that it has in the first of them.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`, sorted by place: the instances with a q value of at most `LARGEST_Q`. Instances of one motif do not
        overlap; those of two motifs may. ``log_odds`` is in bits, ``p`` the probability of a word that matches as well
        (FIMO, uniform bases), and ``contribution`` the sum over the bases. ``strand`` is that of the motif, or ``.`` if
        a word matches equally well on both.
    """
    found = [_instances_of(name, motif, explained) for name, motif in motifs.items()]
    table = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=COLUMNS)
    return table[COLUMNS].sort_values(["contig", "start", "end", "motif"], ignore_index=True, kind="stable")


def as_bed(table: pd.DataFrame) -> pd.DataFrame:
    """The six columns of BED: place, motif, score, strand.

    The score is the evidence for an instance, where the largest of its motif is 1000.
    """
    evidence = table["log_odds"] * table["contribution"]
    largest = evidence.groupby(table["motif"]).transform("max")
    score = (1000 * evidence / largest).round().astype(int)
    return table.assign(score=score)[["contig", "start", "end", "motif", "score", "strand"]]


def matches(motifs: Sequence[Motif], explained: Explained) -> pd.DataFrame:
    """The places that match motifs of one width and raise the answer, for each motif the best of those that overlap.

    Words with unknown bases do not match.

    Returns
    -------
    pandas.DataFrame
        ``number, contig, start, end, strand, log_odds, p, contribution, evidence``; motifs are numbered from 0.
    """
    one_hot = (explained.codes[:, None] == np.arange(4)[:, None]).astype(np.int8)
    matrices = {str(number): motif.probabilities.T for number, motif in enumerate(motifs)}
    found = pd.concat(fimo(matrices, one_hot, threshold=LARGEST_P, eps=0))
    row, start, end = (found[column].to_numpy(dtype=np.int64) for column in ("sequence_name", "start", "end"))
    table = pd.DataFrame(
        {
            "number": found["motif_idx"].to_numpy(dtype=np.int64),
            "contig": explained.contigs[row],
            "start": explained.starts[row] + start,
            "end": explained.starts[row] + end,
            "strand": found["strand"].to_numpy(dtype=object),
            # Rounding of sums in another order must not decide between the strands.
            "log_odds": found["score"].to_numpy(dtype=np.float64).round(4),
            "p": found["p-value"].to_numpy(dtype=np.float64),
            "contribution": _sums(explained.contributions, row, start, end),
        }
    )
    table["evidence"] = table["log_odds"] * table["contribution"]
    is_match = (_sums(explained.codes >= UNKNOWN, row, start, end) == 0) & (table["log_odds"] > 0)
    is_match &= table["contribution"] > 0
    table = table[is_match].iloc[np.argsort(row[is_match], kind="stable")]
    place = ["number", "contig", "start"]
    table = table.drop_duplicates([*place, "strand"])
    is_tied = table.duplicated([*place, "log_odds"], keep=False)
    table = table.assign(strand=table["strand"].mask(is_tied, ".")).drop_duplicates([*place, "strand"])
    return table[_is_best_of_overlapping(table)]


def decoys(motif: Motif) -> list[Motif]:
    """Motifs with the columns of one in another order, each complemented or not, that do not resemble it.

    They have as much information, and as many G and C. There are `DECOYS` of them, or fewer if too many orders give
    much the same motif.
    """
    rng, drawn = np.random.default_rng(SEED), []
    for _ in range(10 * DECOYS):
        counts = motif.counts[rng.permutation(motif.width)]
        is_complemented = rng.random(motif.width) < 0.5
        decoy = Motif(motif.accession, motif.name, np.where(is_complemented[:, None], counts[:, ::-1], counts))
        if best_match(decoy.probabilities, motif.probabilities).correlation < LEAST_CORRELATION:
            drawn.append(decoy)
        if len(drawn) == DECOYS:
            break
    return drawn


def q_values(evidence: np.ndarray, of_decoys: np.ndarray, number: int) -> np.ndarray:
    """The q value of each match from the evidence for it, and that for the matches of a ``number`` of decoys.

    Without decoys, all are 1.
    """
    if not number:
        return np.ones(len(evidence))
    of_motif, of_decoys = np.sort(evidence), np.sort(of_decoys)
    at_least = len(of_motif) - np.searchsorted(of_motif, of_motif)
    by_chance = (len(of_decoys) - np.searchsorted(of_decoys, of_motif)) / number
    # The shares at all smaller thresholds are those that stand before a match in increasing order.
    smallest = np.minimum.accumulate((1 + by_chance) / at_least)
    return np.minimum(1, smallest[np.searchsorted(of_motif, evidence)])


def _instances_of(name: str, found: FoundMotif, explained: Explained) -> pd.DataFrame:
    motif = Motif(name, name, found.probabilities * found.sites)
    drawn = decoys(motif)
    table = matches([motif, *drawn], explained)
    is_decoy = table["number"] > 0
    of_motif, of_decoys = table[~is_decoy], table.loc[is_decoy, "evidence"]
    q = q_values(of_motif["evidence"].to_numpy(), of_decoys.to_numpy(), len(drawn))
    return of_motif.assign(motif=name, q=q)[q <= LARGEST_Q]


def _sums(values: np.ndarray, row: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Sums of ``values`` (rows, positions) from ``start`` to ``end`` of a row, each (sums,)."""
    sums = np.pad(np.cumsum(values, axis=1, dtype=np.float64), ((0, 0), (1, 0)))
    return sums[row, end] - sums[row, start]


def _is_best_of_overlapping(table: pd.DataFrame) -> np.ndarray:
    """True for each match to keep: of one motif the best, then the best of those that do not overlap it, and so on.

    The best has the largest log odds; of equal ones, the largest contribution.
    """
    # One number for each motif and contig.
    group = table.groupby(["number", "contig"]).ngroup().to_numpy()
    order = np.lexsort((table["start"], group))
    group, starts, ends = (values[order] for values in (group, table["start"].to_numpy(), table["end"].to_numpy()))
    rank = np.empty(len(order), dtype=np.int64)
    rank[np.lexsort((table["contribution"], table["log_odds"]))] = np.arange(len(order))
    rank = rank[order]
    # Matches have one width, so those that overlap are neighbours in order: pairs at distance 1, 2, ...
    pairs, distance = [], 1
    while True:
        overlaps = (group[distance:] == group[:-distance]) & (starts[distance:] < ends[:-distance])
        if not overlaps.any():
            break
        first = np.flatnonzero(overlaps)
        pairs.append(np.stack([first, first + distance]))
        distance += 1
    first, second = np.concatenate([*pairs, np.empty((2, 0), dtype=np.int64)], axis=1)
    better, worse = np.where(rank[first] > rank[second], (first, second), (second, first))
    is_left, is_kept = np.ones(len(order), dtype=bool), np.zeros(len(order), dtype=bool)
    while is_left.any():
        both = is_left[better] & is_left[worse]
        is_best = is_left.copy()
        is_best[worse[both]] = False
        is_kept |= is_best
        is_left &= ~is_best
        is_left[worse[both & is_best[better]]] = False
    result = np.empty(len(order), dtype=bool)
    result[order] = is_kept
    return result

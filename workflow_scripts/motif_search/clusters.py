"""Motifs from contributions: stretches of high contribution, *seqlets*, clustered by the steps of TF-MoDISco."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from modiscolite import precompile
from modiscolite.core import Seqlet, SeqletSet, TrackSet
from modiscolite.extract_seqlets import extract_seqlets
from modiscolite.tfmodisco import seqlets_to_patterns
from numpy.lib.stride_tricks import sliding_window_view

from genome_data.motifs import FoundMotif

# The fewest seqlets that are clustered; the default of the library is for thousands of windows.
LEAST_SEQLETS = 40
# The most seqlets that are clustered, those with the largest contributions; the time grows faster than their number.
MOST_SEQLETS = 4_000
# Bases of the core of a seqlet, which decides whether it is one, and on either side of it.
CORE, FLANK = 21, 10
# Runs of the clustering, of which the best is kept; more runs find the same motifs in a few hundred windows.
RESTARTS = 5
# Positions at either end that contribute less than this share of the strongest one are cut off, like in the report of
# the library.
TRIM = 0.3


class Place(NamedTuple):
    """A site of a motif: its window, its first base and the one after the last, and its strand (``+`` or ``-``)."""

    window: int
    start: int
    end: int
    strand: str


class Cluster(NamedTuple):
    """A motif and the places of the seqlets that it was made of, as many as it has sites."""

    motif: FoundMotif
    places: list[Place]


class Clusters(NamedTuple):
    """The clusters of seqlets, those with most sites first, and the number of seqlets that raise the answer."""

    clusters: list[Cluster]
    seqlets: int


def cluster(contributions: np.ndarray, codes: np.ndarray) -> Clusters:
    """Cluster the seqlets that raise the answer, with the settings of the library's command.

    Both strands of every seqlet are compared, so the strand of a motif has no meaning.

    Parameters
    ----------
    contributions
        Hypothetical contributions (windows, bases, 4).
    codes
        Base codes A, C, G, T, N = 0..4: (windows, bases).

    Returns
    -------
    Clusters
        Clusters of two or more sites.
    """
    # Compiled code of the library is kept on disk from one run to the next.
    precompile.start()
    hypothetical = contributions.astype(np.float32)
    one_hot = (codes[..., None] == np.arange(4)).astype(np.float32)
    actual = one_hot * hypothetical
    tracks = TrackSet(one_hot=one_hot, contrib_scores=actual, hypothetical_contribs=hypothetical)
    scores = actual.sum(axis=2)
    sums = sliding_window_view(scores, CORE, axis=1).sum(axis=2)
    if not (sums > 0).any():
        return Clusters([], 0)
    if not (sums < 0).any():
        # The library sets a threshold for each sign, and fails without values of one: mirrored ones stand in.
        scores = np.concatenate([scores, -scores])
    places, threshold = extract_seqlets(
        attribution_scores=scores,
        window_size=CORE,
        flank=FLANK,
        suppress=CORE // 2 + FLANK,
        target_fdr=0.2,
        min_passing_windows_frac=0.03,
        max_passing_windows_frac=0.2,
        weak_threshold_for_counting_sign=0.8,
    )
    places = [each for each in places if each.example_idx < len(actual)]
    raising = [each for each in tracks.create_seqlets(places) if _strength(each) > threshold]
    if len(raising) < LEAST_SEQLETS:
        return Clusters([], len(raising))
    patterns = seqlets_to_patterns(
        sorted(raising, key=_strength, reverse=True)[:MOST_SEQLETS],
        tracks,
        track_signs=1,
        n_leiden_runs=RESTARTS,
        trim_to_window_size=30,
        initial_flank_to_add=10,
        final_min_cluster_size=2,
    )
    clusters = sorted(map(_trimmed, patterns or []), key=lambda each: -each.motif.sites)
    return Clusters(clusters, len(raising))


def bits_by_chance(sites: int, seqlets: int, width: int) -> float:
    """The information that a motif of so many sites and bases could have if seqlets had nothing in common.

    Random sites agree in I bits with a probability of about 2^(−sites × I). There are C(seqlets, sites) choices of
    them, at most (e × seqlets / sites)^sites, and for each the places and strands of a site in a seqlet, to the power
    of sites. One such motif is expected where the product is 1. This is the statistic of Hertz & Stormo (1999,
    Bioinformatics 15:563) with bounds in place of their exact counts. The last term is the information that few sites
    have by the sampling of their letters alone (Schneider et al. 1986, J. Mol. Biol. 188:415).
    """
    seqlets = min(seqlets, MOST_SEQLETS)
    places = 2 * (CORE + 2 * FLANK)
    return math.log2(places) + math.log2(math.e * seqlets / sites) + 3 * width / (2 * math.log(2) * sites)


def _strength(seqlet: Seqlet) -> float:
    """The sum of the contributions in the core of a seqlet."""
    return float(seqlet.contrib_scores[FLANK:-FLANK].sum())


def _trimmed(pattern: SeqletSet) -> Cluster:
    strength = np.abs(pattern.contrib_scores).sum(axis=1)
    strong = np.flatnonzero(strength >= TRIM * strength.max())
    start, end = int(strong[0]), int(strong[-1]) + 1
    probabilities = pattern.sequence[start:end]
    motif = FoundMotif(probabilities / probabilities.sum(axis=1, keepdims=True), len(pattern.seqlets))
    trimmed = [seqlet.trim(start, end) for seqlet in pattern.seqlets]
    return Cluster(
        motif,
        [
            Place(int(each.example_idx), int(each.start), int(each.end), "-" if each.is_revcomp else "+")
            for each in trimmed
        ],
    )

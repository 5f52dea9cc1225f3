"""Contributions of bases -> motifs among them (TF-MoDISco), as a MEME file and a table of known matches."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from modiscolite import precompile
from modiscolite.core import Seqlet, SeqletSet, TrackSet
from modiscolite.extract_seqlets import extract_seqlets
from modiscolite.tfmodisco import seqlets_to_patterns

from genome_data.motifs import (
    LEAST_CORRELATION,
    FoundMotif,
    Motif,
    best_match,
    consensus,
    read_known_motifs,
    write_meme,
)
from genome_data.windows.table import read_windows
from workflow_support.files import atomic_paths
from workflow_support.job import logger, run_job

COLUMNS = ["motif", "sites", "consensus", "match", "accession", "correlation", "strand", "offset"]
# The fewest seqlets that are clustered, and the fewest of a motif; the defaults of the library are for thousands of
# windows.
LEAST_SEQLETS, LEAST_SITES = 40, 20
# The most seqlets that are clustered, those with the largest contributions; the time grows faster than their number.
MOST_SEQLETS = 4_000
# Bases of the core of a seqlet, which decides whether it is one, and on either side of it.
CORE, FLANK = 21, 10
# Runs of the clustering, of which the best is kept; more runs find the same motifs in a few hundred windows.
RESTARTS = 5
# Positions at either end that contribute less than this share of the strongest one are cut off, like in the report of
# the library.
TRIM = 0.3


class Clusters(NamedTuple):
    """The clusters of seqlets, those with most sites first, and the number of seqlets that raise the answer."""

    motifs: list[FoundMotif]
    seqlets: int


def find_motifs(
    windows: Path,
    contributions: Path,
    sequences: Path,
    known: list[Path],
    strongest: int,
    motifs: Path,
    table: Path,
    search: Path,
) -> None:
    """Cluster the stretches of high contribution, *seqlets*, into motifs.

    Only contributions that raise the answer are used. Both strands of every stretch are compared, so the strand of a
    motif has no meaning.

    Parameters
    ----------
    windows
        The window table of the task.
    contributions, sequences
        As ``attribute_sequences`` writes them: hypothetical contributions (windows, bases, 4) and base codes (windows,
        bases).
    known
        Files of motifs to compare with (:func:`genome_data.motifs.read_known_motifs`).
    strongest
        The largest number of windows that could be explained.
    motifs
        File to write, in MEME's text format: ``motif_1`` has the most sites.
    table
        Table to write, ``motif, sites, consensus``, and for the known motif that fits best its ``correlation`` and, if
        that is :data:`genome_data.motifs.LEAST_CORRELATION` or more, ``match`` (its name), ``accession``, ``strand``
        and ``offset`` (:func:`genome_data.motifs.best_match`). Those are empty if there is no known motif.
    search
        JSON to write, with the numbers behind what was found and what was not: ``bound`` windows of the task and those
        ``explained``, their largest number ``strongest``, ``seqlets`` and their smallest number ``least_seqlets``,
        ``clusters``, the sites of the ``largest`` one and the fewest of a motif, ``least_sites``, and the best
        ``correlation`` of a cluster with a known motif, or null.
    """
    codes = np.load(sequences)
    clusters = _cluster(np.load(contributions), codes)
    references = read_known_motifs(known)
    strong = [motif for motif in clusters.motifs if motif.sites >= LEAST_SITES]
    found = {f"motif_{number}": motif for number, motif in enumerate(strong, start=1)}
    rows = [_describe(name, motif, references) for name, motif in found.items()]
    of_all = [_describe("", motif, references).get("correlation") for motif in clusters.motifs]
    numbers = {
        "bound": int((read_windows(windows)["label"] == 1).sum()),
        "explained": len(codes),
        "strongest": strongest,
        "seqlets": clusters.seqlets,
        "least_seqlets": LEAST_SEQLETS,
        "clusters": len(clusters.motifs),
        "largest": max((motif.sites for motif in clusters.motifs), default=0),
        "least_sites": LEAST_SITES,
        "correlation": max((round(each, 4) for each in of_all if each is not None), default=None),
    }
    with atomic_paths(motifs, table, search) as (new_motifs, new_table, new_search):
        write_meme(found, new_motifs)
        # A motif without a match leaves its offset empty, and the others stay whole numbers.
        described = pd.DataFrame(rows, columns=COLUMNS).astype({"offset": "Int64"})
        described.to_csv(new_table, sep="\t", index=False, float_format="%.4f")
        new_search.write_text(json.dumps(numbers, indent=2) + "\n", encoding="utf-8")
    logger.info(
        "%d motifs: %s", len(found), ", ".join(f"{row['consensus']} ({row['sites']})" for row in rows) or "none"
    )
    logger.info("The search in numbers: %s", ", ".join(f"{name} {value}" for name, value in numbers.items()))


def _describe(name: str, motif: FoundMotif, references: Mapping[str, Motif]) -> dict[str, object]:
    """The row of a motif in the table."""
    row = {"motif": name, "sites": motif.sites, "consensus": consensus(motif.probabilities)}
    matches = {known: best_match(motif.probabilities, each.probabilities) for known, each in references.items()}
    if not matches:
        return row
    best = max(matches, key=lambda known: matches[known].correlation)
    if matches[best].correlation < LEAST_CORRELATION:
        return row | {"correlation": matches[best].correlation}
    return row | {"match": references[best].name, "accession": best} | matches[best]._asdict()


def _cluster(contributions: np.ndarray, codes: np.ndarray) -> Clusters:
    """The clusters of any number of sites, by the steps of TF-MoDISco with the settings of its command."""
    # Compiled code of the library is kept on disk from one run to the next.
    precompile.start()
    hypothetical = contributions.astype(np.float32)
    one_hot = (codes[..., None] == np.arange(4)).astype(np.float32)
    actual = one_hot * hypothetical
    tracks = TrackSet(one_hot=one_hot, contrib_scores=actual, hypothetical_contribs=hypothetical)
    places, threshold = extract_seqlets(
        attribution_scores=actual.sum(axis=2),
        window_size=CORE,
        flank=FLANK,
        suppress=CORE // 2 + FLANK,
        target_fdr=0.2,
        min_passing_windows_frac=0.03,
        max_passing_windows_frac=0.2,
        weak_threshold_for_counting_sign=0.8,
    )
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
    motifs = sorted(map(_trimmed, patterns or []), key=lambda motif: -motif.sites)
    return Clusters(motifs, len(raising))


def _strength(seqlet: Seqlet) -> float:
    """The sum of the contributions in the core of a seqlet."""
    return float(seqlet.contrib_scores[FLANK:-FLANK].sum())


def _trimmed(pattern: SeqletSet) -> FoundMotif:
    strength = np.abs(pattern.contrib_scores).sum(axis=1)
    strong = np.flatnonzero(strength >= TRIM * strength.max())
    probabilities = pattern.sequence[strong[0] : strong[-1] + 1]
    return FoundMotif(probabilities / probabilities.sum(axis=1, keepdims=True), len(pattern.seqlets))


if "snakemake" in globals():
    run_job(snakemake, find_motifs)

"""Contributions of bases -> motifs among them (TF-MoDISco), as a MEME file and a table of known matches."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from modiscolite.core import SeqletSet
from modiscolite.tfmodisco import TFMoDISco

from genome_data.motifs import FoundMotif, Motif, best_match, consensus, read_known_motifs, write_meme
from workflow_support.files import atomic_paths
from workflow_support.job import logger, run_job

COLUMNS = ["motif", "sites", "consensus", "match", "accession", "correlation", "strand", "offset"]
# The fewest seqlets that are clustered, and the fewest of a motif; the defaults of the library are for thousands of
# windows.
LEAST_SEQLETS, LEAST_SITES = 40, 20
# Runs of the clustering, of which the best is kept; more runs find the same motifs in a few hundred windows.
RESTARTS = 5
# Positions at either end that contribute less than this share of the strongest one are cut off, like in the report of
# the library.
TRIM = 0.3


def find_motifs(contributions: Path, sequences: Path, known: list[Path], motifs: Path, table: Path) -> None:
    """Cluster the stretches of high contribution into motifs.

    Only contributions that raise the answer are used. Both strands of every stretch are compared, so the strand of a
    motif has no meaning.

    Parameters
    ----------
    contributions, sequences
        As ``attribute_sequences`` writes them: hypothetical contributions (windows, bases, 4) and base codes (windows,
        bases).
    known
        Files of motifs to compare with (:func:`genome_data.motifs.read_known_motifs`).
    motifs
        File to write, in MEME's text format: ``motif_1`` has the most sites.
    table
        Table to write, ``motif, sites, consensus``, and for the known motif that fits best ``match`` (its name),
        ``accession``, ``correlation``, ``strand`` and ``offset`` (:func:`genome_data.motifs.best_match`). Those
        are empty if there is no known motif.
    """
    found = _discover(np.load(contributions), np.load(sequences))
    references = read_known_motifs(known)
    rows = [_describe(name, motif, references) for name, motif in found.items()]
    with atomic_paths(motifs, table) as (new_motifs, new_table):
        write_meme(found, new_motifs)
        pd.DataFrame(rows, columns=COLUMNS).to_csv(new_table, sep="\t", index=False, float_format="%.4f")
    logger.info(
        "%d motifs: %s", len(found), ", ".join(f"{row['consensus']} ({row['sites']})" for row in rows) or "none"
    )


def _describe(name: str, motif: FoundMotif, references: Mapping[str, Motif]) -> dict[str, object]:
    """The row of a motif in the table."""
    row = {"motif": name, "sites": motif.sites, "consensus": consensus(motif.probabilities)}
    matches = {known: best_match(motif.probabilities, each.probabilities) for known, each in references.items()}
    if not matches:
        return row
    best = max(matches, key=lambda known: matches[known].correlation)
    return row | {"match": references[best].name, "accession": best} | matches[best]._asdict()


def _discover(contributions: np.ndarray, codes: np.ndarray) -> dict[str, FoundMotif]:
    """The motifs by name, those with the most sites first."""
    one_hot = (codes[..., None] == np.arange(4)).astype(np.float32)
    patterns, _ = TFMoDISco(
        one_hot,
        contributions.astype(np.float32),
        min_metacluster_size=LEAST_SEQLETS,
        final_min_cluster_size=LEAST_SITES,
        n_leiden_runs=RESTARTS,
    )
    motifs = [_trimmed(pattern) for pattern in patterns or []]
    motifs.sort(key=lambda motif: -motif.sites)
    return {f"motif_{number}": motif for number, motif in enumerate(motifs, start=1)}


def _trimmed(pattern: SeqletSet) -> FoundMotif:
    strength = np.abs(pattern.contrib_scores).sum(axis=1)
    strong = np.flatnonzero(strength >= TRIM * strength.max())
    probabilities = pattern.sequence[strong[0] : strong[-1] + 1]
    return FoundMotif(probabilities / probabilities.sum(axis=1, keepdims=True), len(pattern.seqlets))


if "snakemake" in globals():
    run_job(snakemake, find_motifs)

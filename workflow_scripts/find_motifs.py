"""Contributions of bases -> motifs among them, the known motifs that they resemble, and their instances."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from genome_data.motifs import FoundMotif, Motif, consensus, information, read_known_motifs, write_meme
from genome_data.windows.table import read_windows
from motif_search.clusters import LEAST_SEQLETS, Cluster, bits_by_chance, cluster
from motif_search.hits import Explained, as_bed, instances
from motif_search.matches import correlations, known_matches
from workflow_support.files import atomic_paths
from workflow_support.job import logger, run_job

COLUMNS = [
    "motif", "sites", "instances", "bits", "evidence", "consensus", "match", "accession", "correlation", "p", "q",
    "strand", "offset",
]  # fmt: skip
SEQLET_COLUMNS = ["contig", "start", "end", "motif", "strand", "contribution"]
# The fewest seqlets of a motif.
LEAST_SITES = 20


def find_motifs(
    windows: Path,
    explained: Path,
    contributions: Path,
    sequences: Path,
    known: list[Path],
    strongest: int,
    motifs: Path,
    table: Path,
    search: Path,
    seqlets: Path,
    hits: Path,
    bed: Path,
) -> None:
    """Cluster the stretches of high contribution, *seqlets*, into motifs, and find the instances of each.

    Only contributions that raise the answer are used. Both strands of every stretch are compared, so the strand of a
    motif has no meaning.

    Parameters
    ----------
    windows
        The window table of the task.
    explained, contributions, sequences
        As ``attribute_sequences`` writes them: the table of the windows that were explained, hypothetical contributions
        (windows, bases, 4) and base codes (windows, bases).
    known
        Files of motifs to compare with (:func:`genome_data.motifs.read_known_motifs`).
    strongest
        The largest number of windows that could be explained.
    motifs
        File to write, in MEME's text format: ``motif_1`` has the most sites.
    table
        Table to write, `COLUMNS`: ``sites`` are seqlets and ``instances`` places in ``hits``. ``bits`` is the
        information of the motif, summed over its positions. ``evidence`` is ``known motif``, if one is similar enough;
        ``sites``, if they agree in more bits than by chance (:func:`motif_search.clusters.bits_by_chance`); or
        ``weak``. The rest of a row is that of :func:`motif_search.matches.known_matches`.
    search
        JSON to write, with the numbers behind what was found and what was not: ``bound`` windows of the task and those
        ``explained``, their largest number ``strongest``, ``seqlets`` and their smallest number ``least_seqlets``,
        ``clusters``, the sites of the ``largest`` one and the fewest of a motif, ``least_sites``, and the best
        ``correlation`` of a cluster with a known motif, or null.
    seqlets
        Table to write, `SEQLET_COLUMNS`: the place of every site of a motif, sorted, its strand, and the sum of the
        contributions of its bases. Windows that overlap may have one place twice.
    hits, bed
        The instances of all motifs (:func:`motif_search.hits.instances`): table to write, and the same as BED.
    """
    codes, hypothetical = np.load(sequences), np.load(contributions)
    rows, references = read_windows(explained), read_known_motifs(known)
    of_bases = (hypothetical * (codes[..., None] == np.arange(4))).sum(axis=2)
    places = Explained(rows["contig"].to_numpy(dtype=object), rows["start"].to_numpy(), codes, of_bases)
    clusters = cluster(hypothetical, codes)
    strong = [each for each in clusters.clusters if each.motif.sites >= LEAST_SITES]
    found = {f"motif_{number}": each for number, each in enumerate(strong, start=1)}
    called = instances({name: each.motif for name, each in found.items()}, places)
    described = _table(found, called, references, clusters.seqlets)
    numbers = {
        "bound": int((read_windows(windows)["label"] == 1).sum()),
        "explained": len(codes),
        "strongest": strongest,
        "seqlets": clusters.seqlets,
        "least_seqlets": LEAST_SEQLETS,
        "clusters": len(clusters.clusters),
        "largest": max((each.motif.sites for each in clusters.clusters), default=0),
        "least_sites": LEAST_SITES,
        "correlation": _largest_correlation(clusters.clusters, references),
    }
    outputs = (motifs, table, search, seqlets, hits, bed)
    with atomic_paths(*outputs) as (new_motifs, new_table, new_search, new_seqlets, new_hits, new_bed):
        write_meme({name: each.motif for name, each in found.items()}, new_motifs)
        described.to_csv(new_table, sep="\t", index=False, float_format="%.4g")
        new_search.write_text(json.dumps(numbers, indent=2) + "\n", encoding="utf-8")
        _seqlet_table(found, places).to_csv(new_seqlets, sep="\t", index=False, float_format="%.6g")
        called.to_csv(new_hits, sep="\t", index=False, float_format="%.6g")
        as_bed(called).to_csv(new_bed, sep="\t", index=False, header=False)
    what = [f"{row.consensus} ({row.sites} sites, {row.instances} instances)" for row in described.itertuples()]
    logger.info("%d motifs: %s", len(found), ", ".join(what) or "none")
    logger.info("The search in numbers: %s", ", ".join(f"{name} {value}" for name, value in numbers.items()))


def _table(
    found: Mapping[str, Cluster], called: pd.DataFrame, references: Mapping[str, Motif], seqlets: int
) -> pd.DataFrame:
    """The table of motifs, with the columns `COLUMNS`."""
    counts = called["motif"].value_counts()
    matched = known_matches([each.motif.probabilities for each in found.values()], references)
    rows = [
        {
            "motif": name,
            "sites": each.motif.sites,
            "instances": counts.get(name, 0),
            "bits": information(each.motif.probabilities).sum(),
            "evidence": "known motif" if match.get("match") else _evidence(each.motif, seqlets),
            "consensus": consensus(each.motif.probabilities),
        }
        | match
        for (name, each), match in zip(found.items(), matched, strict=True)
    ]
    # A motif without a match leaves its offset empty, and the others stay whole numbers.
    return pd.DataFrame(rows, columns=COLUMNS).astype({"offset": "Int64"})


def _evidence(motif: FoundMotif, seqlets: int) -> str:
    """The evidence for a motif that resembles no known one."""
    by_chance = bits_by_chance(motif.sites, seqlets, len(motif.probabilities))
    return "sites" if information(motif.probabilities).sum() > by_chance else "weak"


def _largest_correlation(clusters: Sequence[Cluster], references: Mapping[str, Motif]) -> float | None:
    """The best correlation of a cluster of any number of sites with a known motif."""
    if not clusters or not references:
        return None
    return round(float(correlations([each.motif.probabilities for each in clusters], references).max()), 4)


def _seqlet_table(found: Mapping[str, Cluster], places: Explained) -> pd.DataFrame:
    """The table of the sites of motifs, with the columns `SEQLET_COLUMNS`."""
    rows = [
        {
            "contig": places.contigs[site.window],
            "start": places.starts[site.window] + site.start,
            "end": places.starts[site.window] + site.end,
            "motif": name,
            "strand": site.strand,
            "contribution": places.contributions[site.window, site.start : site.end].sum(),
        }
        for name, each in found.items()
        for site in each.places
    ]
    table = pd.DataFrame(rows, columns=SEQLET_COLUMNS)
    return table.sort_values(["contig", "start", "end", "motif"], kind="stable")


if "snakemake" in globals():
    run_job(snakemake, find_motifs)

"""Print how many motif instances are planted sites: ``python -m study.planted_sites results/demo``."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from .formatting import markdown_table
from .print_summary import read_config
from .tables import read_table

HEADER = ("Attribution", "Motif", "Planted sites", "Instances", "Precision", "Recall")


def planted_sites_table(run: Path) -> str:
    """A table of the motifs of a run that resemble a simulated factor, as Markdown.

    An instance is true if it covers half of a planted site of the factor, or half of it lies in one, on the strand on
    which the known motif matches. Precision is the share of true instances. Recall is the share of the planted sites
    inside the windows that were explained that have a true instance.
    """
    simulated = read_config(run)["simulation"]["tfs"]
    rows = []
    for file in sorted((run / "attributions").glob("*.motifs.tsv")):
        name = file.name.removesuffix(".motifs.tsv")
        hits = pd.read_csv(file.with_name(f"{name}.hits.tsv"), sep="\t", dtype={"contig": str})
        windows = pd.read_csv(file.with_name(f"{name}.windows.tsv"), sep="\t", dtype={"contig": str})
        for motif in read_table(file).itertuples():
            if motif.match in simulated:
                sites = pd.read_csv(run / "simulation" / f"{motif.match}.sites.tsv", sep="\t", dtype={"contig": str})
                truth = inside(sites[sites["kind"] == "site"], windows)
                precision, recall = precision_and_recall(hits[hits["motif"] == motif.motif], truth, motif.strand)
                what = f"{motif.motif}, {motif.match}"
                rows.append(
                    (name, what, f"{len(truth):,}", f"{motif.instances:,}", f"{precision:.3f}", f"{recall:.3f}")
                )
    return markdown_table(HEADER, rows)


def inside(sites: pd.DataFrame, windows: pd.DataFrame) -> pd.DataFrame:
    """The sites that lie in a window whole; both have ``contig, start, end``."""
    pairs = sites.reset_index().merge(windows, on="contig", suffixes=("", "_of_window"))
    is_inside = (pairs["start_of_window"] <= pairs["start"]) & (pairs["end"] <= pairs["end_of_window"])
    return sites.loc[pairs.loc[is_inside, "index"].unique()]


def precision_and_recall(instances: pd.DataFrame, sites: pd.DataFrame, strand: str) -> tuple[float, float]:
    """Precision and recall of instances, both NaN where nothing can be counted.

    Parameters
    ----------
    instances, sites
        ``contig, start, end, strand`` of each.
    strand
        ``-`` if instances of the motif are on the other strand than its sites.
    """
    pairs = instances.reset_index().merge(sites.reset_index(), on="contig", suffixes=("", "_of_site"))
    ends, starts = pairs[["end", "end_of_site"]].min(axis=1), pairs[["start", "start_of_site"]].max(axis=1)
    shorter = pd.concat([pairs["end"] - pairs["start"], pairs["end_of_site"] - pairs["start_of_site"]], axis=1).min(
        axis=1
    )
    is_on_strand = (pairs["strand"] == pairs["strand_of_site"]) == (strand == "+")
    true = pairs[(2 * (ends - starts) >= shorter) & is_on_strand & (pairs["strand"] != ".")]
    shares = [
        true[column].nunique() / len(table) if len(table) else float("nan")
        for column, table in (("index", instances), ("index_of_site", sites))
    ]
    return shares[0], shares[1]


if __name__ == "__main__":
    print(planted_sites_table(Path(sys.argv[1])))

"""Simulate labelled sequences along a phylogenetic tree: a table of the sequences, the tree, and its parameters."""

from pathlib import Path

import numpy as np
import pandas as pd

from genome_data.alphabet import BASES
from genome_data.motifs import read_motif
from simulation.copies import Copies, place_copies
from simulation.evolution import Evolution, evolve
from simulation.phylogeny import clades_of_leaves, make_tree
from workflow_support.files import atomic_paths
from workflow_support.job import logger, run_job

LETTERS = np.frombuffer(BASES, dtype=np.uint8)


def simulate_phylogeny(motif: list[Path], settings: dict, sequences: Path, tree: Path, parameters: Path) -> None:
    """Write one sequence per leaf of a tree or, with copies, one window per leaf and windows of background.

    Parameters
    ----------
    motif
        File of one motif, or no file.
    settings
        An entry of the section ``phylogenies`` of the configuration.
    sequences, tree, parameters
        Outputs: ``name, sequence, label, motif_start`` (0-based, empty without a motif); the tree in Newick's format,
        with branches in substitutions per site; and ``setting, value`` of the settings and of the sequences made.
    """
    tree_seed, class_seed, sequence_seed, copy_seed = np.random.SeedSequence(settings["seed"]).spawn(4)
    shape = {key: settings[key] for key in ("shape", "leaves", "depth", "extinction")}
    made = make_tree(**shape, seed=int(tree_seed.generate_state(1)[0]))
    matrix = read_motif(motif[0]) if motif else None
    rates = {key: settings["motif"][key] for key in ("gain", "loss")} if motif else {}
    evolution = Evolution(**settings["substitutions"], **settings["indels"], motif=matrix, **rates)
    lineages = evolve(made, settings["length"], evolution, np.random.default_rng(sequence_seed))
    sites = {name: lineage.site for name, lineage in lineages.items()}
    codes, background = {name: lineage.codes for name, lineage in lineages.items()}, {}
    if "copies" in settings:
        draw = np.random.default_rng(copy_seed)
        codes, background = place_copies(codes, Copies(**settings["copies"]), evolution.stationary, draw)
    if settings["classes"] == "motif":
        labels = {name: int(site is not None) for name, site in sites.items()}
    elif settings["classes"] == "element":
        labels = dict.fromkeys(codes, 1) | dict.fromkeys(background, 0)
    else:
        labels = clades_of_leaves(made, settings["clades"], np.random.default_rng(class_seed))
    rows = [
        (name, LETTERS[of_one].tobytes().decode(), labels[name], sites.get(name))
        for name, of_one in (codes | background).items()
    ]
    table = pd.DataFrame(rows, columns=["name", "sequence", "label", "motif_start"])
    table["motif_start"] = table["motif_start"].astype("Int64")
    with atomic_paths(sequences, tree, parameters) as (sequences_file, tree_file, parameters_file):
        table.to_csv(sequences_file, sep="\t", index=False)
        made.write(path=str(tree_file), schema="newick", suppress_rooting=True)
        _parameters(settings, table).to_csv(parameters_file, sep="\t", index=False)
    logger.info("%d sequences of %d classes", len(table), table["label"].nunique())


def _parameters(settings: dict, table: pd.DataFrame) -> pd.DataFrame:
    flat = pd.json_normalize(settings).iloc[0].to_dict()
    lengths = table["sequence"].str.len()
    found = {"sequences": len(table), "shortest": lengths.min(), "longest": lengths.max()}
    found["distinct sequences"], found["with motif"] = table["sequence"].nunique(), table["motif_start"].count()
    found |= {f"class {label}": rows for label, rows in table["label"].value_counts().sort_index().items()}
    return pd.DataFrame([*flat.items(), *found.items()], columns=["setting", "value"])


if "snakemake" in globals():
    run_job(snakemake, simulate_phylogeny)

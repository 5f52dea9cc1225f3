"""The default network against the JASPAR matrix on binding QTLs: correlations with effects, and their difference.

    snakemake --configfile resources/runs/spi1.yaml resources/runs/default_spi1.yaml --config data=FOLDER --cores 2
    python benchmarks/bench_variants.py results/default_spi1/variants/binding_qtls.tsv

Intervals hold 95 % of the correlations of variants drawn with replacement. Those of the difference draw the same
variants for both scorers. The aim is reached if the interval of the difference lies above 0.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow_scripts"))

from learning.analysis.variant_effects import SIGNIFICANT, correlations, lead

SCORES = {"network": "difference", "matrix": "motif_difference"}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path, help="variants with effects, scored by a network and a motif")
    options = parser.parse_args()
    scored = pd.read_csv(options.table, sep="\t").dropna(subset=["effect"])
    effects, p_values = (scored[name].to_numpy(float) for name in ("effect", "p_value"))
    scores = {name: scored[column].to_numpy(float) for name, column in SCORES.items()}
    print("scorer", "variants", "n", "pearson", "low", "high", sep="\t")
    for found in correlations(effects, p_values, scores):
        print(found.scorer, found.subset, found.n, *_rounded(found.pearson, found.low, found.high), sep="\t")
    for subset, rows in {"all": np.full(len(effects), True), "p < 1e-05": p_values < SIGNIFICANT}.items():
        difference, low, high = lead(effects[rows], *(each[rows] for each in scores.values()))
        verdict = "reached" if low > 0 else "not reached"
        print("network - matrix", subset, rows.sum(), *_rounded(difference, low, high), verdict, sep="\t")


def _rounded(*values: float) -> list[str]:
    return [f"{value:.3f}" for value in values]


if __name__ == "__main__":
    main()

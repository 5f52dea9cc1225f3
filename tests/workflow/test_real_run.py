"""A whole example on real data: what it promises comes out of the real files, through the real commands."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from checkout import Checkout


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Path:
    """The results of Max on fly chromosome arm 2R, five seeds an arm."""
    checkout = Checkout(tmp_path_factory.mktemp("checkout"))
    checkout.snakemake(
        *("--configfile", "resources/examples/max_fly.yaml"), *("--config", f"data={shared_data}"), *("--cores", "2")
    )
    return checkout.folder / "results/max_fly"


def test_every_arm_beats_the_kmers(results: Path) -> None:
    summary = pd.read_csv(results / "summary.tsv", sep="\t")
    auroc = summary.query("metric == 'AUROC'").set_index("arm")
    floor = auroc.loc["kmer_logistic_regression", "mean"]
    networks = auroc.drop("kmer_logistic_regression")
    assert len(networks) == 5
    assert (networks["replicates"] == 5).all()
    assert (networks["mean"] > floor).all()


def test_equivariant_arms_do_not_see_the_strand_of_real_windows(results: Path) -> None:
    summary = pd.read_csv(results / "summary.tsv", sep="\t")
    strands = summary[summary["metric"].isin(["RC error", "RC flips"])].pivot(
        index="arm", columns="metric", values="mean"
    )
    assert (strands.drop("standard")["RC error"] < 1e-4).all()
    assert (strands.drop("standard")["RC flips"] == 0).all()
    assert strands.loc["standard", "RC error"] > 1


def test_every_row_of_the_peak_file_is_accounted_for(results: Path) -> None:
    counts = pd.read_csv(results / "tasks/Max/peak_counts.tsv", sep="\t").set_index("reason")["rows"]
    assert counts["in"] == 39936
    assert counts["kept"] == 2000
    assert counts["in"] == counts.drop("in").sum()

"""The demo's experiment, whose truth is known: the chain finds what was planted, and nothing where nothing is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
import yaml
from encode_kmers import encode_kmers
from evaluate import evaluate
from extract_sequences import extract_sequences
from find_near_copies import find_near_copies
from fit_kmer_baseline import fit_kmer_baseline
from normalise_genome import normalise_genome
from prepare_peaks import prepare_peaks
from sample_negatives import sample_negatives
from simulate_experiment import simulate_experiment
from train import train

from configuration import network_of, resolve, training_of

ROOT = Path(__file__).parents[2]
DEMO_FILE = ROOT / "resources/demo/config.yaml"
DEMO, _ = resolve(yaml.safe_load(DEMO_FILE.read_text()), [DEMO_FILE], ROOT / "resources/schemas/config.schema.json")
FACTOR, ARM = "SPI1", "irrep_k3"


class Experiment(NamedTuple):
    """Windows of the demo, and what evaluates models of them."""

    folder: Path

    def of_labels(self, windows: Path) -> dict[str, dict[str, Any]]:
        """Evaluations of one network and of the baseline, with the labels of a window table."""
        out = windows.parent / windows.stem
        trained = {"weights": out / "weights.safetensors", "models": out / "models.json"}
        train(
            windows=windows,
            sequences=self.folder / "k3.npy",
            extras=[],
            extra_names=[],
            kind="binary",
            task=FACTOR,
            arm=ARM,
            size="all",
            seeds=[1],
            network=network_of(DEMO, "binary", ARM),
            training=training_of(DEMO, "binary", ARM),
            checkpoints=out / "checkpoints",
            code="",
            history=out / "history.tsv",
            **trained,
        )
        evaluate(
            windows=windows,
            sequences=self.folder / "codes.npy",
            extras=[],
            extra_names=[],
            near_copies=self.folder / "near_copies.npy",
            surroundings=[],
            kind="binary",
            **{name: [path] for name, path in trained.items()},
            task=FACTOR,
            arm=ARM,
            size="all",
            seeds=[[1]],
            candidates=[[0]],
            average_strands=False,
            device="cpu",
            threads=1,
            evaluation=out / "network.json",
            predictions=out / "network.tsv",
        )
        fit_kmer_baseline(
            windows=windows,
            kmers=self.folder / "k6.npy",
            near_copies=self.folder / "near_copies.npy",
            task=FACTOR,
            kind="binary",
            size="all",
            seeds=[0],
            trials=5,
            evaluation=out / "baseline.json",
            predictions=out / "baseline.tsv",
        )
        return {name: json.loads((out / f"{name}.json").read_text())[0] for name in ("network", "baseline")}


@pytest.fixture(scope="module")
def experiment(tmp_path_factory: pytest.TempPathFactory) -> Experiment:
    """The demo's windows of one factor, made by the functions that the rules call."""
    folder = tmp_path_factory.mktemp("experiment")
    simulation = {key: value for key, value in DEMO["simulation"].items() if key != "seed"}
    factors = list(simulation["tfs"])
    simulate_experiment(
        motifs=[ROOT / factor["motif"] for factor in simulation["tfs"].values()],
        simulation=simulation,
        seed=DEMO["simulation"]["seed"],
        fasta=folder / "raw.fa",
        peaks=[folder / f"{name}.narrowPeak" for name in factors],
        sites=[folder / f"{name}.sites.tsv" for name in factors],
        signal=[folder / f"{name}.bw" for name in factors],
    )
    fasta = folder / "genome.fa"
    index, contigs, sizes = (folder / name for name in ("genome.fa.fai", "contigs.tsv", "chrom.sizes"))
    normalise_genome(source=folder / "raw.fa", fasta=fasta, index=index, contigs=contigs, sizes=sizes)
    where = {
        "fasta": fasta,
        "blacklist": [],
        "splits": DEMO["genomes"]["simulated"]["splits"],
    }
    positives, intervals = folder / "positives.tsv", folder / "peaks.bed"
    prepare_peaks(
        peaks=folder / f"{FACTOR}.narrowPeak",
        strongest=None,
        **DEMO["windows"],
        positives=positives,
        intervals=intervals,
        counts=folder / "peak_counts.tsv",
        **where,
    )
    sample_negatives(
        positives=positives,
        intervals=intervals,
        unlabelled=[],
        windows=DEMO["windows"],
        settings=DEMO["negatives"],
        negatives=folder / "negatives.tsv",
        bed=folder / "negatives.bed",
        counts=folder / "negative_counts.tsv",
        **where,
    )
    extract_sequences(
        positives=positives,
        negatives=folder / "negatives.tsv",
        fasta=fasta,
        remove_copies=False,
        windows=folder / "windows.tsv",
        codes=folder / "codes.npy",
        surroundings=folder / "surroundings.npy",
        accounting=folder / "window_counts.tsv",
    )
    find_near_copies(folder / "windows.tsv", folder / "codes.npy", folder / "near_copies.npy")
    for k in (3, 6):
        encode_kmers(codes=folder / "codes.npy", k=k, kmers=folder / f"k{k}.npy")
    return Experiment(folder)


def test_the_network_finds_what_was_planted_beyond_what_kmers_tell(experiment: Experiment) -> None:
    evaluations = experiment.of_labels(experiment.folder / "windows.tsv")
    network, baseline = (evaluations[name]["metrics"]["AUROC"] for name in ("network", "baseline"))
    assert baseline + 0.03 < network < 0.99
    assert evaluations["network"]["reverse_complement"]["largest_absolute"] < 1e-4


def test_shuffled_labels_teach_nothing(experiment: Experiment) -> None:
    """A leak from one split into another, or from the labels into the windows, would show here."""
    windows = pd.read_csv(experiment.folder / "windows.tsv", sep="\t")
    rng = np.random.default_rng(0)
    windows["label"] = windows.groupby("split")["label"].transform(rng.permutation)
    shuffled = experiment.folder / "shuffled.tsv"
    windows.to_csv(shuffled, sep="\t", index=False)
    positives, negatives = (int((windows.query("split == 'test'")["label"] == label).sum()) for label in (1, 0))
    # Of the Mann-Whitney statistic, which the AUROC is, when both classes score alike.
    standard_error = ((positives + negatives + 1) / (12 * positives * negatives)) ** 0.5
    for evaluation in experiment.of_labels(shuffled).values():
        assert abs(evaluation["metrics"]["AUROC"] - 0.5) < 3 * standard_error

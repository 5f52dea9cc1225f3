"""Deep networks from a configuration to a trained and loaded network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from encode_kmers import encode_kmers
from good_configuration import GOOD, resolve_text
from train import train

from configuration import network_of, training_of
from genome_data.windows.table import write_windows
from learning.models.saved import load
from rc_equivariant.testing import equivariance_error

NETWORKS = {
    "residual": (
        "trunk: {type: residual, first_width: 5, groups: 2, join: concatenation}, head: {type: flatten, dense: 8}"
    ),
    "attention": (
        "trunk: {type: attention, first_width: 5, heads: 2, pairs: 2}, head: {type: attention_pool, dense: 8}"
    ),
    "long": ("trunk: {type: long_convolution, first_width: 5, reduction: 1, reach: 20}, head: {type: dense, dense: 8}"),
}
ARMS = {
    "regular": "representation: regular, kmer: 2, channels: 8",
    "irrep": "representation: irrep, kmer: 1, channels: 8, plus_fraction: 0.5",
    "standard": "representation: standard, kmer: 2, channels: 8",
}
WIDTH, MOTIF = 40, [0, 2, 2, 1, 0, 0]


def settings_of(folder: Path, network: str, arm: str) -> dict:
    (folder / "genome.fa").write_text(">chr1\nACGT\n")
    (folder / "peaks.bed").write_text("chr1\t0\t4\n")
    text = GOOD.format(folder=folder).replace(
        "trainings:\n", f"networks: {{my: {{{NETWORKS[network]}}}}}\ntrainings:\n"
    )
    text = text.replace("  seeds:", f"    mine: {{network: my, kinds: [binary], {ARMS[arm]}}}\n  seeds:")
    return resolve_text(text, folder).settings


def planted_windows(folder: Path) -> np.ndarray:
    """Windows with a motif on either strand, and others, in two splits."""
    generator = np.random.default_rng(0)
    codes = generator.integers(0, 4, (240, WIDTH), dtype=np.uint8)
    labels = np.arange(240) % 2
    for row in np.flatnonzero(labels):
        start, motif = generator.integers(0, WIDTH - len(MOTIF)), np.array(MOTIF)
        codes[row, start : start + len(MOTIF)] = motif if row % 4 == 1 else 3 - motif[::-1]
    starts = 100 * np.arange(240)
    table = pd.DataFrame({"contig": "chr1", "start": starts, "end": starts + WIDTH})
    table = table.assign(name=[f"window_{row}" for row in table.index], label=labels, gc=0.5)
    table["split"] = np.where(table.index < 180, "train", "validation")
    write_windows(table, folder / "windows.tsv")
    np.save(folder / "codes.npy", codes)
    return codes


@pytest.mark.parametrize("arm", ARMS)
@pytest.mark.parametrize("network", NETWORKS)
def test_a_network_of_a_configuration_trains_and_is_loaded(tmp_path: Path, network: str, arm: str) -> None:
    settings = settings_of(tmp_path, network, arm)
    codes = planted_windows(tmp_path)
    described = network_of(settings, "binary", "mine")
    encode_kmers(tmp_path / "codes.npy", described["kmer"], tmp_path / "kmers.npy")
    training = training_of(settings, "binary", "mine") | {"epochs": 3, "device": "cpu", "threads": 1}
    train(
        windows=tmp_path / "windows.tsv", sequences=tmp_path / "kmers.npy", extras=[], extra_names=[], kind="binary",
        task="t", arm="mine", size="all", seeds=[0], network=described,
        training=training, checkpoints=tmp_path / "checkpoints", code="x", weights=tmp_path / "w.safetensors",
        models=tmp_path / "m.json", history=tmp_path / "h.tsv",
    )  # fmt: skip
    history = pd.read_csv(tmp_path / "h.tsv", sep="\t")
    assert np.isfinite(history.select_dtypes("number")).all(axis=None)
    ((loaded, _),) = load(tmp_path / "w.safetensors", tmp_path / "m.json", torch.device("cpu"))
    kmers = loaded.encoding.indices(torch.from_numpy(codes))
    assert loaded.eval()(kmers).isfinite().all()
    assert (equivariance_error(loaded.double(), kmers) <= 1e-12) == (arm != "standard")

"""Published defects of training hyperbolic networks: which epoch is kept, and that one always is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from arm_networks import network_content
from encode_kmers import encode_kmers
from planted_windows import TRAINING, WIDTH, planted_codes
from saved_networks import described
from train import train

from genome_data.windows.table import write_windows
from learning.evaluation.metrics import auroc, mcc
from learning.models.saved import load

ARCHITECTURE = {
    "geometry": "hyperbolic",
    "curvature": "single",
    "representation": "regular",
    "kmer": 1,
    "channels": 7,
    "blocks": 1,
    "width": 5,
    "dense": 8,
    "head": "flatten",
}
EPOCHS = TRAINING | {"epochs": 3, "steps_per_epoch": 15, "learning_rate": 0.01}
SIZE = 60


@pytest.fixture
def contrary(tmp_path):
    """A task of which every split holds the same sequences, with labels that are false in validation alone."""
    codes, labels = planted_codes(SIZE, seed=0)
    table = pd.DataFrame({"contig": "chrA", "start": np.arange(3 * SIZE) * WIDTH})
    table = table.assign(end=table["start"] + WIDTH, name=[f"w{row}" for row in table.index], gc=0.5)
    table["label"] = np.concatenate([labels, 1 - labels, labels])
    table["split"] = np.repeat(["train", "validation", "test"], SIZE)
    write_windows(table, tmp_path / "windows.tsv")
    np.save(tmp_path / "codes.npy", np.tile(codes, (3, 1)))
    encode_kmers(tmp_path / "codes.npy", 1, tmp_path / "kmers.npy")
    return tmp_path


def test_the_epoch_kept_is_the_best_on_validation_not_on_test_and_one_is_kept_though_none_is_good(contrary):
    """Published defects: dev and test are exchanged, and without a dev MCC above 0 no file is written.

    What is learnt of true labels makes each epoch better on test and worse on validation, where calls are no better
    than chance from the first epoch to the last.
    """
    outputs = {name: contrary / name for name in ("weights", "models.json", "history.tsv")}
    train(
        contrary / "windows.tsv",
        contrary / "kmers.npy",
        [],
        [],
        "binary",
        "task",
        "arm",
        "all",
        [0],
        network_content(ARCHITECTURE),
        EPOCHS,
        contrary / "checkpoints",
        "digest",
        *outputs.values(),
    )
    history = pd.read_csv(outputs["history.tsv"], sep="\t")["validation_auroc"].to_numpy()
    # That on the test split is 1 less this.
    assert history.max() < 0.5
    assert history.argmin() > history.argmax()
    model = described(contrary, 0)
    assert model["best_epoch"] == 1 + history.argmax()
    ((network, _),) = load(outputs["weights"], outputs["models.json"], torch.device("cpu"))
    kmers = torch.from_numpy(np.load(contrary / "kmers.npy")).long()
    with torch.no_grad():
        logits = network.eval()(kmers).numpy()
    labels = pd.read_csv(contrary / "windows.tsv", sep="\t")["label"].to_numpy()
    on_validation, on_test = slice(SIZE, 2 * SIZE), slice(2 * SIZE, None)
    assert auroc(labels[on_validation], logits[on_validation]) == pytest.approx(model["quality"], abs=1e-6)
    assert auroc(labels[on_test], logits[on_test]) == pytest.approx(1 - model["quality"], abs=1e-6)
    assert mcc(labels[on_validation], logits[on_validation], 0.0) <= 0

"""A checkpoint of another code, configuration or data is ignored, and the log of the job says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from train import train as train_script

from genome_data.windows.table import read_windows, write_windows
from reliability.trainings import Training, binary_training

IGNORED = "of other data, code or settings; training starts from the beginning."
KEPT = "Finished after 2 epochs"


def train(training: Training, caplog: pytest.LogCaptureFixture, /, **changes: Any) -> str:
    """What the job, with some parameters changed, logs."""
    job = json.loads((training.folder / "job.json").read_text())
    files = {"windows": "windows.tsv", "sequences": "kmers.npy", "checkpoints": "checkpoints"} | job["output"]
    paths = {name: training.folder / file for name, file in files.items()}
    caplog.clear()
    with caplog.at_level("INFO", "rc"):
        train_script(**job["params"] | paths | {"extras": []} | changes)
    return caplog.text


@pytest.fixture
def trained(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Training:
    """A training that has ended, of which the job is the same each time."""
    training = binary_training(tmp_path / "training", 2, windows=80)
    train(training, caplog)
    assert train(training, caplog).count(KEPT) == 2
    return training


def parameters(training: Training) -> dict[str, Any]:
    return json.loads((training.folder / "job.json").read_text())["params"]


def test_other_code_is_reported(trained: Training, caplog: pytest.LogCaptureFixture) -> None:
    text = train(trained, caplog, code="another")
    assert text.count(IGNORED) == 2
    assert KEPT not in text


def test_another_configuration_is_reported(trained: Training, caplog: pytest.LogCaptureFixture) -> None:
    settings = parameters(trained)["training"] | {"learning_rate": 0.02}
    assert train(trained, caplog, training=settings).count(IGNORED) == 2


def test_other_sequences_are_reported(trained: Training, caplog: pytest.LogCaptureFixture) -> None:
    kmers = np.load(trained.folder / "kmers.npy")
    kmers[0, 0] = 3 - kmers[0, 0]
    np.save(trained.folder / "kmers.npy", kmers)
    assert train(trained, caplog).count(IGNORED) == 2


def test_other_labels_are_reported(trained: Training, caplog: pytest.LogCaptureFixture) -> None:
    table = read_windows(trained.folder / "windows.tsv")
    table.loc[table.index[:2], "label"] = table["label"].iloc[1::-1].to_numpy()
    write_windows(table, trained.folder / "windows.tsv")
    assert train(trained, caplog).count(IGNORED) == 2


def test_a_new_seed_alone_is_trained(trained: Training, caplog: pytest.LogCaptureFixture) -> None:
    text = train(trained, caplog, seeds=[1, 2, 3])
    assert text.count(KEPT) == 2
    assert IGNORED not in text

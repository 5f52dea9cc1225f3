"""The scripts of profile networks on small files: what they write, and that training never sees a test row."""

import json

import numpy as np
import pandas as pd
import pytest
from encode_kmers import encode_kmers
from planted_profiles import ARCHITECTURE, TRAINING, write_planted_task
from train_profile_network import train_profile_network

from learning.subsets import training_subset

QUICK = TRAINING | {"epochs": 2}
WINDOWS, TEST = 80, 20
FIRST_TEST_ROW = WINDOWS - TEST


@pytest.fixture
def task(tmp_path):
    write_planted_task(tmp_path, WINDOWS)
    encode_kmers(tmp_path / "codes.npy", 1, tmp_path / "kmers.k1.npy")
    return tmp_path


def train(task, out, seeds=(7,), size="all", control=True, kmers="kmers.k1.npy", **architecture):
    """Train into ``out/seed<seed>`` with checkpoints in ``out/checkpoints``; the folders of the seeds."""
    folders = [out / f"seed{seed}" for seed in seeds]
    train_profile_network(
        windows=task / "windows.tsv",
        kmers=task / kmers,
        counts=task / "counts.npy",
        control=task / "control.npy" if control else None,
        task="planted",
        arm="regular",
        size=size,
        seeds=list(seeds),
        architecture=ARCHITECTURE | architecture,
        training=QUICK,
        checkpoints=out / "checkpoints",
        code="digest",
        weights=[folder / "weights.safetensors" for folder in folders],
        models=[folder / "model.json" for folder in folders],
        histories=[folder / "history.tsv" for folder in folders],
    )
    return folders


def bits(folder):
    return (folder / "weights.safetensors").read_bytes()


@pytest.mark.parametrize("control", [True, False])
def test_training_writes_whole_models(task, control):
    (out,) = train(task, task / "out", control=control)
    assert sorted(path.name for path in out.iterdir()) == ["history.tsv", "model.json", "weights.safetensors"]
    model = json.loads((out / "model.json").read_text())
    assert (model["kind"], model["seed"], model["train_size"]) == ("profile", 7, WINDOWS // 2)
    assert (model["architecture"]["control"], model["architecture"]["conjoined"]) == (control, False)
    assert model["quality"] == -model["validation"]["loss"]
    history = pd.read_csv(out / "history.tsv", sep="\t")
    names = [f"validation_{name}" for name in ("loss", "profile_loss", "count_loss")]
    assert list(history.columns) == ["epoch", "train_loss", *names]
    assert history["validation_loss"].min() == pytest.approx(model["validation"]["loss"], rel=1e-5)


def test_a_replicate_depends_on_its_seed_alone_and_sees_its_subset_alone(task):
    group = train(task, task / "group", seeds=(0, 1), size="12", conjoined=True, representation="standard")
    subset = training_subset(np.zeros(WINDOWS // 2), "12", seed=1)
    counts = np.load(task / "counts.npy")
    counts[np.setdiff1d(np.arange(WINDOWS // 2), subset)] += 5
    np.save(task / "counts.npy", counts)
    (alone,) = train(task, task / "alone", seeds=(1,), size="12", conjoined=True, representation="standard")
    assert bits(alone) == bits(group[1]) != bits(group[0])
    model = json.loads((alone / "model.json").read_text())
    assert (model["size"], model["train_size"], model["architecture"]["conjoined"]) == ("12", 12, True)


def test_what_was_finished_is_not_trained_again_unless_its_data_change(task, monkeypatch):
    before = [bits(folder) for folder in train(task, task / "out", seeds=(0, 1))]
    with monkeypatch.context() as patched:
        patched.setattr("learning.training._train_epoch", None)
        assert [bits(folder) for folder in train(task, task / "out", seeds=(0, 1))] == before
        control = np.load(task / "control.npy")
        control[WINDOWS // 2] += 1
        np.save(task / "control.npy", control)
        with pytest.raises(TypeError):
            train(task, task / "out", seeds=(0, 1))


def test_no_test_row_reaches_training(task):
    """Whatever the test windows hold, the weights are the same to the bit."""
    before = bits(*train(task, task / "1"))
    generator = np.random.default_rng(9)
    for name in ("kmers.k1", "counts", "control"):
        values = np.load(task / f"{name}.npy")
        values[FIRST_TEST_ROW:] = generator.integers(0, 4, values[FIRST_TEST_ROW:].shape)
        np.save(task / f"{name}.npy", values)
    assert bits(*train(task, task / "2")) == before
    counts = np.load(task / "counts.npy")
    counts[0] += 1
    np.save(task / "counts.npy", counts)
    assert bits(*train(task, task / "3")) != before

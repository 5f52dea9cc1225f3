"""The scripts of profile networks on small files: what they write, and that training never sees a test row."""

import numpy as np
import pandas as pd
import pytest
from arm_networks import network_content
from encode_kmers import encode_kmers
from planted_profiles import ARCHITECTURE, TRAINING, write_planted_task
from saved_networks import bits, described
from train import train as train_script

from learning.training.sampling import training_subset

QUICK = TRAINING | {"epochs": 2}
WINDOWS, TEST = 80, 20
FIRST_TEST_ROW = WINDOWS - TEST


@pytest.fixture
def task(tmp_path):
    write_planted_task(tmp_path, WINDOWS)
    encode_kmers(tmp_path / "codes.npy", 1, tmp_path / "kmers.k1.npy")
    return tmp_path


def train(task, out, seeds=(7,), size="all", control=True, kmers="kmers.k1.npy", **architecture):
    """Train into ``out`` with checkpoints in ``out/checkpoints``; ``out``."""
    names = ["counts", "control"] if control else ["counts"]
    train_script(
        windows=task / "windows.tsv",
        sequences=task / kmers,
        extras=[task / f"{name}.npy" for name in names],
        extra_names=names,
        kind="profile",
        task="planted",
        arm="regular",
        size=size,
        seeds=list(seeds),
        network=network_content(ARCHITECTURE | architecture, "profile") | {"window": ARCHITECTURE["window"]},
        training=QUICK,
        checkpoints=out / "checkpoints",
        code="digest",
        weights=out / "weights.safetensors",
        models=out / "models.json",
        history=out / "history.tsv",
    )
    return out


@pytest.mark.parametrize("control", [True, False])
def test_training_writes_whole_models(task, control):
    out = train(task, task / "out", seeds=(7, 3), control=control)
    names = ["checkpoints", "history.tsv", "models.json", "weights.safetensors"]
    assert sorted(path.name for path in out.iterdir()) == names
    history = pd.read_csv(out / "history.tsv", sep="\t")
    losses = [f"validation_{name}" for name in ("loss", "profile_loss", "count_loss")]
    assert list(history.columns) == ["seed", "epoch", "train_loss", *losses]
    assert history["seed"].tolist() == [7, 7, 3, 3]
    for seed in (7, 3):
        model = described(out, seed)
        assert (model["kind"], model["train_size"]) == ("profile", WINDOWS // 2)
        assert model["architecture"]["tracks"] == ["control"] * control
        assert model["architecture"]["conjoined"] is False
        assert model["quality"] == -model["validation"]["loss"]
        of_seed = history[history["seed"] == seed]
        assert of_seed["validation_loss"].min() == pytest.approx(model["validation"]["loss"], rel=1e-5)


def test_a_replicate_depends_on_its_seed_alone_and_sees_its_subset_alone(task):
    group = train(task, task / "group", seeds=(0, 1), size="12", conjoined=True, representation="standard")
    subset = training_subset(np.zeros(WINDOWS // 2), "12", seed=1)
    counts = np.load(task / "counts.npy")
    counts[np.setdiff1d(np.arange(WINDOWS // 2), subset)] += 5
    np.save(task / "counts.npy", counts)
    alone = train(task, task / "alone", seeds=(1,), size="12", conjoined=True, representation="standard")
    assert bits(alone, 1) == bits(group, 1) != bits(group, 0)
    model = described(alone, 1)
    assert (model["size"], model["train_size"], model["architecture"]["conjoined"]) == ("12", 12, True)


def test_what_was_finished_is_not_trained_again_unless_its_data_change(task, monkeypatch):
    out = train(task, task / "out", seeds=(0, 1))
    before = (out / "weights.safetensors").read_bytes()
    with monkeypatch.context() as patched:
        patched.setattr("learning.training.loop._train_epoch", None)
        train(task, out, seeds=(0, 1))
        assert (out / "weights.safetensors").read_bytes() == before
        control = np.load(task / "control.npy")
        control[WINDOWS // 2] += 1
        np.save(task / "control.npy", control)
        with pytest.raises(TypeError):
            train(task, out, seeds=(0, 1))


def test_no_test_row_reaches_training(task):
    """Whatever the test windows hold, the weights are the same to the bit."""
    before = bits(train(task, task / "1"), 7)
    generator = np.random.default_rng(9)
    for name in ("kmers.k1", "counts", "control"):
        values = np.load(task / f"{name}.npy")
        values[FIRST_TEST_ROW:] = generator.integers(0, 4, values[FIRST_TEST_ROW:].shape)
        np.save(task / f"{name}.npy", values)
    assert bits(train(task, task / "2"), 7) == before
    counts = np.load(task / "counts.npy")
    counts[0] += 1
    np.save(task / "counts.npy", counts)
    assert bits(train(task, task / "3"), 7) != before

"""The scripts of learning on small files: what they write and refuse, and that training never sees a test row."""

import json
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
import torch
from arm_networks import network_content
from encode_kmers import encode_kmers
from planted_windows import ARCHITECTURE, WIDTH, planted_codes
from saved_networks import bits, described
from scripted_trainings import QUICK, write_task
from scripted_trainings import train_task as train

from genome_data.windows.table import write_windows
from learning.models.networks import encoding_of
from learning.models.saved import load
from learning.training import loop as training
from learning.training.binary import BinaryObjective
from learning.training.sampling import training_subset
from workflow_support.errors import InputError

WINDOWS = 300
LABELLED = {
    "learning_rate": 0.01,
    "batch_size": 20,
    "epochs": 4,
    "patience": 4,
    "weight_decay": 0.01,
    "base_substitution": 0.02,
    "device": "cpu",
    "threads": 1,
}


@pytest.fixture
def task(tmp_path):
    """A folder with windows.tsv, codes.npy and the k-mers of two sizes."""
    return write_task(tmp_path, *planted_codes(WINDOWS, seed=0), kmers=(1, 6))


def loaded(out):
    return load(out / "weights.safetensors", out / "models.json", torch.device("cpu"))


@pytest.fixture
def epochs_trained(monkeypatch):
    """Epochs since the fixture was made; clear it to count from zero."""
    counted, train_epoch = [], training._train_epoch

    def counting(steps, settings):
        counted.append(len(steps.states[0].history) + 1)
        return train_epoch(steps, settings)

    monkeypatch.setattr(training, "_train_epoch", counting)
    return counted


@pytest.mark.parametrize(("k", "dtype"), [(1, np.uint8), (6, np.uint16)])
def test_kmers_are_small_and_memory_mappable(task, k, dtype):
    kmers = np.load(task / f"kmers.k{k}.npy", mmap_mode="r")
    assert kmers.dtype == dtype
    assert kmers.shape == (WINDOWS, WIDTH - k + 1)


def test_blocks_of_windows_do_not_show(task, monkeypatch):
    whole = np.load(task / "kmers.k6.npy")
    monkeypatch.setattr("learning.models.kmers.BASES_PER_BLOCK", 7 * WIDTH)
    encode_kmers(task / "codes.npy", 6, task / "blocks.npy")
    assert np.array_equal(np.load(task / "blocks.npy"), whole)


def test_unknown_bases_have_the_index_after_the_last_kmer(tmp_path):
    np.save(tmp_path / "codes.npy", np.array([[0, 1, 4, 3, 3, 3]], dtype=np.uint8))
    encode_kmers(tmp_path / "codes.npy", 2, tmp_path / "kmers.npy")
    assert np.load(tmp_path / "kmers.npy").tolist() == [[1, 16, 16, 15, 15]]


def test_training_writes_whole_models(task):
    out = train(task, task / "out", seeds=(7, 2))
    names = ["checkpoints", "history.tsv", "models.json", "weights.safetensors"]
    assert sorted(path.name for path in out.iterdir()) == names
    history = pd.read_csv(out / "history.tsv", sep="\t")
    assert list(history.columns) == ["seed", "epoch", "train_loss", "validation_loss", "validation_auroc"]
    assert history["seed"].tolist() == [7, 7, 2, 2]
    assert history["epoch"].tolist() == [1, 2, 1, 2]
    assert [model["seed"] for model in json.loads((out / "models.json").read_text())] == [7, 2]
    for (network, of_network), seed in zip(loaded(out), (7, 2), strict=True):
        model = described(out, seed)
        assert model == asdict(of_network)
        assert (model["size"], model["train_size"]) == ("all", 100)
        assert (model["architecture"]["window"], model["architecture"]["conjoined"]) == (WIDTH, False)
        assert model["architecture"]["head"]["pool_width"] == ARCHITECTURE["pool_width"]
        assert model["quality"] == model["validation"]["auroc"]
        of_seed = history[history["seed"] == seed]
        assert of_seed["validation_auroc"].max() == pytest.approx(model["quality"], abs=1e-5)
        assert model["parameters"] == sum(parameter.numel() for parameter in network.parameters())


def test_a_replicate_depends_on_its_seed_alone(task):
    """To the bit, alone or in a group, whatever the order; and seeds differ."""
    group = train(task, task / "group", seeds=(0, 1, 2), size="0.5")
    turned = train(task, task / "turned", seeds=(2, 0), size="0.5")
    alone = train(task, task / "alone", seeds=(1,), size="0.5")
    for seed, out in ((0, turned), (1, alone), (2, turned)):
        assert bits(out, seed) == bits(group, seed)
    assert bits(group, 0) != bits(group, 1) != bits(group, 2) != bits(group, 0)


def test_no_test_row_reaches_training(task):
    """Whatever the test windows hold, the weights are the same to the bit."""
    before = bits(train(task, task / "before"), 0)
    kmers = np.load(task / "kmers.k1.npy")
    kmers[-WINDOWS // 3 :] = np.random.default_rng(9).integers(0, 5, kmers[-WINDOWS // 3 :].shape)
    np.save(task / "scrambled.npy", kmers)
    table = pd.read_csv(task / "windows.tsv", sep="\t")
    table.loc[table["split"] == "test", "label"] = 1 - table.loc[table["split"] == "test", "label"]
    write_windows(table, task / "windows.tsv")
    assert bits(train(task, task / "after", kmers="scrambled.npy"), 0) == before
    kmers[0] = 4
    np.save(task / "scrambled.npy", kmers)
    assert bits(train(task, task / "changed", kmers="scrambled.npy"), 0) != before


def test_a_subset_is_all_that_training_sees_and_the_same_for_every_arm(task):
    """Windows outside the subset may hold anything."""
    labels = pd.read_csv(task / "windows.tsv", sep="\t")["label"].to_numpy()
    rows = training_subset(labels[: WINDOWS // 3], "20", seed=5)
    layers = {"one": ARCHITECTURE, "two": ARCHITECTURE | {"representation": "standard", "channels": 10}}
    arms = {name: network_content(own) for name, own in layers.items()}
    for name, architecture in arms.items():
        chosen = {"seeds": (5,), "size": "20", "network": architecture}
        before = train(task, task / "before" / name, **chosen)
        assert (described(before, 5)["size"], described(before, 5)["train_size"]) == ("20", 20)
        kmers = np.load(task / "kmers.k1.npy")
        kmers[np.setdiff1d(np.arange(WINDOWS // 3), rows)] = 4
        np.save(task / "scrambled.npy", kmers)
        after = train(task, task / "after" / name, kmers="scrambled.npy", **chosen)
        assert bits(before, 5) == bits(after, 5)
        kmers[rows[0]] = 4
        np.save(task / "scrambled.npy", kmers)
        other = train(task, task / "other" / name, kmers="scrambled.npy", **chosen)
        assert bits(before, 5) != bits(other, 5)


def test_what_was_finished_is_not_trained_again(task, epochs_trained):
    out = train(task, task / "out", seeds=(0, 1))
    first = [bits(out, seed) for seed in (0, 1)]
    assert len(epochs_trained) == 4
    epochs_trained.clear()
    train(task, out, seeds=(1, 0, 2), arm="renamed")
    assert epochs_trained == [1, 2]
    assert [bits(out, seed) for seed in (0, 1)] == first
    assert [described(out, seed)["arm"] for seed in (0, 1, 2)] == ["renamed"] * 3


def test_what_was_finished_serves_whatever_else_trains_together(task, epochs_trained):
    """Of three seeds two share their steps. How many do changes weights by rounding, so another number trains anew."""
    out = train(task, task / "out", seeds=(0, 1, 2), training=QUICK | {"stacked_replicates": 2})
    assert epochs_trained == [1, 2, 1, 2]
    together = [bits(out, seed) for seed in (0, 1, 2)]
    epochs_trained.clear()
    train(task, out, seeds=(2, 0, 1), training=QUICK | {"stacked_replicates": 2})
    assert epochs_trained == []
    assert [bits(out, seed) for seed in (0, 1, 2)] == together
    train(task, out, seeds=(2, 0, 1))
    assert epochs_trained == [1, 2, 1, 2, 1, 2]


CHANGES = {
    "size": {"size": "50"},
    "code": {"code": "other"},
    "network": {"network": network_content(ARCHITECTURE | {"conjoined": True})},
    "settings": {"training": QUICK | {"learning_rate": 0.02}},
    "consistency": {"training": QUICK | {"consistency": 0.1}},
    "data": {"kmers": "other.npy"},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_decides_a_training_makes_it_another(task, change, epochs_trained):
    kmers = np.load(task / "kmers.k1.npy")
    kmers[WINDOWS // 3] = 4  # the first window of the validation split
    np.save(task / "other.npy", kmers)
    train(task, task / "out")
    epochs_trained.clear()
    train(task, task / "out", **change)
    assert epochs_trained == [1, 2]


def test_an_interrupted_job_goes_on_where_it_was(task, monkeypatch, epochs_trained):
    monkeypatch.setattr("learning.training.checkpoints.SECONDS_BETWEEN", 0.0)
    whole = train(task, task / "whole", seeds=(0, 1))
    validate, left = BinaryObjective.validate, iter(range(3))

    def killed(self, network):
        if next(left, None) is None:
            raise KeyboardInterrupt
        return validate(self, network)

    monkeypatch.setattr(BinaryObjective, "validate", killed)
    with pytest.raises(KeyboardInterrupt):
        train(task, task / "killed", seeds=(0, 1))
    assert [path.name for path in (task / "killed").iterdir()] == ["checkpoints"]
    monkeypatch.setattr(BinaryObjective, "validate", validate)
    epochs_trained.clear()
    resumed = train(task, task / "killed", seeds=(0, 1))
    assert epochs_trained == [2]
    for name in ("weights.safetensors", "history.tsv"):
        assert (resumed / name).read_bytes() == (whole / name).read_bytes()


@pytest.mark.parametrize(("count", "k"), [(2, 1), (3, 1), (3, 3)])
def test_labelled_sequences_train_to_as_many_classes_as_there_are(task, count, k):
    """On the bases, of which training makes k-mers."""
    table = pd.read_csv(task / "windows.tsv", sep="\t")
    codes = np.load(task / "codes.npy")
    table["label"] = np.arange(WINDOWS) % count
    for label in range(1, count):
        codes[table["label"] == label, ::3] = label
    np.save(task / "codes.npy", codes)
    write_windows(table, task / "windows.tsv")
    (task / "classes.json").write_text(json.dumps(["none", "C", "G"][:count]))
    out = train(
        task,
        task / "out",
        kmers="codes.npy",
        kind="labelled",
        extras=[task / "classes.json"],
        extra_names=["classes"],
        network=network_content({"representation": "regular", "kmer": k, "channels": 16}, "labelled"),
        training=LABELLED,
    )
    ((network, _),) = loaded(out)
    model = described(out, 0)
    assert (model["kind"], model["architecture"]["classes"]) == ("labelled", count)
    assert (model["architecture"]["kmer"], model["architecture"]["window"]) == (k, WIDTH)
    assert model["quality"] > 0.8
    shape = (5,) if count == 2 else (5, 3)
    assert network(encoding_of(network).indices(torch.from_numpy(codes[:5]).long())).shape == shape


@pytest.mark.parametrize("split", ["train", "validation"])
def test_a_split_of_one_class_is_refused(task, split):
    table = pd.read_csv(task / "windows.tsv", sep="\t")
    table.loc[table["split"] == split, "label"] = 1
    write_windows(table, task / "windows.tsv")
    with pytest.raises(InputError, match=f"the {split} split needs windows of both classes"):
        train(task, task / "out")


def test_a_class_without_sequences_is_refused(task):
    (task / "classes.json").write_text(json.dumps(["none", "motif", "absent"]))
    with pytest.raises(InputError, match="the train split needs sequences of every class"):
        train(
            task,
            task / "out",
            kmers="codes.npy",
            kind="labelled",
            extras=[task / "classes.json"],
            extra_names=["classes"],
            network=network_content({"representation": "regular", "kmer": 1, "channels": 16}, "labelled"),
            training=LABELLED,
        )


def test_a_network_that_cannot_be_built_is_a_clear_error_and_leaves_nothing(task):
    with pytest.raises(InputError, match="no network has this architecture"):
        train(task, task / "out", network=network_content(ARCHITECTURE | {"pool_width": 100}))
    assert not (task / "out").exists()


def test_too_large_a_subset_is_a_clear_error_and_leaves_nothing(task):
    with pytest.raises(InputError, match="no 101 training windows can be chosen"):
        train(task, task / "out", size="101")
    assert not (task / "out").exists()

"""Trainings that begin with a model: its weights, new heads, frozen layers, stacks and checkpoints."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from arm_networks import network_content
from planted_windows import ARCHITECTURE, TRAINING, WIDTH, planted_codes
from saved_networks import bits, described
from scripted_trainings import train_task, write_task
from sent_models import sent_model

from learning.models.saved import load
from learning.training.origins import Origin
from rc_equivariant.descriptions.networks import NETWORKS, NetworkDescription
from rc_equivariant.networks.network import build
from workflow_support.errors import InputError

QUICK = TRAINING | {"epochs": 2, "steps_per_epoch": 3}
LABELLED = {"representation": "regular", "kmer": 1, "channels": 8, "window": WIDTH}
OF_LABELLED = {"learning_rate": 0.01, "batch_size": 20, "epochs": 2, "device": "cpu", "threads": 1}


@pytest.fixture
def task(tmp_path):
    return write_task(tmp_path, *planted_codes(240, seed=0))


@pytest.fixture
def model(tmp_path):
    return sent_model(tmp_path / "model", {"regular": ARCHITECTURE | {"window": WIDTH}}, seeds=(0, 1))


def train(task, name="out", model=None, frozen=(), seeds=(7,), training=QUICK, **changes):
    out = task / name
    out.mkdir(exist_ok=True)
    origin = [] if model is None else [model / "model.json", model / "weights.safetensors"]
    return train_task(task, out, seeds, training=training, origin=origin, frozen=frozen, **changes)


def state(out, number=0):
    replicates = load(out / "weights.safetensors", out / "models.json", torch.device("cpu"))
    return replicates[number][0].state_dict()


STILL = QUICK | {"learning_rate": 1e-30, "weight_decay": 0.0, "epochs": 1}


def test_networks_begin_with_those_of_the_model_in_turn(task, model):
    folder, networks = model
    out = train(task, model=folder, seeds=(7, 8, 9), training=STILL)
    for number, expected in enumerate((networks[0], networks[1], networks[0])):
        for name, value in expected.named_parameters():
            assert torch.allclose(state(out, number)[name], value, atol=1e-6), name


def test_without_a_model_the_same_seed_begins_elsewhere(task, model):
    started, random = train(task, model=model[0], training=STILL), train(task, "random", training=STILL)
    assert any(not torch.equal(value, state(random)[name]) for name, value in state(started).items())


def test_a_frozen_trunk_keeps_every_bit_and_its_running_statistics(task, model):
    folder, networks = model
    found = state(train(task, model=folder, frozen=["trunk"]))
    expected = networks[0].state_dict()
    assert {name for name in found if not torch.equal(found[name], expected[name])} == {
        name for name in found if name.startswith("head.")
    }


def test_without_freezing_the_trunk_and_its_statistics_change(task, model):
    folder, networks = model
    found, before = state(train(task, model=folder)), networks[0].state_dict()
    changed = {name for name in found if not torch.equal(found[name], before[name])}
    assert any(name.startswith("trunk.") and "running" in name for name in changed)
    assert any(name.startswith("trunk.") and "running" not in name for name in changed)


def test_replicates_in_a_stack_freeze_and_begin_as_alone(task, model):
    options = {"model": model[0], "frozen": ["trunk"], "seeds": (7, 8)}
    alone = train(task, "alone", **options, training=QUICK | {"stacked_replicates": 1})
    stack = train(task, "stack", **options, training=QUICK | {"stacked_replicates": 2})
    for number in (0, 1):
        one, other = state(alone, number), state(stack, number)
        for name in one:
            assert torch.allclose(one[name], other[name], atol=1e-5), name
            assert not name.startswith("trunk.") or torch.equal(one[name], other[name]), name


def test_other_classes_get_a_new_head_and_the_trunk_of_the_model(task, tmp_path):
    folder, networks = sent_model(tmp_path / "two", {"labelled": LABELLED}, kind="labelled")
    codes, labels = planted_codes(240, seed=1)
    write_task(task, codes, np.where(labels == 1, 1 + np.arange(240) // 2 % 2, 0))
    (task / "classes.json").write_text('["none", "a", "b"]')
    changes = {
        "kind": "labelled",
        "sequences": task / "codes.npy",
        "extras": [task / "classes.json"],
        "extra_names": ["classes"],
        "network": network_content(LABELLED, "labelled"),
        "training": OF_LABELLED,
    }
    found = state(train(task, model=folder, frozen=["trunk"], **changes))
    before = {name.removeprefix("network."): value for name, value in networks[0].state_dict().items()}
    found = {name.removeprefix("network."): value for name, value in found.items()}
    assert all(torch.equal(found[name], before[name]) for name in before if name.startswith("trunk."))
    assert any(found[name].shape != before[name].shape for name in before if name.startswith("head."))


def test_a_network_with_another_beside_it_gets_new_heads_for_other_classes():
    of_model, network = beside_a_bag(classes=2), beside_a_bag(classes=3)
    before = of_model.state_dict()
    Origin(Path("model.json"), "sha256:0", [of_model]).begin(network, 0)
    for name, value in network.state_dict().items():
        if "trunk." in name:
            assert torch.equal(value, before[name]), name
    new = {name for name, value in network.state_dict().items() if value.shape != before[name].shape}
    assert {name.split(".head.")[0] for name in new} == {"members.0", "members.1"}


def beside_a_bag(classes):
    bag = NETWORKS["bag"]._replace(trunk=NETWORKS["bag"].trunk.with_options({"lengths": (2, 3), "gaps": ()}))
    return build(replace(described_default(), classes=classes, beside=(bag,)))


def test_the_description_names_the_model_and_another_one_is_another_training(task, model, tmp_path):
    folder, _ = model
    out = train(task, model=folder, frozen=["trunk"])
    told = described(out, 7)["training"]["start_from"]
    assert told["frozen"] == ["trunk"]
    assert told["model"].startswith("sha256:")
    first = bits(out, 7)
    other, _ = sent_model(tmp_path / "other", {"different": ARCHITECTURE | {"window": WIDTH}})
    train(task, model=other, frozen=["trunk"])  # with the checkpoints of the first
    assert bits(out, 7) != first
    train(task, model=folder, frozen=["trunk"])
    assert bits(out, 7) == first


REFUSALS = {
    "another trunk": ({"network": network_content(ARCHITECTURE | {"kernel_widths": [7]})}, "another trunk"),
    "other channels": ({"network": network_content(ARCHITECTURE | {"channels": 8})}, "another symmetry"),
    "a name of nothing": ({"frozen": ["trnk"]}, "frozen names no layer"),
    "all of it": ({"frozen": ["trunk", "head"]}, "nothing to train"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_does_not_fit_the_model_is_refused(task, model, name):
    changes, words = REFUSALS[name]
    with pytest.raises(InputError, match=words) as error:
        train(task, model=model[0], **changes)
    assert error.value.fix


def test_every_built_in_network_has_a_trunk_and_a_head_to_freeze():
    network = build(described_default())
    assert {name.partition(".")[0] for name, _ in network.named_parameters()} == {"trunk", "head"}


def described_default():
    return NetworkDescription.named("default", "regular", kmer=1, channels=8, window=200)

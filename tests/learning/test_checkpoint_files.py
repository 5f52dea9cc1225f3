"""A file that is no checkpoint of a training, or is damaged, is never used."""

import json
import logging

import numpy as np
import pytest
import torch
from interrupted_trainings import (
    Killed,
    binary,
    killed_after,
    labelled,
    notes_of,
    retrained,
)
from safetensors.torch import load_file, save_file

from learning.training import checkpoints
from learning.training.checkpoints import Checkpoint, digest_of_arrays, identity_of
from learning.training.loop import train

pytestmark = pytest.mark.usefixtures("checkpoint_every_epoch")


@pytest.fixture(params=["finished", "unfinished"])
def stored(request, tmp_path):
    make_network, make_objective, settings = binary()
    checkpoint = Checkpoint(tmp_path / "seed1.safetensors", "identity")
    if request.param == "finished":
        train(make_network, make_objective, settings, 1, checkpoint)
    else:
        with pytest.raises(Killed):
            train(make_network, killed_after(7, make_objective), settings, 1, checkpoint)
    return checkpoint


def test_a_training_of_another_identity_starts_from_the_beginning(stored, caplog):
    with caplog.at_level(logging.INFO, "rc"):
        assert retrained(Checkpoint(stored.path, "other"))
    assert "other data, code or settings" in caplog.text


@pytest.mark.parametrize("kept", [0, 4, 100, -1])
def test_a_truncated_file_is_ignored(stored, kept, caplog):
    stored.path.write_bytes(stored.path.read_bytes()[:kept])
    assert retrained(stored)
    assert "starts from the beginning" in caplog.text


def rewritten(path, change_tensors=lambda tensors: None, change_notes=lambda notes: None, **metadata):
    tensors, notes = load_file(path), notes_of(path)
    change_tensors(tensors)
    change_notes(notes)
    save_file(tensors, path, metadata={"training": json.dumps(notes)} | metadata)


HOSTILE_NOTES = {
    "no history": lambda notes: notes.pop("history"),
    "history of another order": lambda notes: notes["history"].reverse(),
    "empty history": lambda notes: notes["history"].clear(),
    "no number": lambda notes: notes["history"][0].__setitem__(1, "much"),
    "not finite": lambda notes: notes["history"][0].__setitem__(1, float("nan")),
    "no metrics": lambda notes: notes["history"][0].__setitem__(2, {}),
    "no time": lambda notes: notes.update(seconds=None),
    "no object": lambda notes: notes.update(history=7),
}
HOSTILE_TENSORS = {
    "nothing": lambda tensors: [tensors.pop(name) for name in list(tensors)[1:]],
    "other name": lambda tensors: tensors.update({"best.extra": torch.ones(2)}),
    "other shape": lambda tensors: tensors.update({"best.head.classify.bias": torch.ones(7)}),
    "other type": lambda tensors: tensors.update({"best.head.classify.bias": torch.ones(1, dtype=torch.float64)}),
    "not finite": lambda tensors: tensors["best.head.classify.bias"].fill_(float("nan")),
}


@pytest.mark.parametrize("change", HOSTILE_NOTES.values(), ids=HOSTILE_NOTES)
def test_notes_that_do_not_fit_are_ignored(stored, change, caplog):
    rewritten(stored.path, change_notes=change)
    assert retrained(stored)
    assert "starts from the beginning" in caplog.text


@pytest.mark.parametrize("change", HOSTILE_TENSORS.values(), ids=HOSTILE_TENSORS)
def test_tensors_that_do_not_fit_are_ignored(stored, change):
    rewritten(stored.path, change_tensors=change)
    assert retrained(stored)


@pytest.mark.parametrize("text", ["", "[]", "null", "[" * 100_000, '{"identity": "identity"}'])
def test_metadata_that_is_none_is_ignored(stored, text):
    rewritten(stored.path, training=text)
    assert retrained(stored)


@pytest.mark.parametrize(
    "name",
    [
        "batches.positives.order",
        "batches.negatives.taken",
        "generator.cpu",
        "optimiser.0.exp_avg",
        "weights.head.classify.bias",
    ],
)
def test_every_part_of_an_unfinished_training_is_needed(name, tmp_path):
    make_network, make_objective, settings = binary()
    checkpoint = Checkpoint(tmp_path / "seed1.safetensors", "identity")
    with pytest.raises(Killed):
        train(make_network, killed_after(7, make_objective), settings, 1, checkpoint)
    whole = checkpoint.path.read_bytes()
    for change in (
        lambda tensors: tensors.pop(name),
        lambda tensors: tensors.update({name: torch.full((3,), 10**6)}),
        *([lambda tensors: tensors[name].fill_(float("inf"))] if name.startswith(("optimiser", "weights")) else []),
    ):
        checkpoint.path.write_bytes(whole)
        rewritten(checkpoint.path, change_tensors=change)
        assert retrained(checkpoint)


def test_generators_that_do_not_fit_are_ignored(tmp_path):
    make_network, make_objective, settings = binary()
    checkpoint = Checkpoint(tmp_path / "seed1.safetensors", "identity")
    with pytest.raises(Killed):
        train(make_network, killed_after(7, make_objective), settings, 1, checkpoint)
    rewritten(checkpoint.path, change_notes=lambda notes: notes["streams"]["order"].update(bit_generator="MT19937"))
    assert retrained(checkpoint)


def test_a_failed_write_leaves_the_earlier_checkpoint(stored, monkeypatch):
    before = stored.path.read_bytes()

    def failing(tensors, path, metadata):
        path.write_bytes(b"half")
        raise Killed

    monkeypatch.setattr(checkpoints, "save_file", failing)
    make_network, make_objective, settings = labelled()
    with pytest.raises(Killed):
        train(make_network, make_objective, settings, 1, Checkpoint(stored.path, "other"))
    assert stored.path.read_bytes() == before
    assert [path.name for path in stored.path.parent.iterdir()] == [stored.path.name]


def test_the_identity_depends_on_every_part_and_not_on_the_order_of_keys():
    parts = {"code": "a", "settings": {"x": 1, "y": 2}, "seed": 0}
    turned = {"seed": 0, "settings": {"y": 2, "x": 1}, "code": "a"}
    assert identity_of(**parts) == identity_of(**turned)
    others = [parts | {"code": "b"}, parts | {"seed": 1}, parts | {"settings": {"x": 1, "y": 3}}]
    assert len({identity_of(**each) for each in (parts, *others)}) == 4


def test_the_digest_of_arrays_is_of_their_rows_in_order_and_not_of_blocks(monkeypatch):
    array = np.random.default_rng(0).integers(0, 4, (50, 6), dtype=np.uint8)
    labels, rows = np.arange(50), np.array([3, 7, 40])
    digest = digest_of_arrays(array, labels, rows=rows)
    for other in (
        digest_of_arrays(array, rows=rows),
        digest_of_arrays(array, labels, rows=rows[::-1]),
        digest_of_arrays(array.astype(np.uint16), labels, rows=rows),
        digest_of_arrays(array.reshape(50, 2, 3), labels, rows=rows),
    ):
        assert other != digest
    changed = array.copy()
    changed[8] += 1
    assert digest_of_arrays(changed, labels, rows=rows) == digest
    changed[7] += 1
    assert digest_of_arrays(changed, labels, rows=rows) != digest
    monkeypatch.setattr(checkpoints, "_BYTES_PER_BLOCK", 7)
    assert digest_of_arrays(array, labels, rows=rows) == digest

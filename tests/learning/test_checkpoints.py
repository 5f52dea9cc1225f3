"""A training that was interrupted ends with the same bits; what is no checkpoint of it is never used."""

import json
import logging
import os
import signal
import subprocess
import sys
import time
from functools import partial
from itertools import count
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from arm_networks import build_network
from planted_profiles import ARCHITECTURE as PROFILE_ARCHITECTURE
from planted_profiles import OUTPUT, WINDOW, planted_profiles
from planted_profiles import TRAINING as PROFILE_TRAINING
from planted_windows import ARCHITECTURE, TRAINING, WIDTH, planted_codes
from safetensors.torch import load_file, save_file

from learning.models.profile_arrays import ProfileArrays
from learning.training import checkpoints
from learning.training import loop as training
from learning.training.binary import BinaryObjective
from learning.training.checkpoints import Checkpoint, digest_of_arrays, identity_of
from learning.training.classification import LabelledSplit, TrainingSplits
from learning.training.labelled import LabelledObjective
from learning.training.loop import train
from learning.training.profiles import ProfileObjective, ProfileTrainingWindows
from learning.training.settings import Training

EPOCHS = 4


class Killed(BaseException):
    """As an interrupt: nothing of ours catches it."""


def binary():
    settings = Training.of_kind(
        "binary", TRAINING | {"epochs": EPOCHS, "steps_per_epoch": 3, "reverse_complement_augmentation": True}
    )
    windows = TrainingSplits(*(LabelledSplit(*planted_codes(size, size)) for size in (90, 40)))
    make = partial(build_network, ARCHITECTURE | {"window": WIDTH, "representation": "standard"})
    return make, partial(BinaryObjective, windows, settings), settings


def labelled(classes=3, **layers):
    settings = Training.of_kind(
        "labelled",
        {
            "learning_rate": 0.01,
            "batch_size": 16,
            "epochs": EPOCHS,
            "patience": EPOCHS,
            "weight_decay": 0.1,
            "base_substitution": 0.2,
            "device": "cpu",
            "threads": 1,
        },
    )
    splits = []
    for size in (90, 45):
        codes, _ = planted_codes(size, size)
        splits.append(LabelledSplit(codes, np.arange(size) % classes))
    data = TrainingSplits(*splits)
    architecture = {"representation": "regular", "kmer": 1, "channels": 8, "window": WIDTH, "classes": classes}
    architecture |= layers
    return partial(build_network, architecture, "labelled"), partial(LabelledObjective, data, settings), settings


def profile():
    settings = Training.of_kind("profile", PROFILE_TRAINING | {"epochs": EPOCHS, "consistency": 0.5})
    codes, counts, _ = planted_profiles(60, seed=0)
    arrays = ProfileArrays(codes, counts, {}, WINDOW, OUTPUT)
    windows = ProfileTrainingWindows(arrays, *np.split(np.arange(60), [40]))
    return (
        partial(build_network, PROFILE_ARCHITECTURE, "profile"),
        partial(ProfileObjective, windows, settings),
        settings,
    )


HYPERBOLIC = {"geometry": "hyperbolic", "curvature": "per_block", "blocks": 2, "width": 3, "dense": 8}
KINDS = {
    "binary": binary,
    "labelled": labelled,
    "two classes": partial(labelled, 2),
    "hyperbolic": partial(labelled, 2, **HYPERBOLIC),
    "profile": profile,
}


@pytest.fixture(autouse=True)
def _a_checkpoint_every_epoch(monkeypatch):
    monkeypatch.setattr(checkpoints, "SECONDS_BETWEEN", 0.0)


def killed_after(steps, make_objective):
    """An objective that stops its process in the step after so many."""

    def make(*where):
        objective, left = make_objective(*where), iter(range(steps))
        of_batch = objective.loss

        def loss(network, drawn):
            value = of_batch(network, drawn)
            if next(left, None) is None:
                raise Killed
            return value

        objective.loss = loss
        return objective

    return make


def forbidden(make_objective):
    return killed_after(0, make_objective)


def same(one, other):
    assert one.history == other.history
    assert one.best == other.best
    assert one.quality == other.quality
    for name, value in one.network.state_dict().items():
        assert torch.equal(value, other.network.state_dict()[name]), name


@pytest.mark.parametrize("kind", KINDS)
def test_a_training_killed_in_any_epoch_ends_as_one_that_was_not(kind, tmp_path):
    make_network, make_objective, settings = KINDS[kind]()
    whole = train(make_network, make_objective, settings, seed=1)
    steps = make_objective_steps(make_objective)
    for number, done in enumerate((1, steps, steps + 1, 2 * steps + 1, EPOCHS * steps - 1)):
        checkpoint = Checkpoint(tmp_path / f"{number}.safetensors", "identity")
        with pytest.raises(Killed):
            train(make_network, killed_after(done, make_objective), settings, 1, checkpoint)
        assert checkpoint.path.exists() == (done >= steps)
        torch.manual_seed(99)  # what else drew in between does not matter
        same(whole, train(make_network, make_objective, settings, 1, checkpoint))


def make_objective_steps(make_objective):
    streams = type("Streams", (), {"order": np.random.default_rng(0), "jitter": np.random.default_rng(0)})
    return make_objective(streams, torch.device("cpu")).steps_per_epoch


def test_a_training_killed_again_and_again_ends_as_one_that_was_not(tmp_path):
    make_network, make_objective, settings = profile()
    whole = train(make_network, make_objective, settings, seed=1)
    steps, kills = make_objective_steps(make_objective), 0
    while True:
        checkpoint = Checkpoint(tmp_path / "seed1.safetensors", "identity")
        try:
            trained = train(make_network, killed_after(steps + 1, make_objective), settings, 1, checkpoint)
        except Killed:
            kills += 1
        else:
            break
    assert kills == EPOCHS - 1
    same(whole, trained)


PROCESS = """
import sys, time
from pathlib import Path
from test_checkpoints import Checkpoint, checkpoints, profile, train

checkpoints.SECONDS_BETWEEN = 0.0
make_network, make_objective, settings = profile()

def slowly(*where):
    objective = make_objective(*where)
    of_batch = objective.loss
    objective.loss = lambda *batch: time.sleep(0.2) or of_batch(*batch)
    return objective

train(make_network, slowly, settings, 1, Checkpoint(Path(sys.argv[1]), "identity"))
"""


def test_a_process_that_is_killed_outright_loses_no_more_than_an_epoch(tmp_path):
    path = tmp_path / "seed1.safetensors"
    process = subprocess.Popen(
        [sys.executable, "-c", PROCESS, path], env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    )
    while process.poll() is None and not path.exists():
        time.sleep(0.01)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    make_network, make_objective, settings = profile()
    whole = train(make_network, make_objective, settings, 1)
    left = (EPOCHS - 1) * make_objective_steps(make_objective)
    same(whole, train(make_network, killed_after(left, make_objective), settings, 1, Checkpoint(path, "identity")))


def test_patience_outlives_an_interruption(tmp_path):
    """The best epoch is the first: of three with patience 2, none is trained after the last."""
    make_network, make_objective, settings = profile()

    def impatient(*where):
        objective = make_objective(*where)
        objective.patience, objective.quality = 2, lambda validation: 0.0
        return objective

    whole = train(make_network, impatient, settings, 1)
    steps = make_objective_steps(make_objective)
    checkpoint = Checkpoint(tmp_path / "seed1.safetensors", "identity")
    with pytest.raises(Killed):
        train(make_network, killed_after(2 * steps + 1, impatient), settings, 1, checkpoint)
    resumed = train(make_network, impatient, settings, 1, checkpoint)
    assert len(whole.history) == len(resumed.history) == 3


@pytest.mark.parametrize("kind", KINDS)
def test_a_finished_training_is_not_trained_again_and_its_file_is_small(kind, tmp_path):
    make_network, make_objective, settings = KINDS[kind]()
    path = tmp_path / "seed1.safetensors"
    first = train(make_network, make_objective, settings, 1, Checkpoint(path, "identity"))
    again = train(make_network, forbidden(make_objective), settings, 1, Checkpoint(path, "identity"))
    same(first, again)
    assert all(name.startswith("best.") for name in load_file(path))


def test_a_training_that_went_on_knows_the_time_of_all_its_epochs(tmp_path, monkeypatch):
    """By a clock that advances a second each time it is read: at the beginning and at the end of an epoch."""
    make_network, make_objective, settings = binary()
    monkeypatch.setattr(training, "time", SimpleNamespace(perf_counter=count().__next__))
    checkpoint = Checkpoint(tmp_path / "seed1.safetensors", "identity")
    with pytest.raises(Killed):
        killed = killed_after(2 * settings.schedule.steps_per_epoch + 1, make_objective)
        train(make_network, killed, settings, 1, checkpoint)
    train(make_network, make_objective, settings, 1, checkpoint)
    assert notes_of(checkpoint.path)["seconds"] == EPOCHS


def test_no_file_is_written_before_its_time(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "SECONDS_BETWEEN", 1000.0)
    make_network, make_objective, settings = binary()
    path = tmp_path / "seed1.safetensors"
    with pytest.raises(Killed):
        train(make_network, killed_after(10, make_objective), settings, 1, Checkpoint(path, "identity"))
    assert not path.exists()
    train(make_network, make_objective, settings, 1, Checkpoint(path, "identity"))
    assert path.exists()


def retrained(checkpoint):
    """Whether the file is left unused."""
    make_network, make_objective, settings = binary()
    try:
        train(make_network, forbidden(make_objective), settings, 1, checkpoint)
    except Killed:
        whole = train(make_network, make_objective, settings, 1)
        same(whole, train(make_network, make_objective, settings, 1, checkpoint))
        return True
    return False


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


def test_another_identity_is_trained_anew(stored, caplog):
    with caplog.at_level(logging.INFO, "rc"):
        assert retrained(Checkpoint(stored.path, "other"))
    assert "other data, code or settings" in caplog.text


@pytest.mark.parametrize("kept", [0, 4, 100, -1])
def test_a_truncated_file_is_ignored(stored, kept, caplog):
    stored.path.write_bytes(stored.path.read_bytes()[:kept])
    assert retrained(stored)
    assert "starts from the beginning" in caplog.text


def notes_of(path):
    with checkpoints.safe_open(path, framework="pt") as file:
        return json.loads(file.metadata()["training"])


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

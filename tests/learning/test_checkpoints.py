"""A training that was interrupted ends with the same bits as one that was not."""

import os
import signal
import subprocess
import sys
import time
from itertools import count
from types import SimpleNamespace

import pytest
import torch
from interrupted_trainings import (
    EPOCHS,
    KINDS,
    Killed,
    binary,
    forbidden,
    killed_after,
    make_objective_steps,
    notes_of,
    profile,
    same,
)
from safetensors.torch import load_file

from learning.training import checkpoints
from learning.training import loop as training
from learning.training.checkpoints import Checkpoint
from learning.training.loop import train

pytestmark = pytest.mark.usefixtures("checkpoint_every_epoch")


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

from interrupted_trainings import profile
from learning.training import checkpoints
from learning.training.loop import train

checkpoints.SECONDS_BETWEEN = 0.0
make_network, make_objective, settings = profile()

def slowly(*where):
    objective = make_objective(*where)
    of_batch = objective.loss
    objective.loss = lambda *batch: time.sleep(0.2) or of_batch(*batch)
    return objective

train(make_network, slowly, settings, 1, checkpoints.Checkpoint(Path(sys.argv[1]), "identity"))
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

"""A training of the workflow's own script that is killed outright ends with the bytes of one that was not."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

from reliability.kills import AIMS, CHECKPOINT, EPOCH, OUTPUT, Moment, killed_training, planned_moments
from reliability.trainings import SEEDS, Training, binary_training

EPOCHS = 3
#: Here, as in the reviewed ones of make reliability, but so few that they take seconds.
MOMENTS = [Moment(EPOCH, 1, 0.5), Moment(CHECKPOINT, 3, 0.0), Moment(OUTPUT, 6, 0.0)]


def test_a_training_that_is_killed_again_and_again_leaves_the_same_files(tmp_path: Path) -> None:
    killed = killed_training(binary_training, tmp_path, EPOCHS, MOMENTS)
    assert killed.differing == []
    assert killed.left == []
    assert len(killed.kills) == len(MOMENTS)
    for kill in killed.kills:
        assert 0 <= kill.reached - kill.resumed <= 1, kill
    assert killed.kills[-1].reached == len(SEEDS) * EPOCHS


class _MissedTraining(Training):
    """A training whose every second job has ended before it could be killed, as happens on a busy machine."""

    jobs = 0

    def start(self, trace: str) -> subprocess.Popen:
        process = super().start(trace)
        self.jobs += 1
        if self.jobs % 2 == 0:
            process.wait()
        return process


def test_a_job_that_ended_before_its_kill_counts_as_one_that_resumed(tmp_path: Path) -> None:
    def missed(folder: Path, epochs: int) -> Training:
        training = binary_training(folder, epochs)
        return training if folder.name == "peaceful" else _MissedTraining(training.folder)

    killed = killed_training(missed, tmp_path, EPOCHS, [Moment(EPOCH, 1, 0.0), Moment(OUTPUT, 6, 0.0)])
    assert killed.differing == []
    first, _ = killed.kills
    assert first.reached < len(SEEDS) * EPOCHS
    assert 0 <= first.reached - first.resumed <= 1, first


def test_moments_are_of_every_kind_in_the_order_of_the_training_and_the_same_for_a_seed() -> None:
    moments = planned_moments(random.Random(1), 30, 12)
    assert len(moments) == 30
    assert {moment.aim for moment in moments} == set(AIMS)
    assert [moment.epochs for moment in moments] == sorted(moment.epochs for moment in moments)
    assert moments == planned_moments(random.Random(1), 30, 12)
    assert moments != planned_moments(random.Random(2), 30, 12)

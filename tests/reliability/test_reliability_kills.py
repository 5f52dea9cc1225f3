"""A training of the workflow's own script that is killed outright ends with the bytes of one that was not."""

from __future__ import annotations

import random
from pathlib import Path

from reliability.kills import AIMS, CHECKPOINT, EPOCH, OUTPUT, Moment, killed_training, planned_moments
from reliability.trainings import SEEDS, binary_training

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


def test_moments_are_of_every_kind_in_the_order_of_the_training_and_the_same_for_a_seed() -> None:
    moments = planned_moments(random.Random(1), 30, 12)
    assert len(moments) == 30
    assert {moment.aim for moment in moments} == set(AIMS)
    assert [moment.epochs for moment in moments] == sorted(moment.epochs for moment in moments)
    assert moments == planned_moments(random.Random(1), 30, 12)
    assert moments != planned_moments(random.Random(2), 30, 12)

"""What tests of trainings and of saved models share."""

from dataclasses import replace

import pytest
from saved_replicates import SEEDS, description, made, written

from learning.training import checkpoints


@pytest.fixture
def replicates():
    """Networks and their descriptions."""
    return [(made(seed), replace(description(), seed=seed, quality=0.1 * seed)) for seed in SEEDS]


@pytest.fixture
def saved(replicates, tmp_path):
    return written(tmp_path, *replicates)


@pytest.fixture
def checkpoint_every_epoch(monkeypatch):
    monkeypatch.setattr(checkpoints, "SECONDS_BETWEEN", 0.0)

"""With the options left at their defaults, a training is plain AdamW on the losses of its batches, to the bit."""

import pytest
import torch
from interrupted_trainings import KINDS
from plain_trainings import objective_of, steps_by_hand

from learning.training.loop import train


@pytest.mark.parametrize("kind", ["binary", "labelled", "two classes", "hyperbolic", "profile", "bf16"])
def test_a_published_training_is_plain_adamw_to_the_bit(kind):
    parts = KINDS[kind]()
    trained = train(*parts, seed=1)
    steps = list(steps_by_hand(*parts, seed=1))
    expected = steps[trained.best.epoch * objective_of(parts[1]).steps_per_epoch - 1]
    for name, value in trained.network.state_dict().items():
        assert torch.equal(value, expected[name]), name

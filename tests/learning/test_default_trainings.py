"""With the options left at their defaults, a training is plain AdamW on the losses of its batches, to the bit."""

from functools import partial

import numpy as np
import pytest
import torch
from interrupted_trainings import KINDS

from learning.training.loop import parameter_groups, train
from learning.training.sampling import streams_of
from learning.training.state import RandomStreams


def by_hand(make_network, make_objective, settings, seed):
    """The weights of every epoch, by a loop that knows batches, losses and learning rates alone."""
    sources = streams_of(seed)
    torch.manual_seed(int(sources.initialisation.generate_state(1, np.uint64)[0]))
    network = make_network()
    streams = RandomStreams(np.random.default_rng(sources.order), np.random.default_rng(sources.jitter))
    objective = make_objective(streams, torch.device("cpu"))
    optimiser = torch.optim.AdamW(parameter_groups(network, settings))
    steps = settings.schedule.epochs * objective.steps_per_epoch
    autocast = partial(torch.autocast, "cpu", torch.bfloat16, enabled=settings.schedule.precision == "bf16")
    epochs = []
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = settings.schedule.learning_rate_at(step, steps)
        optimiser.zero_grad()
        with autocast():
            loss = objective.loss(network, tuple(map(torch.from_numpy, objective.draw())))
        loss.backward()
        optimiser.step()
        if (step + 1) % objective.steps_per_epoch == 0:
            epochs.append({name: value.clone() for name, value in network.state_dict().items()})
    return epochs


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "float16"])
def test_a_published_training_is_plain_adamw_to_the_bit(kind):
    make_network, make_objective, settings = KINDS[kind]()
    trained = train(make_network, make_objective, settings, seed=1)
    expected = by_hand(make_network, make_objective, settings, seed=1)[trained.best.epoch - 1]
    for name, value in trained.network.state_dict().items():
        assert torch.equal(value, expected[name]), name

"""Trainings by a loop that knows batches, losses and learning rates alone, and trainings with other settings."""

from functools import partial

import numpy as np
import torch
from interrupted_trainings import binary, labelled, profile

from learning.training.loop import parameter_groups
from learning.training.sampling import streams_of
from learning.training.settings import Training
from learning.training.state import RandomStreams

CPU = torch.device("cpu")
KINDS = {"binary": binary, "labelled": labelled, "profile": profile}


def with_options(kind, make=None, **changes):
    """How a small training of a kind makes its network and objective, and its settings with these changes."""
    make_network, make_objective, settings = (make or KINDS[kind])()
    chosen = Training.of_kind(kind, settings.to_dict() | changes)
    return make_network, partial(make_objective.func, make_objective.args[0], chosen), chosen


def objective_of(make_objective, seed=1):
    """The objective of a seed."""
    sources = streams_of(seed)
    streams = RandomStreams(np.random.default_rng(sources.order), np.random.default_rng(sources.jitter))
    return make_objective(streams, CPU)


def steps_by_hand(make_network, make_objective, settings, seed=1, before_step=lambda network: None):
    """Yield a copy of all tensors of a network after each step of plain AdamW."""
    torch.manual_seed(int(streams_of(seed).initialisation.generate_state(1, np.uint64)[0]))
    network, objective = make_network(), objective_of(make_objective, seed)
    optimiser = torch.optim.AdamW(parameter_groups(network, settings.schedule.weight_decay))
    steps = settings.schedule.epochs * objective.steps_per_epoch
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = settings.schedule.learning_rate_at(step, steps)
        optimiser.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=settings.schedule.precision == "bf16"):
            loss = objective.loss(network, tuple(map(torch.from_numpy, objective.draw())))
        loss.backward()
        before_step(network)
        optimiser.step()
        yield {name: value.clone() for name, value in network.state_dict().items()}

"""Averages of weights over the steps of a training, which validate and generalise better than the last weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn


def averaged_tensors(network: nn.Module) -> dict[str, Tensor]:
    """Copies of all tensors of a network that are averaged: weights and running statistics, but no counts."""
    return {name: value.clone() for name, value in network.state_dict().items() if value.is_floating_point()}


def weight_of_a_step(step: int, decay: float) -> float:
    """The weight of the newest weights in their average after a step, counted from 0.

    The average is the plain one of the first 1 / (1 - ``decay``) steps and an exponential one from then on, as the
    running statistics of batch normalisation are. So the initial weights are never part of it.
    """
    return max(1 / (step + 1), 1 - decay)


@torch.no_grad()
def move_averages(averages: Sequence[Tensor], values: Sequence[Tensor], weight: float) -> None:
    """Give the newest values this weight in their averages."""
    torch._foreach_lerp_(list(averages), list(values), weight)


@contextmanager
def holding(network: nn.Module, tensors: Mapping[str, Tensor]) -> Iterator[None]:
    """Let a network have these tensors for a while, by name; it keeps its own where there are none."""
    own = {name: value.clone() for name, value in network.state_dict().items() if name in tensors}
    network.load_state_dict(tensors, strict=False)
    yield
    network.load_state_dict(own, strict=False)

"""Stacks of tensors, with one tensor for each of several networks that torch.vmap runs together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor


def stacked(x: Tensor, dim: int | None, networks: int) -> Tensor:
    """Move the networks' axis of ``x`` from ``dim`` to the front; if ``dim`` is None, all networks share ``x``."""
    return x.expand(networks, *x.shape) if dim is None else x.movedim(dim, 0)


def one_by_one(
    function: Callable[..., tuple[Tensor, ...]], dims: Sequence[int | None], networks: int, *inputs: Tensor | None
) -> tuple[tuple[Tensor, ...], tuple[int, ...]]:
    """Call ``function`` for each network in turn; this serves as the ``vmap`` of an autograd function.

    Returns the stacked outputs and the axis of the networks in each. An input that is None is None for each network.
    """
    each = [[None] * networks if x is None else stacked(x, d, networks) for x, d in zip(inputs, dims, strict=True)]
    of_each = zip(*each, strict=True)
    outputs = tuple(map(torch.stack, zip(*(function(*own) for own in of_each), strict=True)))
    return outputs, (0,) * len(outputs)

"""Stacks of tensors, one for each of several networks that torch.vmap runs together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor


def stacked(x: Tensor, dim: int | None, networks: int) -> Tensor:
    """The tensors of all networks along the first axis; ``dim`` is where they lie, None where all share one."""
    return x.expand(networks, *x.shape) if dim is None else x.movedim(dim, 0)


def one_by_one(
    function: Callable[..., tuple[Tensor, ...]], dims: Sequence[int | None], networks: int, *inputs: Tensor | None
) -> tuple[tuple[Tensor, ...], tuple[int, ...]]:
    """What ``function`` gives for each network in turn, stacked, and where: a ``vmap`` of autograd functions.

    An input that is None is None for each.
    """
    each = [[None] * networks if x is None else stacked(x, d, networks) for x, d in zip(inputs, dims, strict=True)]
    of_each = zip(*each, strict=True)
    outputs = tuple(map(torch.stack, zip(*(function(*own) for own in of_each), strict=True)))
    return outputs, (0,) * len(outputs)

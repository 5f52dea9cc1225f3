"""Counts of the numbers in each row of a matrix of integers."""

from __future__ import annotations

import torch
from torch import Tensor

from .stacks import stacked


def counts_of_rows(numbers: Tensor, kinds: int) -> Tensor:
    """Return how often each number from 0 to ``kinds - 1`` occurs in each row.

    Parameters
    ----------
    numbers
        int64, shape (rows, numbers), values 0 to ``kinds - 1``.
    kinds
        How many different numbers there are.

    Returns
    -------
    Tensor
        float32, shape (rows, kinds); exact below 2^24.
    """
    return _Counts.apply(numbers, kinds)


class _Counts(torch.autograd.Function):
    """One scatter of ones for all rows and networks; in one dimension it is deterministic on a GPU as well."""

    @staticmethod
    def forward(numbers: Tensor, kinds: int) -> Tensor:
        rows = torch.arange(len(numbers), device=numbers.device)
        places = (numbers + kinds * rows[:, None]).flatten()
        counts = torch.zeros(len(rows) * kinds, device=numbers.device)
        return counts.scatter_add_(0, places, torch.ones_like(places, dtype=counts.dtype)).view(-1, kinds)

    @staticmethod
    def setup_context(ctx, inputs: tuple[Tensor, int], output: Tensor) -> None:
        ctx.mark_non_differentiable(output)

    @staticmethod
    def vmap(info, in_dims: tuple, numbers: Tensor, kinds: int) -> tuple[Tensor, int]:
        numbers = stacked(numbers, in_dims[0], info.batch_size)
        return _Counts.apply(numbers.flatten(0, 1), kinds).unflatten(0, numbers.shape[:2]), 0

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[None, None]:
        return None, None

"""Gradients that can be differentiated again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor


def differentiable_gradients(
    function: Callable[..., Tensor], inputs: tuple[Any, ...], gradient: Tensor
) -> tuple[Tensor | None, ...]:
    """Return the gradients by ``inputs`` as functions of inputs and ``gradient`` that autograd records.

    An operation with a fast gradient of its own takes this way if a gradient of its gradient is asked for. torch then
    runs the backward pass with recording on, so ``torch.is_grad_enabled()`` tells (``create_graph=True``).

    Parameters
    ----------
    function
        The same operation in plain operations of torch, a function of ``inputs``.
    inputs
        Tensors and anything else; only tensors that require a gradient have one.
    gradient
        Gradient by the output.
    """
    # Aliases, so that a gradient holds only what flows through its own input, even if one input was made of another.
    own = tuple(x.view_as(x) if isinstance(x, Tensor) else x for x in inputs)
    wanted = [x for x in own if isinstance(x, Tensor) and x.requires_grad]
    found = iter(torch.autograd.grad(function(*own), wanted, gradient, create_graph=True, allow_unused=True))
    return tuple(next(found) if isinstance(x, Tensor) and x.requires_grad else None for x in own)

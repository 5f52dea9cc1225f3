"""Gradients that can be differentiated again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor


def differentiable_gradients(
    function: Callable[..., Tensor], inputs: tuple[Any, ...], gradient: Tensor, wanted: Sequence[bool]
) -> tuple[Tensor | None, ...]:
    """Return the gradients by ``inputs`` as functions of inputs and ``gradient`` that autograd records.

    An operation with a fast gradient of its own takes this way if a gradient of its gradient is asked for. torch then
    runs the backward pass with recording on, so ``torch.is_grad_enabled()`` tells (``create_graph=True``).

    Parameters
    ----------
    function
        The same operation in plain operations of torch, a function of ``inputs``.
    inputs
        Tensors and anything else.
    gradient
        Gradient by the output.
    wanted
        Whether each input needs a gradient. ``requires_grad`` does not say it: within ``torch.func.vjp`` and what is
        made of it, inputs have ceased to require gradients when the backward pass runs.
    """
    places = [place for place, is_wanted in enumerate(wanted) if is_wanted]

    def of_wanted(*variables: Tensor) -> Tensor:
        given = list(inputs)
        for place, variable in zip(places, variables, strict=True):
            given[place] = variable
        return function(*given)

    # Each variable is apart from all others, so a gradient holds only what flows through its own input, even if one
    # input was made of another.
    _, pull_back = torch.func.vjp(of_wanted, *(inputs[place] for place in places))
    found = iter(pull_back(gradient))
    return tuple(next(found) if is_wanted else None for is_wanted in wanted)

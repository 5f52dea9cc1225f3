"""Mixed precision: operations with gradients of their own under torch.autocast."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

import torch
from torch import Tensor


def cast_for_products(x: Tensor, *others: Tensor | None) -> tuple[Tensor | None, ...]:
    """Return tensors in the data type that autocast, if it is on, prescribes for convolutions and matrix products.

    torch casts the arguments of its own operations. It cannot see into an operation with a gradient of its own, whose
    forward and backward pass must agree on the type, so such an operation is called with tensors that are cast before.
    As in torch, float64 stays.
    """
    device = x.device.type
    if not torch.is_autocast_enabled(device):
        return x, *others
    narrow = torch.get_autocast_dtype(device)
    return tuple(
        each.to(narrow) if each is not None and each.is_floating_point() and each.dtype != torch.float64 else each
        for each in (x, *others)
    )


def in_float32(forward: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Make the forward method of a layer an island of float32: autocast is off in it, and 16-bit features are widened.

    Hyperbolic layers need it, because distances far from the origin are differences of large numbers: 16 bits have no
    digits left for them.
    """

    @wraps(forward)
    def widened(self, x: Tensor) -> Tensor:
        device = x.device.type
        if not torch.is_autocast_enabled(device):
            return forward(self, x)
        with torch.autocast(device, enabled=False):
            return forward(self, x.to(torch.promote_types(x.dtype, torch.float32)) if x.is_floating_point() else x)

    return widened


def without_autocast(backward: Callable[..., tuple]) -> Callable[..., tuple]:
    """Make a backward pass compute in the types of its tensors, even if it is called where autocast is on."""

    @wraps(backward)
    def as_given(ctx, *gradients: Tensor | None) -> tuple:
        device = next((gradient.device.type for gradient in gradients if gradient is not None), "cpu")
        with torch.autocast(device, enabled=False):
            return backward(ctx, *gradients)

    return as_given

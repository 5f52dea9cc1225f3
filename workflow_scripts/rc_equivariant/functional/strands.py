"""The mean over both strands of a feature map, and its parts that reverse complement fixes or negates."""

from __future__ import annotations

import torch
from torch import Tensor

from ..representation import Representation
from .stacks import stacked


def mean_of_strands(x: Tensor, regular: int, signs_alone: Tensor) -> Tensor:
    """Return (x + RC x) / 2 on the first channel of each copy, in few passes over memory.

    Parameters
    ----------
    x
        Feature map, shape (batch, channel, L): ``regular`` regular copies, then ``len(signs_alone)`` unpaired channels.
    regular
        Number of regular copies.
    signs_alone
        Sign of each unpaired channel, shape (alone,).

    Returns
    -------
    Tensor
        Shape (batch, regular + alone, L).
    """
    return _MeanOfStrands.apply(x.transpose(1, 2), regular, signs_alone.to(x.dtype) / 2).transpose(1, 2)


class _MeanOfStrands(torch.autograd.Function):
    """The mean over strands of rows (batch, position, channel), which is the order of features in memory."""

    @staticmethod
    def forward(rows: Tensor, regular: int, half_signs: Tensor) -> Tensor:
        first, second, alone = rows.split([regular, regular, len(half_signs)], 2)
        pairs = second.flip(1, 2).add_(first).mul_(0.5)
        return _joined([pairs, _mean_of_alone(alone, half_signs)])

    @staticmethod
    def setup_context(ctx, inputs: tuple[Tensor, int, Tensor], output: Tensor) -> None:
        _, ctx.regular, half_signs = inputs
        ctx.save_for_backward(half_signs)

    @staticmethod
    def vmap(info, in_dims: tuple, rows: Tensor, regular: int, half_signs: Tensor) -> tuple[Tensor, int]:
        rows = stacked(rows, in_dims[0], info.batch_size)
        merged = _MeanOfStrands.apply(rows.flatten(0, 1), regular, half_signs)
        return merged.unflatten(0, rows.shape[:2]), 0

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None, None]:
        (half_signs,) = ctx.saved_tensors
        of_pairs, of_alone = gradient.split([ctx.regular, len(half_signs)], 2)
        of_first = of_pairs * 0.5
        return _joined([of_first, of_first.flip(1, 2), _mean_of_alone(of_alone, half_signs)]), None, None


def _mean_of_alone(alone: Tensor, half_signs: Tensor) -> Tensor:
    """Return (x + signs * flipped x) / 2; this map is its own transpose."""
    return alone.flip(1).mul_(half_signs).add_(alone, alpha=0.5)


def _joined(parts: list[Tensor]) -> Tensor:
    parts = [part for part in parts if part.shape[2]]
    return parts[0] if len(parts) == 1 else torch.cat(parts, 2)


def irreducible_parts(x: Tensor, space: Representation) -> tuple[Tensor, Tensor]:
    """Split whole feature maps into the part that reverse complement fixes and the part that it negates.

    Parameters
    ----------
    x
        Feature map, shape (batch, channel, L).
    space
        Type of the feature map.

    Returns
    -------
    tuple of Tensor
        The +1 and the -1 part in orthonormal coordinates, shapes (batch, n) and (batch, m) with n + m = channel * L.
    """
    first, second, trivial, sign = x.split([space.regular, space.regular, space.trivial, space.sign], 1)
    half, odd = divmod(x.shape[2], 2)
    left, centre, right = zip(*(y.split([half, odd, half], 2) for y in (trivial, sign)), strict=True)
    pairs, moved, turned = (first, second.flip(1, 2)), (left[0], right[0].flip(2)), (left[1], right[1].flip(2))
    # Reverse complement flips a sign channel and negates it, so its sums of mirrored positions belong to the -1 part.
    plus = [pairs[0] + pairs[1], moved[0] + moved[1], turned[0] - turned[1]]
    minus = [pairs[0] - pairs[1], moved[0] - moved[1], turned[0] + turned[1]]
    return tuple(
        torch.cat([0.5**0.5 * torch.cat([part.flatten(1) for part in parts], 1), middle.flatten(1)], 1)
        for parts, middle in ((plus, centre[0]), (minus, centre[1]))
    )

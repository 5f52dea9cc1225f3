"""Pooling over positions, in windows that reverse complement maps to each other, and over strands."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..functional.rows import one_row, with_gradient_in_rows
from ..functional.strands import mean_of_strands
from ..plain import StrandMean
from ..representation import FeatureType, Ordinary, Representation
from .module import EquivariantModule, require_mirrored_grid


class _WindowPool(EquivariantModule):
    """A summary of each window of positions, channel by channel."""

    def __init__(self, in_type: FeatureType, kernel_size: int, stride: int | None, padding: int) -> None:
        super().__init__(in_type, in_type)
        self.kernel_size, self.stride, self.padding = kernel_size, kernel_size if stride is None else stride, padding
        if kernel_size < 1 or self.stride < 1 or not 0 <= padding <= kernel_size // 2:
            raise ValueError(
                f"{type(self).__name__} with kernel size {kernel_size}, stride {self.stride} and padding {padding} is "
                "impossible: the first two must be at least 1, and the padding from 0 to half the kernel size"
            )

    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        require_mirrored_grid(self, x.shape[2], self.kernel_size, self.stride, self.padding)
        return with_gradient_in_rows(self._pool(one_row(x))).squeeze(2)

    def _pool(self, row: Tensor) -> Tensor:
        """Pooled windows of features of shape (batch, channel, 1, position)."""
        raise NotImplementedError

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool1d(_WindowPool):
    """Mean over windows of positions; (batch, channel, L) to (batch, channel, L').

    L' = floor((L + 2 padding - kernel_size) / stride) + 1. A mean is linear and alike for all channels and from either
    end, so it commutes with signs, exchanges and the flip, as long as windows are mapped to windows.

    Parameters
    ----------
    in_type
        Feature type, any.
    kernel_size
        Positions of a window.
    stride
        Positions from one window to the next; ``kernel_size`` if not given.
    padding
        Zeros on both sides, which count as values, at most half of ``kernel_size``.

    Raises
    ------
    ValueError
        At construction for impossible numbers; at a call where the length leaves the last positions unread.
    """

    def __init__(self, in_type: FeatureType, kernel_size: int, stride: int | None = None, padding: int = 0) -> None:
        super().__init__(in_type, kernel_size, stride, padding)

    def _pool(self, row: Tensor) -> Tensor:
        return functional.avg_pool2d(row, (1, self.kernel_size), (1, self.stride), (0, self.padding))

    def export(self) -> nn.Module:
        return nn.AvgPool1d(self.kernel_size, self.stride, self.padding)


class MaxPool1d(_WindowPool):
    """Maximum over windows of positions; (batch, channel, L) to (batch, channel, L').

    L' = floor((L - kernel_size) / stride) + 1. For channels that are only moved; where several positions share the
    maximum, the first gets the gradient, as in torch.

    Parameters
    ----------
    in_type
        Feature type without sign channels.
    kernel_size
        Positions of a window.
    stride
        Positions from one window to the next; ``kernel_size`` if not given.

    Raises
    ------
    ValueError
        At construction for sign channels, of which the maximum of -x is not minus that of x, and for impossible
        numbers; at a call where the length leaves the last positions unread.
    """

    def __init__(self, in_type: FeatureType, kernel_size: int, stride: int | None = None) -> None:
        if (in_type.signs < 0).any():
            raise ValueError(
                f"MaxPool1d on {in_type} is not equivariant: on -1 channels reverse complement changes the sign, and "
                "max(-x) is not -max(x); take AvgPool1d, or merge the strands first (StrandMerge)"
            )
        super().__init__(in_type, kernel_size, stride, 0)

    def _pool(self, row: Tensor) -> Tensor:
        return functional.max_pool2d(row, (1, self.kernel_size), (1, self.stride))

    def export(self) -> nn.Module:
        return nn.MaxPool1d(self.kernel_size, self.stride)


class GlobalAvgPool1d(EquivariantModule):
    """Mean over all positions; (batch, channel, L) to (batch, channel).

    Without positions nothing is flipped: reverse complement acts on the result by rho alone, so the type is the same.
    """

    def __init__(self, in_type: FeatureType) -> None:
        super().__init__(in_type, in_type)

    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        return x.mean(2)

    def export(self) -> nn.Module:
        return nn.Sequential(nn.AdaptiveAvgPool1d(1), nn.Flatten(1))


class StrandMerge(EquivariantModule):
    """Invariant features: (x + RC x) / 2 on the first channel of each copy; (batch, in, L) to (batch, copies, L).

    ``y[c, t] = (x[c, t] + signs[c] * x[partner[c], L - 1 - t]) / 2`` is the same for x and RC x, position by position,
    so that ordinary layers may follow. This is the published merging of the binary networks. Ordinary features pass as
    they are.
    """

    def __init__(self, in_type: FeatureType) -> None:
        super().__init__(in_type, Ordinary(int((torch.arange(in_type.size) <= in_type.partner).sum())))
        if isinstance(in_type, Representation):
            self.register_buffer("signs_alone", in_type.signs[2 * in_type.regular :], persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        if isinstance(self.in_type, Ordinary):
            return x
        return mean_of_strands(x, self.in_type.regular, self.signs_alone)

    def export(self) -> nn.Module:
        if isinstance(self.in_type, Ordinary):
            return nn.Identity()
        return StrandMean(self.in_type.partner, self.in_type.signs).to(self.signs_alone)

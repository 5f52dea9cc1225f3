"""Pooling over windows of positions, over all positions, and over the two strands."""

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
    """The base class of layers that summarise each window of positions, channel by channel."""

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
        """Pool the windows of features of shape (batch, channel, 1, position)."""
        raise NotImplementedError

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


def window_of(length: int, stride: int) -> int:
    """Return the width of windows, ``stride`` positions apart, that begin and end where a feature map does.

    It is ``stride`` plus the rest that it leaves of ``length``, so pooling gives length // stride positions.
    """
    return stride + length % stride


class AvgPool1d(_WindowPool):
    """Mean over windows of positions; (batch, channel, L) to (batch, channel, L').

    L' = floor((L + 2 padding - kernel_size) / stride) + 1. A mean is linear and the same for all channels and from
    either end, so it commutes with signs, exchanges and the flip, as long as the flip maps windows to windows.

    Parameters
    ----------
    in_type
        Any feature type.
    kernel_size
        Number of positions of a window.
    stride
        Number of positions from one window to the next; by default ``kernel_size``.
    padding
        Number of zeros on each side, which count as values; at most half of ``kernel_size``.

    Raises
    ------
    ValueError
        At construction, if the numbers are impossible; at a call, if the stride leaves the last positions unread.
    """

    def __init__(self, in_type: FeatureType, kernel_size: int, stride: int | None = None, padding: int = 0) -> None:
        super().__init__(in_type, kernel_size, stride, padding)

    def _pool(self, row: Tensor) -> Tensor:
        return functional.avg_pool2d(row, (1, self.kernel_size), (1, self.stride), (0, self.padding))

    def export(self) -> nn.Module:
        return nn.AvgPool1d(self.kernel_size, self.stride, self.padding)


class MaxPool1d(_WindowPool):
    """Maximum over windows of positions; (batch, channel, L) to (batch, channel, L').

    L' = floor((L - kernel_size) / stride) + 1. It needs channels that reverse complement only moves. If several
    positions share the maximum, the first gets the gradient, as in torch.

    Parameters
    ----------
    in_type
        Feature type without sign channels.
    kernel_size
        Number of positions of a window.
    stride
        Number of positions from one window to the next; by default ``kernel_size``.

    Raises
    ------
    ValueError
        At construction, if there are sign channels, for which max(-x) is not -max(x), or the numbers are impossible; at
        a call, if the stride leaves the last positions unread.
    """

    def __init__(self, in_type: FeatureType, kernel_size: int, stride: int | None = None) -> None:
        if (in_type.signs < 0).any():
            raise ValueError(
                f"MaxPool1d on {in_type} is not equivariant: on -1 channels reverse complement changes the sign, and "
                "max(-x) is not -max(x); use AvgPool1d, or merge the strands first (StrandMerge)"
            )
        super().__init__(in_type, kernel_size, stride, 0)

    def _pool(self, row: Tensor) -> Tensor:
        return functional.max_pool2d(row, (1, self.kernel_size), (1, self.stride))

    def export(self) -> nn.Module:
        return nn.MaxPool1d(self.kernel_size, self.stride)


class GlobalAvgPool1d(EquivariantModule):
    """Mean over all positions; (batch, channel, L) to (batch, channel).

    Without positions nothing is flipped. Reverse complement acts on the result by rho alone, so the type is the same.
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

    ``y[c, t] = (x[c, t] + signs[c] * x[partner[c], L - 1 - t]) / 2`` is the same for x and RC x at every position, so
    ordinary layers may follow. The published binary networks merge strands in this way. Ordinary features do not
    change.
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

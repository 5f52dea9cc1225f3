"""Layers that return more positions than they read: repetition and transposed convolution."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from ..representation import FeatureType
from .module import EquivariantModule
from .tied import TiedWeights, with_weights


class Upsample(EquivariantModule):
    """Each position repeated ``factor`` times; (batch, channel, L) to (batch, channel, factor * L).

    Parameters
    ----------
    in_type
        Any feature type.
    factor
        Number of repetitions.

    Raises
    ------
    ValueError
        If ``factor`` is less than 1.
    """

    def __init__(self, in_type: FeatureType, factor: int) -> None:
        super().__init__(in_type, in_type)
        if factor < 1:
            raise ValueError(f"Upsample by a factor of {factor} leaves no positions: give a whole number from 1 on")
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        return x.transpose(1, 2).repeat_interleave(self.factor, 1).transpose(1, 2)

    def export(self) -> nn.Module:
        return nn.Upsample(scale_factor=float(self.factor), mode="nearest")

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, factor={self.factor}"


class ConvTranspose1d(TiedWeights):
    """Transposed convolution with an equivariant kernel; (batch, in, L) to (batch, out, L').

    L' = (L - 1) * stride - 2 padding + dilation (kernel_size - 1) + 1. It is the transpose of a
    :class:`~rc_equivariant.Conv1d` from ``out_type`` to ``in_type``, and the constraint on its kernel is the same. As
    every L' is the length of a whole grid of windows, no length is refused. The ``output_padding`` of torch adds
    positions on one side only, so there is none here.

    Parameters
    ----------
    in_type, out_type
        Feature types.
    kernel_size
        Width of the kernel, even or odd.
    stride, padding, dilation, groups, bias
        As in :class:`torch.nn.ConvTranspose1d`.

    Raises
    ------
    ValueError
        At construction, if no such layer is equivariant or a number is impossible; at a call, if no position is left.
    """

    def __init__(
        self,
        in_type: FeatureType,
        out_type: FeatureType,
        kernel_size: int,
        stride: int = 1,
        padding: int = 0,
        dilation: int = 1,
        groups: int = 1,
        bias: bool = True,
    ) -> None:
        if stride < 1 or dilation < 1 or padding < 0:
            raise ValueError(
                f"stride {stride} and dilation {dilation} must be 1 or more, and padding {padding} at least 0"
            )
        self.stride, self.padding, self.dilation, self.groups = stride, padding, dilation, groups
        super().__init__(in_type, in_type, out_type, kernel_size, groups, bias)
        self.kernel_size = kernel_size

    def live_inputs(self) -> Tensor:
        """Return the mean number of inputs that a channel reads at one position, shape (out,)."""
        return super().live_inputs() / self.stride

    def check(self, x: Tensor) -> None:
        super().check(x)
        left = (x.shape[2] - 1) * self.stride - 2 * self.padding + self.dilation * (self.kernel_size - 1) + 1
        if left < 1:
            raise ValueError(
                f"{type(self).__name__} {self.in_type} -> {self.out_type} with padding {self.padding} leaves {left} "
                f"positions of {x.shape[2]}: use less padding, or give more positions"
            )

    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        return functional.conv_transpose1d(
            x, self._transposed(), self.channel_bias(), self.stride, self.padding, 0, self.groups, self.dilation
        )

    def _transposed(self) -> Tensor:
        """Return the kernel in the order of torch, shape (in, out / groups, width)."""
        return self.kernel().unflatten(0, (self.groups, -1)).transpose(1, 2).flatten(0, 1)

    def multiply_adds(self, inputs: tuple[Tensor, ...], output: Tensor) -> int:
        """Return the multiply-adds of one call: one for each input number, tap and output channel of its group."""
        return inputs[0].numel() * self.kernel_size * self.out_type.size // self.groups

    def export(self) -> nn.Module:
        layer = nn.ConvTranspose1d(
            self.in_type.size,
            self.out_type.size,
            self.kernel_size,
            self.stride,
            self.padding,
            0,
            self.groups,
            self.bias is not None,
            self.dilation,
        )
        return with_weights(layer, self, self._transposed())

    def extra_repr(self) -> str:
        numbers = (f"{name}={getattr(self, name)}" for name in ("stride", "padding", "dilation", "groups"))
        return f"{super().extra_repr()}, kernel_size={self.kernel_size}, {', '.join(numbers)}"

"""ReLU on the first channels and tanh on the others, in one pass and without copies of the two parts.

The functions work on rows: features of shape (..., channel), which is their order in memory.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .stacks import stacked


def relu_and_tanh(x: Tensor, relu_channels: int) -> Tensor:
    """Apply ReLU to the first ``relu_channels`` channels of ``x`` (batch, channel, position) and tanh to the others."""
    return relu_and_tanh_of_rows(x.transpose(1, 2), relu_channels).transpose(1, 2)


def relu_and_tanh_of_rows(rows: Tensor, relu_channels: int) -> Tensor:
    """Do the same on rows."""
    return _ReluAndTanh.apply(rows, relu_channels)


def overwrite_with_relu_and_tanh(rows: Tensor, relu_channels: int) -> None:
    """Do the same on rows, in their memory."""
    tanh = _tanh(rows[..., relu_channels:])
    rows.clamp_min_(0)[..., relu_channels:] = tanh


def _tanh(x: Tensor) -> Tensor:
    """Compute tanh; on a CPU as sigmoid(2x) - sigmoid(-2x): faster, exactly odd, and off by one rounding of 1."""
    is_slow_in_torch = x.device.type == "cpu" and x.dtype in (torch.float32, torch.float64)
    if not is_slow_in_torch or torch.compiler.is_compiling():
        return torch.tanh(x)
    double = x + x
    return torch.sigmoid(double).sub_(double.neg_().sigmoid_())


def relu_and_tanh_backward(gradient: Tensor, y: Tensor, relu_channels: int) -> Tensor:
    """Return the gradient by the rows, given the gradient by the output ``y``."""
    of_rows = torch.ops.aten.threshold_backward(gradient, y, 0)
    if relu_channels < y.shape[-1]:
        after = slice(relu_channels, None)
        of_rows[..., after] = torch.ops.aten.tanh_backward(gradient[..., after], y[..., after])
    return of_rows


class _ReluAndTanh(torch.autograd.Function):
    @staticmethod
    def forward(rows: Tensor, relu_channels: int) -> Tensor:
        y = rows.clamp_min(0)
        y[..., relu_channels:] = _tanh(rows[..., relu_channels:])
        return y

    @staticmethod
    def setup_context(ctx, inputs: tuple[Tensor, int], output: Tensor) -> None:
        ctx.save_for_backward(output)
        ctx.relu_channels = inputs[1]

    @staticmethod
    def vmap(info, in_dims: tuple[int, None], rows: Tensor, relu_channels: int) -> tuple[Tensor, int]:
        return _ReluAndTanh.apply(stacked(rows, in_dims[0], info.batch_size), relu_channels), 0

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None]:
        (y,) = ctx.saved_tensors
        return relu_and_tanh_backward(gradient, y, ctx.relu_channels), None

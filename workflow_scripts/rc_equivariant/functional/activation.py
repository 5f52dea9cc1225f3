"""ReLU on the first channels and tanh on the others, in one pass: no copies of the parts, forward or backward."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


def relu_and_tanh(x: Tensor, relu_channels: int) -> Tensor:
    """ReLU on the first ``relu_channels`` channels of ``x`` (batch, channel, position), tanh on the others."""
    return _ReluAndTanh.apply(x.transpose(1, 2), relu_channels).transpose(1, 2)


class _ReluAndTanh(torch.autograd.Function):
    """On rows (batch, position, channel), which is how features lie in memory."""

    @staticmethod
    def forward(ctx, rows: Tensor, relu_channels: int) -> Tensor:
        y = torch.relu(rows)
        # tanh is several times as fast on adjacent numbers.
        y[..., relu_channels:] = rows[..., relu_channels:].contiguous().tanh_()
        ctx.save_for_backward(y)
        ctx.relu_channels = relu_channels
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None]:
        (y,) = ctx.saved_tensors
        rows_gradient = torch.ops.aten.threshold_backward(gradient, y, 0)
        after = slice(ctx.relu_channels, None)
        rows_gradient[..., after] = torch.ops.aten.tanh_backward(gradient[..., after], y[..., after])
        return rows_gradient, None

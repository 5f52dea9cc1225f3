"""Feature maps as one-row images with channels last in memory, for which torch has its fastest kernels."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from .autocast import cast_for_products
from .stacks import stacked

#: Stride, padding and dilation along positions, and groups of channels, as in :class:`torch.nn.Conv1d`.
Steps = tuple[int, int, int, int]


def channels_last(x: Tensor) -> Tensor:
    """Return features (batch, channel, position), or a kernel, with channels last in memory."""
    return x.transpose(1, 2).contiguous().transpose(1, 2)


def one_row(x: Tensor) -> Tensor:
    """Turn features (batch, channel, position) into (batch, channel, 1, position), with channels last in memory."""
    return channels_last(x).unsqueeze(2)


def row_convolution(x: Tensor, kernel: Tensor, bias: Tensor | None, steps: Steps) -> Tensor:
    """Convolve features (batch, in, position) with a kernel (out, in / groups, width)."""
    x, kernel, bias = cast_for_products(x, kernel, bias)
    return _RowConvolution.apply(one_row(x), one_row(kernel), bias, steps).squeeze(2)


def convolve_row(x: Tensor, kernel: Tensor, bias: Tensor | None, steps: Steps) -> Tensor:
    """Convolve one-row images (batch, in, 1, position) with a kernel (out, in / groups, 1, width)."""
    stride, padding, dilation, groups = steps
    return functional.conv2d(x, kernel, bias, (1, stride), (0, padding), (1, dilation), groups)


def convolution_gradients(
    gradient: Tensor,
    x: Tensor,
    kernel: Tensor,
    bias_sizes: Sequence[int] | None,
    steps: Steps,
    wanted: Sequence[bool],
) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
    """Return the gradients of :func:`convolve_row` by image, kernel and bias; None for those not ``wanted``."""
    stride, padding, dilation, groups = steps
    return torch.ops.aten.convolution_backward(
        gradient, x, kernel, bias_sizes, (1, stride), (0, padding), (1, dilation), False, (0, 0), groups, wanted
    )


class _RowConvolution(torch.autograd.Function):
    """The convolution of torch, except that stacked networks are convolved one by one.

    torch would treat them as groups of one convolution, for which it copies all features into another channel order.
    """

    @staticmethod
    def forward(x: Tensor, kernel: Tensor, bias: Tensor | None, steps: Steps) -> Tensor:
        return convolve_row(x, kernel, bias, steps)

    @staticmethod
    def setup_context(ctx, inputs: tuple, output: Tensor) -> None:
        x, kernel, bias, ctx.steps = inputs
        ctx.bias_sizes = None if bias is None else bias.shape
        ctx.save_for_backward(x, kernel)

    @staticmethod
    def vmap(info, in_dims: tuple, x: Tensor, kernel: Tensor, bias: Tensor | None, steps: Steps) -> tuple[Tensor, int]:
        of_each = [_each(y, dim, info.batch_size) for y, dim in zip((x, kernel, bias), in_dims, strict=False)]
        maps = [convolve_row(*parts, steps) for parts in zip(*of_each, strict=True)]
        return torch.stack([each.movedim(1, 3) for each in maps]).movedim(4, 2), 0

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor | None, Tensor | None, Tensor | None, None]:
        x, kernel = ctx.saved_tensors
        return *convolution_gradients(gradient, x, kernel, ctx.bias_sizes, ctx.steps, ctx.needs_input_grad[:3]), None


def _each(x: Tensor | None, dim: int | None, networks: int) -> Sequence[Tensor | None]:
    """Return the tensors of a stack; images are split by rows, so that their gradients are also joined by rows."""
    if x is None:
        return [None] * networks
    x = stacked(x, dim, networks)
    return x.unbind() if x.dim() < 5 else [image.movedim(3, 1) for image in x.movedim(2, 4).unbind()]


def with_gradient_in_rows(row: Tensor) -> Tensor:
    """Return features of :func:`one_row` unchanged, and bring their gradient to the same order in memory.

    Without this, the backward pass of pooling is slow.
    """
    return _GradientInRows.apply(row)


class _GradientInRows(torch.autograd.Function):
    @staticmethod
    def forward(row: Tensor) -> Tensor:
        return row.view_as(row)

    @staticmethod
    def setup_context(ctx, inputs: tuple[Tensor], output: Tensor) -> None:
        pass

    @staticmethod
    def vmap(info, in_dims: tuple[int], row: Tensor) -> tuple[Tensor, int]:
        row = stacked(row, in_dims[0], info.batch_size)
        return _GradientInRows.apply(row.flatten(0, 1)).unflatten(0, row.shape[:2]), 0

    @staticmethod
    def backward(ctx, gradient: Tensor) -> Tensor:
        return _InRows.apply(gradient)


class _InRows(torch.autograd.Function):
    """The order in memory of :func:`one_row`, as an operation of its own, because torch.vmap cannot ask for it."""

    @staticmethod
    def forward(gradient: Tensor) -> Tensor:
        return gradient.contiguous(memory_format=torch.channels_last).view_as(gradient)

    @staticmethod
    def setup_context(ctx, inputs: tuple[Tensor], output: Tensor) -> None:
        pass

    @staticmethod
    def vmap(info, in_dims: tuple[int], gradient: Tensor) -> tuple[Tensor, int]:
        gradient = stacked(gradient, in_dims[0], info.batch_size)
        return _InRows.apply(gradient.flatten(0, 1)).unflatten(0, gradient.shape[:2]), 0

    @staticmethod
    def backward(ctx, gradient: Tensor) -> Tensor:
        return gradient

"""Lorentz convolution in few passes over memory: an ordinary convolution plus a term for the time of each field.

Automatic differentiation would write the features again for the time term and, in the backward pass, twice more for its
norms.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from ..functional.autocast import without_autocast
from ..functional.rows import Steps, convolution_gradients, convolve_row, one_row
from ..functional.stacks import one_by_one
from .radial import squared_norm, squared_norms


def convolve_points(
    x: Tensor, kernel: Tensor, bias: Tensor | None, time_weight: Tensor, k: Tensor, steps: Steps
) -> Tensor:
    """Return the space parts of a linear map of each receptive field's points, at sectional curvature -1/k.

    Parameters
    ----------
    x
        Space parts, shape (batch, in, position).
    kernel
        Shape (out, in, width).
    bias
        Shape (out,).
    time_weight
        Weight w_t of the time sqrt(k + sum of |s_j|^2) of a field, shape (out,).
    k
        Parameter of the Lorentz model.
    steps
        Stride, padding and dilation of the convolution, with one group.

    Returns
    -------
    Tensor
        Shape (batch, out, position'), with channels last in memory.
    """
    rows = x.transpose(1, 2).contiguous()
    y, _ = _ConvolvedPoints.apply(rows, kernel, bias, time_weight, k, steps)
    return y.transpose(1, 2)


def sum_over_fields(values: Tensor, width: int, steps: Steps) -> Tensor:
    """Sum numbers (batch, position) over each receptive field of a convolution, to (batch, position')."""
    stride, padding, dilation, _ = steps
    reach = dilation * (width - 1) + 1
    # Faster than a convolution with ones.
    return functional.pad(values, (padding, padding)).unfold(1, reach, stride)[..., ::dilation].sum(2)


def _sum_over_readers(of_fields: Tensor, positions: int, width: int, steps: Steps) -> Tensor:
    """Sum the numbers of all fields that read a position; this is the transpose of :func:`sum_over_fields`."""
    stride, padding, dilation, groups = steps
    reach = dilation * (width - 1)
    if stride > 1:
        every_step = of_fields.new_zeros(len(of_fields), positions + 2 * padding - reach)
        every_step[:, ::stride] = of_fields
        of_fields = every_step
    return sum_over_fields(of_fields, width, (1, reach - padding, dilation, groups))


class _ConvolvedPoints(torch.autograd.Function):
    """The convolution of rows (batch, position, channel), which also returns the times of fields (batch, position')."""

    @staticmethod
    def forward(rows, kernel, bias, time_weight, k, steps):
        y = _rows(convolve_row(_image(rows), one_row(kernel), bias, steps))
        times = (sum_over_fields(squared_norms(rows), kernel.shape[2], steps) + k).sqrt()
        y.view(-1, len(kernel)).addmm_(times.view(-1, 1), time_weight[None])
        return y, times

    @staticmethod
    def setup_context(ctx, inputs, output):
        rows, kernel, bias, time_weight, k, ctx.steps = inputs
        ctx.bias_sizes = None if bias is None else bias.shape
        ctx.save_for_backward(rows, kernel, time_weight, k, output[1])
        ctx.mark_non_differentiable(output[1])
        # The times have no gradient, so zeros for it would be wasted.
        ctx.set_materialize_grads(False)

    @staticmethod
    def vmap(info, in_dims, *inputs):
        *tensors, steps = inputs
        return one_by_one(lambda *own: _ConvolvedPoints.apply(*own, steps), in_dims[:-1], info.batch_size, *tensors)

    @staticmethod
    @without_autocast
    def backward(ctx, gradient, _):
        if gradient is None:
            return (None,) * 6
        rows, kernel, time_weight, k, times = ctx.saved_tensors
        if torch.is_grad_enabled():
            # A gradient of the gradient flows through the times, too.
            times = (sum_over_fields(squared_norm(rows, 2).squeeze(2), kernel.shape[2], ctx.steps) + k).sqrt()
        gradient = gradient.contiguous()
        image, row_kernel = _image(rows), one_row(kernel)
        of_image, of_kernel, of_bias = convolution_gradients(
            _image(gradient), image, row_kernel, ctx.bias_sizes, ctx.steps, ctx.needs_input_grad[:3]
        )
        of_squares = (gradient @ time_weight) / (2 * times)
        of_time_weight = times.flatten() @ gradient.flatten(0, 1)
        of_rows = None
        if of_image is not None:
            of_rows = _rows(of_image)
            of_norms = _sum_over_readers(of_squares, rows.shape[1], kernel.shape[2], ctx.steps)
            of_rows.addcmul_(rows, (2 * of_norms)[..., None])
        of_kernel = None if of_kernel is None else of_kernel.squeeze(2)
        return of_rows, of_kernel, of_bias, of_time_weight, of_squares.sum(), None


def _image(rows: Tensor) -> Tensor:
    """View rows (batch, position, channel) as a one-row image with channels last in memory."""
    return rows.transpose(1, 2).unsqueeze(2)


def _rows(image: Tensor) -> Tensor:
    """View a one-row image as rows; copy it if torch has changed the order, as it does with a single channel."""
    return image.squeeze(2).transpose(1, 2).contiguous()

"""Batch normalisation with statistics shared between channels, in a few passes over memory.

Plain operations would give the same result, but automatic differentiation of means and variances takes several times as
long as the convolutions. The gradient below is the usual one of batch normalisation, with averages taken over orbits.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .activation import overwrite_with_relu_and_tanh, relu_and_tanh_backward, relu_and_tanh_of_rows
from .derivatives import differentiable_gradients
from .stacks import stacked


def normalise_batch(
    x: Tensor,
    scale: Tensor,
    shift: Tensor,
    partner: Tensor,
    is_sign: Tensor,
    eps: float,
    eps_on_deviation: bool = False,
    relu_channels: int | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Normalise with the statistics of the batch, shared between partners, then scale and shift.

    Parameters
    ----------
    x
        Shape (batch, channel, position).
    scale, shift
        Shape (channel,).
    partner
        Channel that each channel shares its statistics with (itself if there is none); int64, shape (channel,).
    is_sign
        True for channels whose mean is taken to be zero; bool, shape (channel,).
    eps, eps_on_deviation
        See :func:`inverse_deviation`.
    relu_channels
        If given, ReLU is then applied to this many first channels and tanh to the others, in the same memory.

    Returns
    -------
    tuple of Tensor
        The normalised features, with the shape of ``x``, and the mean and (biased) variance that were used, each of
        shape (channel,). For sign channels these are zero and the mean square. The statistics have no gradient.
    """
    rows = x.transpose(1, 2)
    # Sums of many 16-bit numbers would overflow or lose most of their digits.
    wide = torch.promote_types(x.dtype, torch.float32)
    y, mean, variance, _, _ = _NormaliseRows.apply(
        rows.reshape(-1, x.shape[1]).to(wide), scale, shift, partner, is_sign, eps, eps_on_deviation, relu_channels
    )
    return y.view(rows.shape).transpose(1, 2).to(x.dtype), mean, variance


def unbiased_variance(variance: Tensor, partner: Tensor, is_sign: Tensor, values: int) -> Tensor:
    """Correct the variance for the degree of freedom that the mean takes; sign channels keep their mean square.

    Parameters
    ----------
    variance
        Mean squared deviation, shape (channel,).
    partner, is_sign
        As in :func:`normalise_batch`.
    values
        Number of values per channel; statistics that two channels share have twice as many.
    """
    is_alone = partner == torch.arange(len(partner), device=partner.device)
    # These are scalars, since a tensor of counts would round in float32; a single value has a variance of zero.
    of_alone, of_pairs = (variance * (n / max(n - 1, 1)) for n in (values, 2 * values))
    return torch.where(is_sign, variance, torch.where(is_alone, of_alone, of_pairs))


def inverse_deviation(variance: Tensor, eps: float, eps_on_deviation: bool) -> tuple[Tensor, Tensor]:
    """Return 1 / sqrt(variance + eps), or 1 / (sqrt(variance) + eps), and its derivative by the variance."""
    if eps_on_deviation:
        # If nothing varies, the deviation has no derivative, and there is nothing to normalise.
        is_constant = variance == 0
        deviation = variance.masked_fill(is_constant, 1).sqrt().masked_fill(is_constant, 0)
        inverse = 1 / (deviation + eps)
        return inverse, (-inverse.square() / (2 * deviation)).masked_fill(is_constant, 0)
    inverse = torch.rsqrt(variance + eps)
    return inverse, -inverse.pow(3) / 2


class _NormaliseRows(torch.autograd.Function):
    """Normalisation of rows (..., batch * position, channel), the order in memory; all else is (..., channel)."""

    @staticmethod
    def forward(rows, scale, shift, partner, is_sign, eps, eps_on_deviation, relu_channels):
        own_mean = rows.mean(-2)
        y = rows - _row(own_mean)
        own_variance = y.square_().mean(-2)
        mean = _over_orbit(own_mean, partner).masked_fill(is_sign, 0)
        variance = _over_orbit(own_variance + (own_mean - mean).square(), partner)
        inverse, derivative = _inverse_deviation(variance, partner, is_sign, rows.shape[-2], eps, eps_on_deviation)
        slope = scale * inverse
        # The memory of the squares is reused here, and that of a product below: new memory costs more than arithmetic.
        # The compiler plans memory itself, and torch.export runs this with gradients on, where none can be given.
        memory = None if torch.compiler.is_compiling() else y
        y = torch.addcmul(_row(shift - mean * slope), rows, _row(slope), out=memory)
        if relu_channels is not None:
            overwrite_with_relu_and_tanh(y, relu_channels)
        return y, mean, variance, inverse, derivative

    @staticmethod
    def setup_context(ctx, inputs, output):
        rows, scale, shift, partner, is_sign, *ctx.how = inputs
        y, *statistics = output
        activated = None if ctx.how[-1] is None else y
        mean, _, inverse, derivative = statistics
        ctx.save_for_backward(rows, scale, shift, mean, inverse, derivative, partner, is_sign, activated)
        ctx.mark_non_differentiable(*statistics)

    @staticmethod
    def vmap(info, in_dims, rows, scale, shift, partner, is_sign, *how):
        """Normalise stacked networks, which all have the same partners and signs."""
        of_each = (stacked(x, dim, info.batch_size) for x, dim in zip((rows, scale, shift), in_dims, strict=False))
        return _NormaliseRows.apply(*of_each, partner, is_sign, *how), (0, 0, 0, 0, 0)

    @staticmethod
    def backward(ctx, gradient, *_):
        rows, scale, shift, mean, inverse, derivative, partner, is_sign, activated = ctx.saved_tensors
        if torch.is_grad_enabled():
            inputs = rows, scale, shift, partner, is_sign, *ctx.how
            return differentiable_gradients(_normalised, inputs, gradient, ctx.needs_input_grad)
        count = rows.shape[-2]
        if activated is not None:
            gradient = relu_and_tanh_backward(gradient, activated, ctx.how[-1])
        shift_gradient = gradient.sum(-2)
        # The rows are centred before the product, since the sums would lose digits if the mean is large.
        product = (rows - _row(mean)).mul_(gradient)
        centred = product.sum(-2)
        of_mean = _over_orbit(-inverse * scale * shift_gradient, partner).masked_fill(is_sign, 0) / count
        of_variance = _over_orbit(derivative * scale * centred, partner) / count
        # inverse * scale * gradient + of_mean + of_variance * 2 (rows - mean), sorted by gradient and rows
        constant = _row(of_mean - 2 * of_variance * mean)
        rows_gradient = torch.addcmul(constant, rows, _row(2 * of_variance), out=product)
        rows_gradient.addcmul_(gradient, _row(inverse * scale))
        return rows_gradient, inverse * centred, shift_gradient, None, None, None, None, None


def _normalised(rows, scale, shift, partner, is_sign, eps, eps_on_deviation, relu_channels):
    """The same function in plain operations, whose gradients can be differentiated again."""
    mean = _over_orbit(rows.mean(-2), partner).masked_fill(is_sign, 0)
    centred = rows - _row(mean)
    variance = _over_orbit(centred.square().mean(-2), partner)
    inverse, _ = _inverse_deviation(variance, partner, is_sign, rows.shape[-2], eps, eps_on_deviation)
    y = centred * _row(scale * inverse) + _row(shift)
    return y if relu_channels is None else relu_and_tanh_of_rows(y, relu_channels)


def _inverse_deviation(variance, partner, is_sign, count, eps, eps_on_deviation):
    """Return :func:`inverse_deviation` and its derivative for the (biased) variance of ``count`` rows."""
    if not eps_on_deviation:
        return inverse_deviation(variance, eps, eps_on_deviation)
    # The published layers, which add eps to the deviation, use the unbiased deviation.
    correction = unbiased_variance(torch.ones_like(variance), partner, is_sign, count)
    inverse, derivative = inverse_deviation(variance * correction, eps, eps_on_deviation)
    return inverse, derivative * correction


def _over_orbit(values: Tensor, partner: Tensor) -> Tensor:
    return (values + values[..., partner]) / 2


def _row(values: Tensor) -> Tensor:
    """Turn one value per channel into a row that broadcasts over rows."""
    return values.unsqueeze(-2)

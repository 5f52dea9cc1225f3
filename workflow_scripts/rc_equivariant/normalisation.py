"""Batch normalisation with statistics shared between channels, in a few passes over memory.

The plain operations would do, but automatic differentiation of means and variances takes several times as long as the
convolutions beside it; the gradient below is the usual one of batch normalisation with its averages taken over orbits.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


def normalise_batch(
    x: Tensor, scale: Tensor, shift: Tensor, partner: Tensor, is_sign: Tensor, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Normalise with the statistics of the batch, shared between partners, then scale and shift.

    Parameters
    ----------
    x
        Shape (batch, channel, position).
    scale, shift
        Shape (channel,).
    partner
        Channel that each channel shares its statistics with (itself where with none); int64, shape (channel,).
    is_sign
        Channels whose mean is taken to be zero; bool, shape (channel,).
    eps
        Added to the variance.

    Returns
    -------
    tuple of Tensor
        The normalised features, shape of ``x``, and the mean and the (biased) variance used, shape (channel,); for sign
        channels zero and the mean square. The statistics carry no gradient.
    """
    rows = x.transpose(1, 2)
    y, mean, variance = _NormaliseRows.apply(rows.reshape(-1, x.shape[1]), scale, shift, partner, is_sign, eps)
    return y.view(rows.shape).transpose(1, 2), mean, variance


class _NormaliseRows(torch.autograd.Function):
    """On rows (batch * position, channel), which is how features lie in memory."""

    @staticmethod
    def forward(ctx, rows, scale, shift, partner, is_sign, eps):
        own_mean = rows.mean(0)
        own_variance = (rows - own_mean).square_().mean(0)
        mean = _over_orbit(own_mean, partner).masked_fill(is_sign, 0)
        variance = _over_orbit(own_variance + (own_mean - mean).square(), partner)
        inverse = torch.rsqrt(variance + eps)
        slope = scale * inverse
        y = torch.addcmul(shift - mean * slope, rows, slope)
        ctx.save_for_backward(rows, scale, mean, inverse, partner, is_sign)
        ctx.mark_non_differentiable(mean, variance)
        return y, mean, variance

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient, _mean, _variance):
        rows, scale, mean, inverse, partner, is_sign = ctx.saved_tensors
        count = rows.shape[0]
        shift_gradient = gradient.sum(0)
        scale_gradient = inverse * ((gradient * rows).sum(0) - mean * shift_gradient)
        through_mean = _over_orbit(scale * shift_gradient, partner).masked_fill(is_sign, 0) / count
        through_variance = _over_orbit(scale * scale_gradient, partner) / count
        # inverse * (scale * gradient - through_mean - normalised * through_variance), gathered by gradient and x
        of_rows = -inverse.square() * through_variance
        constant = -inverse * through_mean - of_rows * mean
        rows_gradient = torch.addcmul(constant, rows, of_rows).addcmul_(gradient, scale * inverse)
        return rows_gradient, scale_gradient, shift_gradient, None, None, None


def _over_orbit(values: Tensor, partner: Tensor) -> Tensor:
    return (values + values[partner]) / 2

"""Batch normalisation of points in few passes over memory, in the forward and the backward pass.

It equals ``boost(exp0(factor * log0(centre(x, mu))), shift)`` with the functions of :mod:`.lorentz`. Each of these
would write all points again, and automatic differentiation would take as long as the convolutions.

Points are rows, shape (..., batch, position, channel), which is the order of features in memory; the leading axes are
those of stacked networks. Numbers per point have the shape (..., point), and numbers per batch the shape (..., 1).
``of_x`` is the gradient of the loss by x, and ``by_x`` is the part of a gradient that flows through x.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from ..functional.autocast import without_autocast
from ..functional.derivatives import differentiable_gradients
from ..functional.stacks import stacked
from . import lorentz
from .lorentz import on_ray, time_of
from .radial import MAX_RADIUS, SMALLEST_SQUARE, squared_norms

#: A function from the mean of points, (..., channel), to the part of it that reverse complement fixes. It must be an
#: orthogonal projection, since the backward pass uses it as its own transpose.
FixedPart = Callable[[Tensor], Tensor]


def normalise_points(
    rows: Tensor, scale: Tensor, shift: Tensor, k: Tensor, eps: float, fixed_part: FixedPart
) -> tuple[Tensor, Tensor, Tensor]:
    """Move points of sectional curvature -1/k around ``shift``, at the root mean square distance ``scale``.

    Parameters
    ----------
    rows
        Space parts, shape (batch, position, channel).
    scale
        New root mean square distance, a scalar.
    shift
        Space part of the new centroid, shape (channel,).
    k
        Parameter of the Lorentz model.
    eps
        Number added to the variance.
    fixed_part
        Projection that turns the centroid into that of both strands.

    Returns
    -------
    tuple of Tensor
        The points, with the shape of ``rows``; the space part of the old centroid, shape (channel,); and the mean
        square distance from it. The last two have no gradient.
    """
    y, centre, variance, *_ = _NormalisedPoints.apply(rows, scale, shift, k, eps, fixed_part)
    return y, centre, variance


class _NormalisedPoints(torch.autograd.Function):
    """The normalisation of points x with times t.

    Seen from their centroid mu, the points are D + w mu with D = x - mu, at the distance d sqrt(k). With the factor f
    of distances and g = sinh(f d) / sinh(d), the result is g (D + w mu) + l shift, where
    l = cosh(f d) + g (D + w mu).shift / (sqrt(k) (t_shift + sqrt(k))).
    """

    @staticmethod
    def forward(rows, scale, shift, k, eps, fixed_part):
        k = k[..., None]
        points = rows.flatten(-3, -2)
        times = (squared_norms(points) + k).sqrt()
        # The mean is taken in two steps, because one over all rows is slow for an odd number of channels.
        mean, mean_time = rows.mean(-3).mean(-2), times.mean(-1, keepdim=True)
        centre = on_ray(fixed_part(mean), mean_time, k, dim=-1)
        difference = points - centre[..., None, :]
        seen = _seen(difference, times, centre, k)
        variance = k * (seen.sinh_square * seen.to_tangent.square()).mean(-1, keepdim=True)
        factor = scale[..., None] / (variance + eps).sqrt()
        stretch, cosh = _stretch(seen, factor)
        (along_shift,) = _products(difference, shift)
        along_shift = along_shift + seen.weight * (centre * shift).sum(-1, keepdim=True)
        weights = torch.stack([stretch * seen.weight, cosh + stretch * along_shift * _over_time(shift, k)], -2)
        y = (weights.mT @ torch.stack([centre, shift], -2)).addcmul_(difference, stretch[..., None])
        numbers = torch.stack([times, along_shift, stretch, cosh, *seen], -2)
        return y.view(rows.shape), centre, variance.squeeze(-1), numbers, mean, mean_time, factor

    @staticmethod
    def setup_context(ctx, inputs, output):
        rows, scale, shift, k, ctx.eps, ctx.fixed_part = inputs
        ctx.mark_non_differentiable(*output[1:])
        # The other outputs have no gradient, and zeros for it would be as large as the points.
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(rows, scale, shift, k, *output[1:])

    @staticmethod
    def vmap(info, in_dims, rows, scale, shift, k, *how):
        of_each = (stacked(x, d, info.batch_size) for x, d in zip((rows, scale, shift, k), in_dims, strict=False))
        outputs = _NormalisedPoints.apply(*of_each, *how)
        return outputs, (0,) * len(outputs)

    @staticmethod
    @without_autocast
    def backward(ctx, gradient, *_):
        if gradient is None:
            return (None,) * 6
        rows, scale, shift, k, centre, variance, numbers, mean, mean_time, factor = ctx.saved_tensors
        if torch.is_grad_enabled():
            inputs = rows, scale, shift, k, ctx.eps, ctx.fixed_part
            return differentiable_gradients(_normalised_points, inputs, gradient, ctx.needs_input_grad)
        shape, gradient = gradient.shape, gradient.flatten(-3, -2)
        k, variance, difference = k[..., None], variance[..., None], rows.flatten(-3, -2) - centre[..., None, :]
        times, along_shift, stretch, cosh, *seen = numbers.unbind(-2)
        seen, count = _Seen(*seen), times.shape[-1]
        product, over_shift = (centre * shift).sum(-1, keepdim=True), _over_time(shift, k)

        # Gradients of the sum stretch D + (stretch weight) mu + (cosh + stretch along_shift over_shift) shift.
        of_centre_weight, of_shift_weight = _products(gradient, centre, shift)
        of_moved = of_shift_weight * over_shift
        of_stretch = _row_products(gradient, difference) + seen.weight * of_centre_weight + of_moved * along_shift
        of_along_shift = stretch * of_moved
        of_weight = stretch * of_centre_weight + of_along_shift * product
        of_half, of_factor = _gradients_of_stretch(of_stretch, of_shift_weight, stretch, cosh, seen, factor)
        # Gradients through the factor scale / sqrt(variance + eps), whose variance is the mean of k d^2.
        of_variance = of_factor * factor / (-2 * (variance + ctx.eps))
        of_half += (4 * of_variance * k / count) * seen.to_tangent
        of_seen = _gradients_of_seen(of_half, of_weight, times, seen, centre, k)

        # Gradients by mu and the shift, which occur in the sum, in products with D, and in terms of their own.
        moved = stretch * along_shift
        weights = torch.stack([stretch, stretch * seen.weight, cosh + moved * over_shift], -2)
        by_stretch, of_centre, of_shift = (weights @ gradient).unbind(-2)
        weights = torch.stack([2 * of_seen.square, of_seen.along, of_along_shift], -2)
        by_square, by_along, by_along_shift = (weights @ difference).unbind(-2)
        of_product = (of_along_shift * seen.weight).sum(-1, keepdim=True)
        by_over_shift, of_k = _gradients_of_over_time((of_shift_weight * moved).sum(-1, keepdim=True), shift, k)
        of_shift = of_shift + by_along_shift + of_product * centre + by_over_shift
        of_centre = of_centre + by_along + of_product * shift + of_seen.centre
        # D is x - mu.
        of_centre -= by_stretch + by_square
        of_centre -= of_seen.along.sum(-1, keepdim=True) * centre + of_along_shift.sum(-1, keepdim=True) * shift

        of_mean, of_mean_time, by_centre = _gradients_of_centre(of_centre, ctx.fixed_part(mean), mean_time, k)
        # The gradient by times is divided by the times, since dt = x.dx / t; x is D + mu.
        of_times = (of_seen.times + of_mean_time / count) / times
        weights = torch.stack([of_seen.along + of_times, of_along_shift, torch.full_like(times, 1 / count)], -2)
        of_rows = weights.mT @ torch.stack([centre, shift, ctx.fixed_part(of_mean)], -2)
        of_rows.addcmul_(gradient, stretch[..., None]).addcmul_(difference, (2 * of_seen.square + of_times)[..., None])
        of_k = of_k + of_seen.k + by_centre + of_variance * variance / k + of_times.sum(-1, keepdim=True) / 2
        of_scale = of_factor / (variance + ctx.eps).sqrt()
        return of_rows.view(shape), of_scale.squeeze(-1), of_shift, of_k.squeeze(-1), None, None


def _normalised_points(
    rows: Tensor, scale: Tensor, shift: Tensor, k: Tensor, eps: float, fixed_part: FixedPart
) -> Tensor:
    """The same function in plain operations, whose gradients can be differentiated again."""
    points, k = rows.flatten(-3, -2), k[..., None, None]
    mean, mean_time = points.mean(-2, keepdim=True), time_of(points, k, dim=-1).mean(-2, keepdim=True)
    centre = on_ray(fixed_part(mean), mean_time, k, dim=-1)
    tangent = lorentz.log0(lorentz.centre(points, centre, k, dim=-1), k, dim=-1)
    variance = tangent.square().sum(-1, keepdim=True).mean(-2, keepdim=True)
    factor = scale[..., None, None] / (variance + eps).sqrt()
    return lorentz.boost(lorentz.exp0(factor * tangent, k, dim=-1), shift[..., None, :], k, dim=-1).view(rows.shape)


class _Seen(NamedTuple):
    """Quantities of points as seen from a centre mu, one number per point.

    Attributes
    ----------
    half
        sinh^2(d / 2).
    sinh_square
        sinh^2(d), at least the smallest square.
    along
        D.mu.
    weight
        The weight w in D + w mu.
    to_tangent
        d / sinh(d).
    time_difference
        The time of the point minus that of mu.
    """

    half: Tensor
    sinh_square: Tensor
    along: Tensor
    weight: Tensor
    to_tangent: Tensor
    time_difference: Tensor


def _seen(difference: Tensor, times: Tensor, centre: Tensor, k: Tensor) -> _Seen:
    """Compute points as seen from mu by differences, as :func:`.lorentz.centre`, so near points keep their digits."""
    square, (along,) = squared_norms(difference), _products(difference, centre)
    both_times = times + time_of(centre, k, dim=-1)
    time_difference = (square + 2 * along) / both_times
    # As in lorentz.squared_chord, the Cauchy-Schwarz inequality limits the loss of digits.
    chord, bound = square - time_difference.square(), 4 * k * square / both_times.square()
    half = torch.maximum(chord, bound) / (4 * k)
    sinh_square = (4 * half * (1 + half)).clamp_min_(SMALLEST_SQUARE)
    sinh = sinh_square.sqrt()
    # d = log(cosh(d) + sinh(d)) is used because asinh is slow.
    to_tangent = (2 * half).add_(sinh).log1p_().div_(sinh)
    weight = along * _over_time(centre, k) - time_difference / k.sqrt()
    return _Seen(half, sinh_square, along, weight, to_tangent, time_difference)


class _OfSeen(NamedTuple):
    """Gradients by |D|^2, D.mu and the time of each point, and by mu and k where they occur outside of these."""

    square: Tensor
    along: Tensor
    times: Tensor
    centre: Tensor
    k: Tensor


def _gradients_of_seen(
    of_half: Tensor, of_weight: Tensor, times: Tensor, seen: _Seen, centre: Tensor, k: Tensor
) -> _OfSeen:
    """Return the gradients that flow through ``half`` and ``weight``.

    The lower bound of the chord needs no gradient of its own: where it equals the chord, their difference is at its
    minimum, so both have the same gradient.
    """
    root, centre_time = k.sqrt(), time_of(centre, k, dim=-1)
    of_chord = of_half / (4 * k)
    of_difference = -2 * seen.time_difference * of_chord - of_weight / root
    of_fraction = of_difference / (times + centre_time)
    of_along = of_weight * _over_time(centre, k) + 2 * of_fraction
    of_times = -of_fraction * seen.time_difference
    of_centre_time = of_times.sum(-1, keepdim=True) / centre_time
    by_over_time, of_k = _gradients_of_over_time((of_weight * seen.along).sum(-1, keepdim=True), centre, k)
    by_root = (of_weight * seen.time_difference).sum(-1, keepdim=True) / (2 * k * root)
    of_k = of_k + by_root + of_centre_time / 2 - (4 * of_chord * seen.half).sum(-1, keepdim=True)
    return _OfSeen(of_chord + of_fraction, of_along, of_times, by_over_time + of_centre_time * centre, of_k)


def _stretch(seen: _Seen, factor: Tensor) -> tuple[Tensor, Tensor]:
    """Return g = sinh(f d) / sinh(d) and cosh(f d), with |f d| clamped to the largest radius."""
    sinh = seen.sinh_square.sqrt()
    stretch = (seen.to_tangent * sinh * factor).clamp_(-MAX_RADIUS, MAX_RADIUS).sinh_().div_(sinh)
    return stretch, (1 + seen.sinh_square * stretch.square()).sqrt_()


def _gradients_of_stretch(
    of_stretch: Tensor, of_cosh: Tensor, stretch: Tensor, cosh: Tensor, seen: _Seen, factor: Tensor
) -> tuple[Tensor, Tensor]:
    """Return the gradients by ``half`` and by the factor.

    The derivative of g by sinh^2(d) loses digits for small d, but only digits that do not matter in its products with d
    and D.
    """
    of_stretch = of_stretch + of_cosh * seen.sinh_square * stretch / cosh
    distance = seen.to_tangent * seen.sinh_square.sqrt()
    slope_by_distance = cosh.masked_fill((factor * distance).abs() > MAX_RADIUS, 0)
    of_factor = (of_stretch * slope_by_distance * seen.to_tangent).sum(-1, keepdim=True)
    # The derivative by sinh^2(d) is multiplied by 4 cosh(d), the derivative of sinh^2(d) by half.
    slope = 2 * (factor * slope_by_distance - stretch * (1 + 2 * seen.half)) / seen.sinh_square
    return of_stretch * slope + of_cosh * stretch.square() / cosh * (2 + 4 * seen.half), of_factor


def _gradients_of_centre(gradient: Tensor, mean: Tensor, mean_time: Tensor, k: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the gradients of :func:`.lorentz.on_ray` by the mean space part, the mean time and k."""
    norm = torch.linalg.vector_norm(mean, dim=-1, keepdim=True)
    inverse = ((mean_time - norm) * (mean_time + norm) / k).clamp_min(1).rsqrt()
    # Gradient by half the squared length time^2 - |mean|^2, which is the constant k if rounding leaves less.
    of_square = -(gradient * mean).sum(-1, keepdim=True) * inverse.pow(3).masked_fill(inverse == 1, 0) / k
    return gradient * inverse - of_square * mean, of_square * mean_time, -of_square / (2 * inverse.square())


def _over_time(place: Tensor, k: Tensor) -> Tensor:
    """Return 1 / (sqrt(k) (t + sqrt(k))), a factor of boosts."""
    return 1 / (k + k.sqrt() * time_of(place, k, dim=-1))


def _gradients_of_over_time(gradient: Tensor, place: Tensor, k: Tensor) -> tuple[Tensor, Tensor]:
    """Return the gradients of :func:`_over_time` by the place and by k."""
    root, time = k.sqrt(), time_of(place, k, dim=-1)
    of_inverse = -gradient / (k + root * time).square()
    of_time = of_inverse * root / time
    return of_time * place, of_inverse * (1 + time / (2 * root)) + of_time / 2


def _products(rows: Tensor, *vectors: Tensor) -> tuple[Tensor, ...]:
    """Return the scalar products of rows with vectors, each of shape (..., point)."""
    return (torch.stack(vectors, -2) @ rows.mT).unbind(-2)


def _row_products(x: Tensor, y: Tensor) -> Tensor:
    """Return the scalar products of rows with rows; a matrix product is faster than a sum."""
    return (x * y) @ x.new_ones(x.shape[-1])

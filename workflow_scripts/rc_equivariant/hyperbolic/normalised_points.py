"""Batch normalisation of points in few passes over memory, forward and back.

It equals ``boost(exp0(factor * log0(centre(x, mu))), shift)`` of :mod:`.lorentz`, each of which would write all points
anew; automatic differentiation of what is computed for each point would take as long as the convolutions beside it.

Points are rows, shape (..., batch, position, channel), which is how features lie in memory; leading axes are those of
stacked networks. Numbers of points are of shape (..., point), those of a batch of shape (..., 1). The gradient of the
loss by a quantity is named ``of_`` it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from ..functional.stacks import stacked
from .radial import MAX_RADIUS, SMALL_SQUARE, SMALLEST_SQUARE, squares

#: What takes the mean of points, (..., channel), to the part of it that reverse complement fixes: a projection.
FixedPart = Callable[[Tensor], Tensor]


def normalise_points(
    rows: Tensor, scale: Tensor, shift: Tensor, k: Tensor, eps: float, fixed_part: FixedPart
) -> tuple[Tensor, Tensor, Tensor]:
    """Points of sectional curvature -1/k with ``scale`` for their root mean square distance, around ``shift``.

    Parameters
    ----------
    rows
        Space parts, shape (batch, position, channel).
    scale
        A number.
    shift
        Space part of the place that the centroid moves to, shape (channel,).
    k
        Of the Lorentz model.
    eps
        Added to the variance.
    fixed_part
        Makes the centroid that of both strands.

    Returns
    -------
    tuple of Tensor
        The points, shape of ``rows``, and without gradients their centroid's space part, shape (channel,), and their
        mean square distance from it.
    """
    y, centre, variance, *_ = _NormalisedPoints.apply(rows, scale, shift, k, eps, fixed_part)
    return y, centre, variance


class _NormalisedPoints(torch.autograd.Function):
    """Points x of times t; the points seen from their centroid mu are D + w mu with D = x - mu.

    They lie d sqrt(k) from it. With the factor f of distances and g = sinh(f d) / sinh(d) the points that are written
    are g (D + w mu) + l shift.
    """

    @staticmethod
    def forward(rows, scale, shift, k, eps, fixed_part):
        k = k[..., None]
        points = rows.flatten(-3, -2)
        times = (squares(points) + k).sqrt()
        # In two steps, as a mean over all rows of an odd number of channels is slow.
        mean, mean_time = rows.mean(-3).mean(-2), times.mean(-1, keepdim=True)
        centre = _centre(fixed_part(mean), mean_time, k)
        difference = points - centre[..., None, :]
        seen = _seen(difference, times, centre, k)
        variance = k * (4 * seen.half * (1 + seen.half) * seen.to_tangent.square()).mean(-1, keepdim=True)
        factor = scale[..., None] / (variance + eps).sqrt()
        stretch, time = _stretch(seen, factor)
        (along_shift,) = _products(difference, shift)
        ahead = stretch * (along_shift + seen.weight * (centre * shift).sum(-1, keepdim=True))
        weights = torch.stack([stretch * seen.weight, time + ahead * _over_time(shift, k)], -2)
        y = (weights.mT @ torch.stack([centre, shift], -2)).addcmul_(difference, stretch[..., None])
        numbers = torch.stack([times, along_shift, stretch, time, *seen], -2)
        return y.view(rows.shape), centre, variance.squeeze(-1), difference, numbers, mean, mean_time, factor

    @staticmethod
    def setup_context(ctx, inputs, output):
        _, _, shift, k, ctx.eps, ctx.fixed_part = inputs
        ctx.mark_non_differentiable(*output[1:])
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(shift, k, *output[1:])

    @staticmethod
    def vmap(info, in_dims, rows, scale, shift, k, *how):
        of_each = (stacked(x, d, info.batch_size) for x, d in zip((rows, scale, shift, k), in_dims, strict=False))
        outputs = _NormalisedPoints.apply(*of_each, *how)
        return outputs, (0,) * len(outputs)

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient, *_):
        shift, k, centre, variance, difference, numbers, mean, mean_time, factor = ctx.saved_tensors
        shape, gradient = gradient.shape, gradient.flatten(-3, -2)
        k, variance = k[..., None], variance[..., None]
        times, along_shift, stretch, time, *seen = numbers.unbind(-2)
        seen = _Seen(*seen)
        product, over_shift = (centre * shift).sum(-1, keepdim=True), _over_time(shift, k)

        # What is written is stretch D + stretch weight mu + (time + ahead over_shift) shift.
        along_centre, of_moved = _products(gradient, centre, shift)
        of_ahead = of_moved * over_shift
        of_stretch = _row_products(gradient, difference) + seen.weight * along_centre
        of_stretch += of_ahead * (along_shift + seen.weight * product)
        of_weight = stretch * (along_centre + of_ahead * product)
        of_along_shift = stretch * of_ahead
        ahead = stretch * (along_shift + seen.weight * product)

        of_half, of_factor = _gradients_of_stretch(of_stretch, of_moved, stretch, time, seen, factor)
        # factor = scale / sqrt(variance + eps), and the variance is a mean of k d^2.
        of_variance = of_factor * factor / (-2 * (variance + ctx.eps))
        of_half += (4 * of_variance * k / times.shape[-1]) * seen.to_tangent

        of_seen = _gradients_of_seen(of_half, of_weight, times, seen, centre, k)
        weights = torch.stack([stretch, stretch * seen.weight, time + ahead * over_shift], -2)
        by_stretch, by_weight, by_moved = (weights @ gradient).unbind(-2)
        weights = torch.stack([2 * of_seen.square, of_seen.along, of_along_shift], -2)
        by_square, by_along, by_along_shift = (weights @ difference).unbind(-2)
        of_product = (of_along_shift * seen.weight).sum(-1, keepdim=True)
        # As the centre of the points, as what is taken off them, and in its scalar products.
        of_centre = by_weight + by_along + of_product * shift - by_stretch - by_square
        of_centre -= of_seen.along.sum(-1, keepdim=True) * centre + of_along_shift.sum(-1, keepdim=True) * shift
        of_shift = by_moved + by_along_shift + of_product * centre
        of_place, of_k_by_shift = _gradients_of_over_time((of_moved * ahead).sum(-1, keepdim=True), shift, k)
        of_shift = of_shift + of_place
        of_centre += of_seen.centre
        of_mean, of_mean_time, of_k = _gradients_of_centre(of_centre, ctx.fixed_part(mean), mean_time, k)

        of_times = (of_seen.times + of_mean_time / times.shape[-1]) / times
        of_k += of_seen.k + of_k_by_shift + of_variance * variance / k + of_times.sum(-1, keepdim=True) / 2
        # x = D + mu, so that what goes by the times goes to both.
        even = torch.full_like(times, 1 / times.shape[-1])
        weights = torch.stack([of_seen.along + of_times, of_along_shift, even], -2)
        of_rows = weights.mT @ torch.stack([centre, shift, ctx.fixed_part(of_mean)], -2)
        of_rows.addcmul_(gradient, stretch[..., None]).addcmul_(difference, (2 * of_seen.square + of_times)[..., None])
        of_scale = of_factor / (variance + ctx.eps).sqrt()
        return of_rows.view(shape), of_scale.squeeze(-1), of_shift, of_k.squeeze(-1), None, None


def _centre(mean: Tensor, mean_time: Tensor, k: Tensor) -> Tensor:
    """Centroid of points, of the mean of their space parts and times, as :func:`.lorentz.on_ray`."""
    return mean * _inverse_length(mean, mean_time, k)


def _inverse_length(mean: Tensor, mean_time: Tensor, k: Tensor) -> Tensor:
    norm = torch.linalg.vector_norm(mean, dim=-1, keepdim=True)
    return ((mean_time - norm) * (mean_time + norm) / k).clamp_min(1).rsqrt()


def _gradients_of_centre(gradient: Tensor, mean: Tensor, mean_time: Tensor, k: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Of mean, time and k."""
    inverse = _inverse_length(mean, mean_time, k)
    # By the square of the length, (time^2 - |mean|^2) / k, which is a constant 1 where rounding leaves less.
    of_square = -(gradient * mean).sum(-1, keepdim=True) * inverse.pow(3).masked_fill(inverse == 1, 0) / k
    of_mean = gradient * inverse - of_square * mean
    return of_mean, of_square * mean_time, -of_square / (2 * inverse.square())


class _Seen(NamedTuple):
    """Points as they are seen from a centre mu.

    Attributes
    ----------
    half
        sinh^2(d / 2).
    weight
        w of D + w mu.
    to_tangent
        d / sinh(d).
    of_time
        The point's time less that of mu.
    is_bound
        1 where ``half`` is the least that it can be, 0 elsewhere.
    """

    half: Tensor
    weight: Tensor
    to_tangent: Tensor
    of_time: Tensor
    is_bound: Tensor


def _seen(difference: Tensor, times: Tensor, centre: Tensor, k: Tensor) -> _Seen:
    """By differences from mu, so that points near it keep their digits, as :func:`.lorentz.centre`."""
    square, (along,) = squares(difference), _products(difference, centre)
    both_times = times + _time(centre, k)
    of_time = (square + 2 * along) / both_times
    # As lorentz.squared_chord: what is left to lose digits is bounded by the inequality of Cauchy and Schwarz.
    chord, bound = square - of_time.square(), 4 * k * square / both_times.square()
    half = torch.maximum(chord, bound) / (4 * k)
    sinh = (4 * half * (1 + half)).clamp_min_(SMALLEST_SQUARE).sqrt_()
    # asinh(sinh(d)), which is slow.
    to_tangent = (2 * half).add_(sinh).log1p_().div_(sinh)
    weight = along * _over_time(centre, k) - of_time / k.sqrt()
    return _Seen(half, weight, to_tangent, of_time, (chord < bound).to(half))


class _OfSeen(NamedTuple):
    """Gradients of |D|^2, D.mu and the time of each point, and of mu and k as far as they are not in these."""

    square: Tensor
    along: Tensor
    times: Tensor
    centre: Tensor
    k: Tensor


def _gradients_of_seen(
    of_half: Tensor, of_weight: Tensor, times: Tensor, seen: _Seen, centre: Tensor, k: Tensor
) -> _OfSeen:
    """By way of ``half`` and ``weight``, which are functions of |D|^2, D.mu, times, mu and k."""
    root, centre_time, over_time = k.sqrt(), _time(centre, k), _over_time(centre, k)
    both_times = times + centre_time
    by_bound = of_half * seen.is_bound
    by_chord = (of_half - by_bound) / (4 * k)
    of_of_time = -2 * seen.of_time * by_chord - of_weight / root
    of_fraction = of_of_time / both_times
    of_square = by_chord + by_bound / both_times.square() + of_fraction
    of_along = of_weight * over_time + 2 * of_fraction
    of_times = -2 * by_bound * seen.half / both_times - of_fraction * seen.of_time
    along = (seen.weight + seen.of_time / root) / over_time
    by_over_time, of_k = _gradients_of_over_time((of_weight * along).sum(-1, keepdim=True), centre, k)
    of_centre_time = of_times.sum(-1, keepdim=True) / centre_time
    by_root = (of_weight * seen.of_time).sum(-1, keepdim=True) / (2 * k * root)
    of_k = of_k + by_root + of_centre_time / 2 - (4 * by_chord * seen.half).sum(-1, keepdim=True)
    return _OfSeen(of_square, of_along, of_times, by_over_time + of_centre_time * centre, of_k)


def _stretch(seen: _Seen, factor: Tensor) -> tuple[Tensor, Tensor]:
    """g = sinh(f d) / sinh(d), where |f d| is at most the largest radius; and cosh(f d), a time over sqrt(k)."""
    square = (4 * seen.half * (1 + seen.half)).clamp_min_(SMALLEST_SQUARE)
    sinh = square.sqrt()
    stretch = (seen.to_tangent * sinh * factor).clamp_(-MAX_RADIUS, MAX_RADIUS).sinh_().div_(sinh)
    return stretch, (1 + square * stretch.square()).sqrt_()


def _gradients_of_stretch(
    of_stretch: Tensor, of_time: Tensor, stretch: Tensor, time: Tensor, seen: _Seen, factor: Tensor
) -> tuple[Tensor, Tensor]:
    """Of ``half`` and of the factor."""
    square = (4 * seen.half * (1 + seen.half)).clamp_min_(SMALLEST_SQUARE)
    of_stretch = of_stretch + of_time * square * stretch / time
    distance_square = square * seen.to_tangent.square()
    tangent_square = distance_square * factor.square()
    cosh = time.masked_fill(tangent_square > MAX_RADIUS**2, 0)
    of_factor = (of_stretch * cosh * seen.to_tangent).sum(-1, keepdim=True)
    # The derivative by sinh(d)^2, times the 4 cosh(d) that this has by half, where 1 + 2 half = cosh(d).
    slope = 2 * (factor * cosh - stretch * (1 + 2 * seen.half)) / square
    small = (
        2 * seen.to_tangent.square() * (factor.pow(3) * _series(tangent_square) - stretch * _series(distance_square))
    )
    slope = torch.where(torch.maximum(distance_square, tangent_square) < SMALL_SQUARE, small, slope)
    return of_stretch * slope + of_time * stretch.square() / time * (2 + 4 * seen.half), of_factor


def _series(square: Tensor) -> Tensor:
    """(cosh(z) - sinh(z) / z) / z^2 of a small z^2."""
    return (square * (1 / 840) + 1 / 30) * square + 1 / 3


def _time(place: Tensor, k: Tensor) -> Tensor:
    return (place.square().sum(-1, keepdim=True) + k).sqrt()


def _over_time(place: Tensor, k: Tensor) -> Tensor:
    """1 / (sqrt(k) (t + sqrt(k))), of boosts."""
    return 1 / (k + k.sqrt() * _time(place, k))


def _gradients_of_over_time(gradient: Tensor, place: Tensor, k: Tensor) -> tuple[Tensor, Tensor]:
    """Of the place and of k."""
    root, time = k.sqrt(), _time(place, k)
    of_inverse = -gradient / (k + root * time).square()
    of_time = of_inverse * root / time
    return of_time * place, of_inverse * (1 + time / (2 * root)) + of_time / 2


def _products(rows: Tensor, *vectors: Tensor) -> tuple[Tensor, ...]:
    """Scalar products of rows with vectors, shape (..., point) each."""
    return (torch.stack(vectors, -2) @ rows.mT).unbind(-2)


def _row_products(x: Tensor, y: Tensor) -> Tensor:
    """Scalar products of rows with rows, faster as a matrix product than as a sum."""
    return (x * y) @ x.new_ones(x.shape[-1])

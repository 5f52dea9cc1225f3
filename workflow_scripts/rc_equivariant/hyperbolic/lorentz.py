"""Functions of the Lorentz model of hyperbolic space, in forms that are accurate both near the origin and far from it.

The model with parameter k > 0 is the sheet {(t, s): t^2 - |s|^2 = k, t > 0}. Its sectional curvature is -1/k and its
origin is (sqrt(k), 0). geoopt also calls this number k; papers write the curvature itself, K = -1/k. ``k`` is a number
or a scalar tensor, through which gradients flow.

Time is a function of space, so points are given by their space parts s, and every vector is the space part of a point,
at any curvature. Tangent vectors at the origin have no time part and are also given by their space parts. Vectors lie
along ``dim``. Scalar results keep ``dim`` with size 1; the other dimensions broadcast.

Squares must not overflow: |s| is at most 1e18 in float32.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .radial import asinhc, sinhc, squared_norm


def time_of(s: Tensor, k: float | Tensor, dim: int = 1) -> Tensor:
    """Return the time sqrt(k + |s|^2) of points at sectional curvature -1/k, with ``dim`` of size 1."""
    return (squared_norm(s, dim) + k).sqrt()


def lift(s: Tensor, k: float | Tensor, dim: int = 1) -> Tensor:
    """Return the points (t, s) of sectional curvature -1/k; time comes first along ``dim``, which grows by 1."""
    return torch.cat([time_of(s, k, dim), s], dim)


def inner(x: Tensor, y: Tensor, k: float | Tensor, dim: int = 1) -> Tensor:
    """Return the Lorentz product x.y - t_x t_y at sectional curvature -1/k: -k for equal points, less for others."""
    return (x * y).sum(dim, keepdim=True) - time_of(x, k, dim) * time_of(y, k, dim)


def log0(s: Tensor, k: float | Tensor, dim: int = 1) -> Tensor:
    """Return the tangent vector at the origin that leads to a point, at sectional curvature -1/k; shape of ``s``.

    It is sqrt(k) asinh(|s| / sqrt(k)) s / |s|. The published form, arcosh of the time, loses all digits near the
    origin.
    """
    return s * asinhc(squared_norm(s, dim) / k)


def exp0(v: Tensor, k: float | Tensor, dim: int = 1) -> Tensor:
    """Return the point that a tangent vector at the origin leads to, at sectional curvature -1/k; shape of ``v``.

    It is sqrt(k) sinh(|v| / sqrt(k)) v / |v|. Vectors with |v| / sqrt(k) above :data:`~.radial.MAX_RADIUS` lead to the
    point at that distance in the same direction.
    """
    return v * sinhc(squared_norm(v, dim) / k)


def dist0(s: Tensor, k: float | Tensor, dim: int = 1) -> Tensor:
    """Return the distance sqrt(k) asinh(|s| / sqrt(k)) from the origin, with ``dim`` of size 1."""
    square = squared_norm(s, dim)
    return _root(square) * asinhc(square / k)


def distance(x: Tensor, y: Tensor, k: float | Tensor, dim: int = 1) -> Tensor:
    """Return the distance of points at sectional curvature -1/k, with ``dim`` of size 1; its gradient at x = y is 0."""
    square = squared_chord(x, y, k, dim)
    return _root(square) * asinhc(square / (4 * k))


def squared_chord(x: Tensor, y: Tensor, k: float | Tensor, dim: int = 1) -> Tensor:
    """Return the squared chord |x - y|^2 - (t_x - t_y)^2 at sectional curvature -1/k, with ``dim`` of size 1.

    It equals 4 k sinh^2(distance / (2 sqrt(k))). The difference of times is computed from that of the points, as
    (x - y).(x + y) / (t_x + t_y). The Cauchy-Schwarz inequality gives the lower bound 4 k |x - y|^2 / (t_x + t_y)^2,
    which limits the remaining loss of digits.
    """
    difference = x - y
    times = time_of(x, k, dim) + time_of(y, k, dim)
    of_time = (difference * (x + y)).sum(dim, keepdim=True) / times
    of_space = squared_norm(difference, dim)
    return torch.maximum(of_space - of_time.square(), 4 * k * of_space / times.square())


def centroid(
    s: Tensor, k: float | Tensor, over: int | tuple[int, ...], weights: Tensor | float = 1.0, dim: int = 1
) -> Tensor:
    """Return the Lorentzian centroid of points at sectional curvature -1/k (Law et al. 2019), without ``over``.

    It is the point on the ray of the mean of the points (t, s), and has the least mean squared chord to them.

    Parameters
    ----------
    s
        Space parts.
    over
        Dimensions to average over, other than ``dim``.
    weights
        Weights of the points, not negative and not all zero; they broadcast with ``s`` and have size 1 along ``dim``.
    """
    weights = torch.as_tensor(weights, dtype=s.dtype, device=s.device).expand(time_shape(s, dim))
    share = weights / weights.sum(over, keepdim=True)
    space, time = (share * s).sum(over, keepdim=True), (share * time_of(s, k, dim)).sum(over, keepdim=True)
    return on_ray(space, time, k, dim).squeeze(over)


def on_ray(space: Tensor, time: Tensor, k: float | Tensor, dim: int = 1) -> Tensor:
    """Return the space part of sqrt(k) m / sqrt(t^2 - |s|^2) for a mean m = (t, s) of points of curvature -1/k.

    t^2 - |s|^2 is at least k for points, and for anything nearer to the axis of time.
    """
    norm = _root(squared_norm(space, dim))
    # If rounding leaves less, the result is the mean itself; the gradient is the same if all points are equal.
    return space / (((time - norm) * (time + norm)) / k).clamp_min(1).sqrt()


def boost(s: Tensor, by: Tensor, k: float | Tensor, dim: int = 1) -> Tensor:
    """Apply the boost that moves the origin to ``by`` to points of sectional curvature -1/k; shape of ``s``.

    The boost is the isometry without rotation, [[t_b, b], [b, sqrt(k) + b b / (t_b + sqrt(k))]] / sqrt(k). Following a
    tangent vector at the origin and then boosting gives the same point as transporting it in parallel to b and
    following it there.
    """
    root = k**0.5
    along = (by * s).sum(dim, keepdim=True) / (time_of(by, k, dim) + root)
    return s + by * ((time_of(s, k, dim) + along) / root)


def centre(s: Tensor, at: Tensor, k: float | Tensor, dim: int = 1) -> Tensor:
    """Apply the boost that moves ``at`` to the origin to points of sectional curvature -1/k; shape of ``s``.

    It equals ``boost(s, -at, k)``, but uses differences from ``at``, so that points near it keep their digits.
    """
    root, time = k**0.5, time_of(at, k, dim)
    difference = s - at
    of_time = (difference * (s + at)).sum(dim, keepdim=True) / (time_of(s, k, dim) + time)
    along = (difference * at).sum(dim, keepdim=True) / (time + root)
    return difference + at * ((along - of_time) / root)


def change_curvature(s: Tensor, before: float | Tensor, after: float | Tensor, dim: int = 1) -> Tensor:
    """Map points of curvature -1/before to points of -1/after with the same tangent vector: exp0(log0(s)); same shape.

    Distances from the origin stay the same; coordinates change.
    """
    square = squared_norm(s, dim)
    to_tangent = asinhc(square / before)
    return s * (to_tangent * sinhc(square * to_tangent.square() / after))


def time_shape(s: Tensor, dim: int = 1) -> torch.Size:
    """Return the shape of ``s`` with ``dim`` of size 1."""
    shape = list(s.shape)
    shape[dim] = 1
    return torch.Size(shape)


def _root(square: Tensor) -> Tensor:
    """Return the square root, with gradient 0 at 0."""
    is_zero = square == 0
    return square.masked_fill(is_zero, 1).sqrt().masked_fill(is_zero, 0)

"""The building blocks of exported hyperbolic layers, and functions that the layers share with them.

They use plain operations only, for TorchScript and ONNX. Points of sectional curvature -1/k are given by their space
parts, (batch, channel, L) or (batch, channel). Gradients are those of automatic differentiation, which takes longer
than the ones of :mod:`.radial`.
"""

from __future__ import annotations

from torch import Tensor, nn

from .radial import MAX_RADIUS, SMALLEST_SQUARE


class WithTime(nn.Module):
    """The sum of ``base(s)`` and ``weight`` times the time sqrt(k + sum of |s|^2) of the points that an output reads.

    ``field`` sums the squares, (batch, 1, ...), over the receptive field of each output.
    """

    def __init__(self, base: nn.Module, field: nn.Module, weight: Tensor, k: Tensor) -> None:
        super().__init__()
        self.base, self.field = base, field
        self.weight = nn.Parameter(weight.detach().clone())
        self.register_buffer("k", k.detach().clone())

    def forward(self, s: Tensor) -> Tensor:
        time = (self.field(s.square().sum(1, keepdim=True)) + self.k).sqrt()
        return self.base(s) + self.weight * time


class BatchNorm(nn.Module):
    """Batch normalisation of points in evaluation mode: :func:`normalised` with fixed statistics."""

    def __init__(self, centre: Tensor, factor: Tensor, shift: Tensor, k: Tensor) -> None:
        super().__init__()
        self.factor = nn.Parameter(factor.detach().clone())
        self.shift = nn.Parameter(shift.detach().clone())
        self.register_buffer("centre", centre.detach().clone())
        self.register_buffer("k", k.detach().clone())

    def forward(self, s: Tensor) -> Tensor:
        return normalised(s, self.centre, self.factor, self.shift, self.k)


def normalised(s: Tensor, centre: Tensor, factor: Tensor, shift: Tensor, k: Tensor) -> Tensor:
    """Return boost_shift(exp0(factor log0(boost_centre^-1(s)))); centre and shift have the shape (channel,)."""
    centred = _from_the_centre(s, centre[:, None], k)
    tangent = centred * _asinhc(_squared_norm(centred) / k) * factor
    scaled = tangent * _sinhc(_squared_norm(tangent) / k)
    root, time = k.sqrt(), (shift.square().sum() + k).sqrt()
    along = (scaled * shift[:, None]).sum(1, keepdim=True) / (time + root)
    return scaled + shift[:, None] * (((_squared_norm(scaled) + k).sqrt() + along) / root)


def _from_the_centre(s: Tensor, centre: Tensor, k: Tensor) -> Tensor:
    """Move ``centre`` to the origin, as :func:`.lorentz.centre`."""
    root, time = k.sqrt(), (centre.square().sum() + k).sqrt()
    difference = s - centre
    times = (_squared_norm(s) + k).sqrt() + time
    of_time = (difference * (s + centre)).sum(1, keepdim=True) / times
    along = (difference * centre).sum(1, keepdim=True) / (time + root)
    return difference + centre * ((along - of_time) / root)


class Centroid(nn.Module):
    """The centroid of all positions; (batch, channel, L) to (batch, channel)."""

    def __init__(self, k: Tensor) -> None:
        super().__init__()
        self.register_buffer("k", k.detach().clone())

    def forward(self, s: Tensor) -> Tensor:
        time = (_squared_norm(s) + self.k).sqrt().mean(2)
        space = s.mean(2)
        norm = _root(_squared_norm(space))
        return space / ((time - norm) * (time + norm) / self.k).clamp(min=1.0).sqrt()


class ChangeOfCurvature(nn.Module):
    """The map from curvature -1/before to -1/after that keeps distances from the origin; shape unchanged."""

    def __init__(self, before: Tensor, after: Tensor) -> None:
        super().__init__()
        self.register_buffer("before", before.detach().clone())
        self.register_buffer("after", after.detach().clone())

    def forward(self, s: Tensor) -> Tensor:
        tangent = s * _asinhc(_squared_norm(s) / self.before)
        return tangent * _sinhc(_squared_norm(tangent) / self.after)


class Logits(nn.Module):
    """Logits: ``size`` times the distances from hyperplanes; (batch, channel) to (batch, class)."""

    def __init__(self, k: Tensor, directions: Tensor, offsets: Tensor, size: Tensor) -> None:
        super().__init__()
        self.directions = nn.Parameter(directions.detach().clone())
        self.offsets = nn.Parameter(offsets.detach().clone())
        self.size = nn.Parameter(size.detach().clone())
        self.register_buffer("k", k.detach().clone())

    def forward(self, s: Tensor) -> Tensor:
        return self.size * hyperplane_distances(s, self.directions, self.offsets, self.k)


def hyperplane_distances(
    s: Tensor, directions: Tensor, offsets: Tensor, k: Tensor, largest: float = MAX_RADIUS
) -> Tensor:
    """Return the signed distances of points from hyperplanes, divided by sqrt(k), at sectional curvature -1/k.

    With u = e.s they are asinh((cosh(a) u - sinh(a) t) / sqrt(k)). If a hyperplane is far away, this is the difference
    of nearly equal numbers. It is therefore computed as (exp(-a) (t + u) - exp(a) (t - u)) / 2, where the smaller of
    t + u and t - u is (k + |s - u e|^2) divided by the larger; float32 keeps the digits of each term.

    Parameters
    ----------
    s
        Space parts of points, shape (batch, channel).
    directions
        Unit vectors e of the hyperplanes, shape (class, channel).
    offsets
        Distances a of the hyperplanes from the origin, divided by sqrt(k), shape (class,). The part beyond ``largest``
        is subtracted from the result.

    Returns
    -------
    Tensor
        Shape (batch, class).
    """
    along = s @ directions.T
    # t^2 - u^2
    square = (s[:, None] - along[:, :, None] * directions).square().sum(2) + k
    # sign(along) is 0 at 0, where the result would then have no gradient.
    side = 1 - 2 * (along < 0).to(s.dtype)
    larger = (square + along.square()).sqrt() + side * along
    within = offsets.clamp(-largest, largest)
    growth = (side * within).exp()
    sides = side * (larger / growth - square / larger * growth) / 2
    return (sides / k.sqrt()).asinh() - (offsets - within)


def _squared_norm(s: Tensor) -> Tensor:
    return s.square().sum(1, keepdim=True)


def _root(square: Tensor, smallest: float = SMALLEST_SQUARE) -> Tensor:
    """Return u for u^2; it is never 0, where it would have no gradient."""
    return square.clamp(min=smallest).sqrt()


def _asinhc(square: Tensor) -> Tensor:
    """Return asinh(u) / u for u^2."""
    u = _root(square)
    return u.asinh() / u


def _sinhc(square: Tensor, largest: float = MAX_RADIUS) -> Tensor:
    """Return sinh(u) / u for u^2, or sinh(largest) / u if u is above ``largest``."""
    u = _root(square)
    return u.clamp(max=largest).sinh() / u

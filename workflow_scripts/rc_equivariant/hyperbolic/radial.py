"""Functions of the norm, on which the Lorentz model is built, with gradients in few operations.

Automatic differentiation of series, masks and squares takes several times as long as the gradients written out here.
Squares of norms up to 1e18 are within the range of float32.
"""

from __future__ import annotations

import torch
from torch import Tensor

#: The largest distance from the origin, divided by sqrt(k), of a point that the exponential map returns; its |s| is
#: 4.4e6 sqrt(k). For two such points on opposite sides, batch norm computes sinh(32)^2 = 1.6e27, whose squares and
#: gradients just fit into float32. The tests use points up to |s| = 1e6 sqrt(k), at the distance asinh(1e6) = 14.5.
MAX_RADIUS = 16.0
#: Smaller u^2 are replaced by this value, at which asinh(u) / u and sinh(u) / u are 1 in any precision.
SMALLEST_SQUARE = 1e-30
#: For smaller u^2, derivatives are computed by their series in u^2, which are exact in float64 there.
_SMALL_SQUARE = 1e-3
_ASINHC_SLOPE = (-1 / 6, 3 / 20, -15 / 112, 35 / 288, -315 / 2816)
_SINHC_SLOPE = (1 / 6, 1 / 60, 1 / 1680, 1 / 90720, 1 / 7983360)


def squared_norm(s: Tensor, dim: int = 1) -> Tensor:
    """Return |s|^2, with ``dim`` of size 1."""
    return _SquaredNorm.apply(s, dim)


def asinhc(square: Tensor) -> Tensor:
    """Return asinh(u) / u for u^2; it is 1 at 0."""
    return _Asinhc.apply(square)


def sinhc(square: Tensor) -> Tensor:
    """Return sinh(u) / u for u^2, or sinh(MAX_RADIUS) / u if u is above :data:`MAX_RADIUS`; it is 1 at 0."""
    return _Sinhc.apply(square)


def squared_norms(s: Tensor, dim: int = -1) -> Tensor:
    """Return |s|^2 without ``dim``, in one pass over memory, for callers with gradients of their own."""
    return torch.linalg.vector_norm(s, dim=dim).square()


class _SquaredNorm(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(s: Tensor, dim: int) -> Tensor:
        return squared_norms(s, dim).unsqueeze(dim)

    @staticmethod
    def setup_context(ctx, inputs: tuple[Tensor, int], output: Tensor) -> None:
        ctx.save_for_backward(inputs[0])

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None]:
        (s,) = ctx.saved_tensors
        return s * (2 * gradient), None


class _OfSquare(torch.autograd.Function):
    """The base class of functions of a square whose gradient needs the square and the result."""

    generate_vmap_rule = True

    @staticmethod
    def setup_context(ctx, inputs: tuple[Tensor], output: Tensor) -> None:
        ctx.save_for_backward(*inputs, output)


class _Asinhc(_OfSquare):
    @staticmethod
    def forward(square: Tensor) -> Tensor:
        u = _root(square)
        # log1p is as accurate as asinh and takes a fraction of its time.
        return torch.log1p(square / (1 + (1 + square).sqrt()) + u) / u

    @staticmethod
    def backward(ctx, gradient: Tensor) -> Tensor:
        square, y = ctx.saved_tensors
        is_small = square < _SMALL_SQUARE
        large = square.masked_fill(is_small, 1)
        slope = ((1 + large).rsqrt() - y) / (2 * large)
        return gradient * torch.where(is_small, _polynomial(square, _ASINHC_SLOPE), slope)


class _Sinhc(_OfSquare):
    @staticmethod
    def forward(square: Tensor) -> Tensor:
        u = _root(square)
        return u.clamp_max(MAX_RADIUS).sinh() / u

    @staticmethod
    def backward(ctx, gradient: Tensor) -> Tensor:
        square, y = ctx.saved_tensors
        # This is cosh(u), or 0 beyond the largest radius, where sinh is constant.
        is_small = square < _SMALL_SQUARE
        large = square.masked_fill(is_small, 1)
        cosh = (1 + y.square() * large).sqrt().masked_fill(square > MAX_RADIUS**2, 0)
        slope = (cosh - y) / (2 * large)
        return gradient * torch.where(is_small, _polynomial(square, _SINHC_SLOPE), slope)


def _root(square: Tensor) -> Tensor:
    """Return u, but if u^2 is 0, a number so small that functions divided by u have their limits."""
    return square.clamp_min(SMALLEST_SQUARE).sqrt_()


def _polynomial(x: Tensor, coefficients: tuple[float, ...]) -> Tensor:
    value = torch.full_like(x, coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        value = value * x + coefficient
    return value

"""The functions of the norm that the Lorentz model is made of, with gradients in few operations.

Automatic differentiation of series, masks and squares takes several times as long as the gradients written out here.
Norms up to 1e18 have squares in float32.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

#: Largest distance from the origin, over sqrt(k), of a point that an exponential map gives, of |s| = 4.4e6 sqrt(k).
#: Points that far apart on opposite sides have sinh(32)^2 = 1.6e27 in batch norm, whose squares and gradients float32
#: can just hold. Points that layers are tried with, of |s| = 1e6 sqrt(k), are at asinh(1e6) = 14.5.
MAX_RADIUS = 16.0
#: Below, u^2 counts as this, where asinh(u) / u and sinh(u) / u are 1 in any precision.
SMALLEST_SQUARE = 1e-30
#: Below, derivatives are their series in u^2, which are exact in float64 there.
_SMALL_SQUARE = 1e-3
_ASINHC_SLOPE = (-1 / 6, 3 / 20, -15 / 112, 35 / 288, -315 / 2816)
_SINHC_SLOPE = (1 / 6, 1 / 60, 1 / 1680, 1 / 90720, 1 / 7983360)


def squared_norm(s: Tensor, dim: int = 1) -> Tensor:
    """|s|^2, with ``dim`` of size 1."""
    return _SquaredNorm.apply(s, dim)


def asinhc(square: Tensor) -> Tensor:
    """asinh(u) / u of u^2, 1 at 0."""
    return _Asinhc.apply(square)


def sinhc(square: Tensor) -> Tensor:
    """sinh(u) / u of u^2, 1 at 0; of u beyond :data:`MAX_RADIUS` sinh(MAX_RADIUS) / u."""
    return _Sinhc.apply(square)


def squared_norms(s: Tensor, dim: int = -1) -> Tensor:
    """|s|^2, without ``dim``, in one pass over memory; for where the gradient is written out."""
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
    @once_differentiable
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None]:
        (s,) = ctx.saved_tensors
        return s * (2 * gradient), None


class _OfSquare(torch.autograd.Function):
    """A function of a square, whose gradient needs it and the result."""

    generate_vmap_rule = True

    @staticmethod
    def setup_context(ctx, inputs: tuple[Tensor], output: Tensor) -> None:
        ctx.save_for_backward(*inputs, output)


class _Asinhc(_OfSquare):
    @staticmethod
    def forward(square: Tensor) -> Tensor:
        u = _root(square)
        # log1p keeps the digits of asinh at a fraction of its time.
        return (1 + square).sqrt_().add_(1).reciprocal_().mul_(square).add_(u).log1p_().div_(u)

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient: Tensor) -> Tensor:
        square, y = ctx.saved_tensors
        slope = (1 + square).rsqrt_().sub_(y).div_(square).mul_(0.5)
        return gradient * torch.where(square < _SMALL_SQUARE, _polynomial(square, _ASINHC_SLOPE), slope)


class _Sinhc(_OfSquare):
    @staticmethod
    def forward(square: Tensor) -> Tensor:
        u = _root(square)
        return u.clamp_max(MAX_RADIUS).sinh_().div_(u)

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient: Tensor) -> Tensor:
        square, y = ctx.saved_tensors
        # cosh(u), which is constant beyond the largest radius, where sinh is.
        cosh = y.square().mul_(square).add_(1).sqrt_().masked_fill_(square > MAX_RADIUS**2, 0)
        slope = cosh.sub_(y).div_(square).mul_(0.5)
        return gradient * torch.where(square < _SMALL_SQUARE, _polynomial(square, _SINHC_SLOPE), slope)


def _root(square: Tensor) -> Tensor:
    """u, or, where u^2 is 0, something so small that functions over u have their limits."""
    return square.clamp_min(SMALLEST_SQUARE).sqrt_()


def _polynomial(x: Tensor, coefficients: tuple[float, ...]) -> Tensor:
    value = torch.full_like(x, coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        value.mul_(x).add_(coefficient)
    return value

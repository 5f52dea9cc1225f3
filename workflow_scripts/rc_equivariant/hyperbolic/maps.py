"""Weights of linear maps of points: free ones, and those of distances to hyperplanes.

A linear map of points reads the space part and the time of a receptive field. Both kinds compute W s + w_t t + b with
the same code; they differ in where W, w_t and b come from.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from ..descriptions.trunks import DIRECT, HYPERPLANES
from ..kernels import KernelTying, constants_of
from ..layers.convolution import Conv1d, KmerConv1d, Linear
from ..layers.flatten import FlattenLinear
from ..representation import FeatureType
from . import plain
from .curvature import BorrowedCurvature, Curvature
from .radial import MAX_RADIUS, squared_norm

#: Added to the squared norm of a normal under the root, so that 0 has a gradient; the published logits divide 0 by 0.
SMALLEST_SQUARE = 1e-12


class PointMap(nn.Module):
    """The base class of the two kinds of weights, at sectional curvature -1/k.

    The concatenation of points x_1 .. x_n is the point with space part (s_1 .. s_n). Its time is
    sqrt(k + |s_1|^2 + .. + |s_n|^2), which equals sqrt(t_1^2 + .. + t_n^2 - (n - 1) k) (Qu & Zou 2022). The published
    code has (n - 1) / k in its flattening, which does not give a point unless k = 1. Reverse complement does not change
    the time, so w_t is constrained like a bias: reverse complement must fix it.

    Parameters
    ----------
    curvature
        Curvature of the points that the layer reads.
    shrinkage
        The factor c^2 by which the squares of space parts shrink as points are concatenated: that of
        :func:`log_radius_shrinkage`, or 1. The point (c s_1 .. c s_n) has the time c sqrt(k / c^2 + sum of |s_j|^2).
        As c is a part of the stored weights, shrunk points are read as points with k / c^2.
    """

    def __init__(self, curvature: Curvature | BorrowedCurvature, shrinkage: float) -> None:
        super().__init__()
        self.curvature, self.shrinkage = curvature, shrinkage

    def k(self, like: Tensor | None = None) -> Tensor:
        """Return k of the concatenated points, in the data type of ``like``."""
        return self.curvature(like) / self.shrinkage

    def rows(self, squares: Callable[[], Tensor], bias: Tensor | None) -> tuple[Tensor | None, Tensor | None, Tensor]:
        """Return a factor of each row of the layer's kernel, the bias, and w_t, each of shape (out,).

        Parameters
        ----------
        squares
            A function that returns the squared norms of the rows, shape (out,).
        bias
            The layer's bias, shape (out,).

        Returns
        -------
        tuple
            A factor or a bias of None stands for 1 or 0.
        """
        raise NotImplementedError

    def weights(self, kernel: Tensor, bias: Tensor | None) -> tuple[Tensor, Tensor | None, Tensor]:
        """Return W, b and w_t for the kernel (out, in, width) and the bias (out,) of a layer."""
        factor, bias, time_weight = self.rows(lambda: _squares(kernel), bias)
        return kernel if factor is None else kernel * factor[:, None, None], bias, time_weight

    def add_time(self, y: Tensor, squares: Tensor, time_weight: Tensor) -> Tensor:
        """Return y + w_t sqrt(k + squares).

        Parameters
        ----------
        y
            Shape (batch, out, ...).
        squares
            Sum of |s|^2 over the receptive field, shape (batch, 1, ...).
        time_weight
            Shape (out,).
        """
        time = (squares + self.k(squares)).sqrt()
        # Rows are the order in memory, and need fewer passes than a broadcast product.
        rows = y.movedim(1, -1)
        updated = torch.addmm(rows.reshape(-1, y.shape[1]), time.view(-1, 1), time_weight[None])
        return updated.view(rows.shape).movedim(-1, 1)

    @torch.no_grad()
    def export_over(self, base: nn.Conv1d | nn.Linear) -> nn.Module:
        """Turn ``base``, the exported kernel and bias of a layer, into the map of points."""
        factor, bias, weight = self.rows(lambda: _squares(base.weight), base.bias)
        if factor is not None:
            base.weight.mul_(factor.view(-1, *[1] * (base.weight.dim() - 1)))
        if bias is None:
            base.bias = None
        if isinstance(base, nn.Linear):
            return plain.WithTime(base, nn.Identity(), weight, self.k())
        field = nn.Conv1d(1, 1, base.kernel_size, base.stride, base.padding, base.dilation, bias=False).to(weight)
        nn.init.ones_(field.requires_grad_(False).weight)
        return plain.WithTime(base, field, weight[:, None], self.k())


class FreeMap(PointMap):
    """Weights without a relation: W, w_t and b are parameters (Chen et al. 2022; Bdeir et al. 2024).

    Parameters
    ----------
    out_type
        Output type of the layer.
    live_inputs
        Number of live inputs of each output, time included, shape (out,). The initial variance of w_t is that of the
        other weights, divided by k if k is above 1, because a time is at least sqrt(k).
    curvature, shrinkage
        As in :class:`PointMap`.
    """

    def __init__(
        self,
        out_type: FeatureType,
        live_inputs: Tensor,
        curvature: Curvature | BorrowedCurvature,
        shrinkage: float,
    ) -> None:
        super().__init__(curvature, shrinkage)
        self.tying = KernelTying(constants_of(out_type), out_type, 1)
        least_time = self.k().detach().sqrt().clamp_min(1)
        self.weight = nn.Parameter(self.tying.he_normal(live_inputs) / least_time)

    def rows(self, squares: Callable[[], Tensor], bias: Tensor | None) -> tuple[None, Tensor | None, Tensor]:
        return None, bias, self.tying.expand(self.weight).flatten()


class HyperplaneMap(PointMap):
    """Weights of signed distances to hyperplanes ("FGG-LNN", 2026, arXiv 2601.21529), without parameters of their own.

    An output is a hyperplane: the kernel of the layer holds its normals u, and the bias its offsets a. With
    alpha = a / (sqrt(k) |u|), the weights are W = cosh(alpha) u, w_t = -|u| sinh(alpha) and no bias. The hyperplane
    crosses the direction of u at the distance a / |u| from the origin, and the output is
    |u| sqrt(k) sinh(d / sqrt(k)) for a field at the signed distance d from it. A step of a moves the hyperplane by the
    same distance wherever it is, so the distance of outputs from the origin grows linearly with the number of steps.
    With a :class:`FreeMap` it grows as the logarithm, because the coordinates grow linearly.

    **Reverse complement.** u is tied as any equivariant kernel, and a as a bias. So partners have the same |u| and the
    same a, and reverse complement fixes w_t. A -1 output has a = 0: its distance changes sign with u.s.

    **Initial values.** u is drawn as for the Euclidean layer: entries of variance 2 / (live inputs), so |u|^2 is about
    2, or 2 4^j for one-hot j-mers. a is 0: all hyperplanes cross the origin, w_t is 0, and the output is u.s, whose
    mean square is twice that of the live inputs (He et al. 2015), at any k and any width. Any other a adds a term of
    mean square |u|^2 sinh(alpha)^2 (k + n m) to one of 2 m cosh(alpha)^2, for n live inputs of mean square m. In fields
    of hundreds of inputs, this term, which is the same for all outputs, would outweigh the other unless alpha is far
    below 1 / sqrt(n). At a = 0 the gradient by a is -t / sqrt(k), so hyperplanes leave the origin at the first step.

    alpha is kept within :data:`~.radial.MAX_RADIUS`. In float32, outputs near a hyperplane lose digits with its
    distance: they keep three at 4 sqrt(k).
    """

    def rows(self, squares: Callable[[], Tensor], bias: Tensor | None) -> tuple[Tensor, None, Tensor]:
        norms = (squares() + SMALLEST_SQUARE).sqrt()
        alpha = (bias / (norms * self.k(bias).sqrt())).clamp(-MAX_RADIUS, MAX_RADIUS)
        return alpha.cosh(), None, -norms * alpha.sinh()


def log_radius_shrinkage(concatenation: str, channels: int, points: int) -> float:
    """Return c^2 for the concatenation of ``points`` points of so many ``channels`` (ILNN, arXiv 2602.23981).

    Concatenated points are farther out than each of them. If all coordinates are normal with the same variance, the
    mean of log |s| grows by half the difference of the digamma functions of half the dimensions; c takes it back.
    """
    if concatenation == DIRECT:
        return 1.0
    halves = torch.tensor([channels / 2, points * channels / 2], dtype=torch.float64)
    one, together = torch.digamma(halves).tolist()
    return math.exp(one - together)


@torch.no_grad()
def map_of(
    layer: Conv1d | KmerConv1d | Linear | FlattenLinear,
    kind: str,
    squares: int,
    curvature: Curvature | BorrowedCurvature,
    shrinkage: float = 1.0,
) -> PointMap:
    """Return the weights of a layer, and draw its kernel again if it shares its inputs with a free w_t.

    Parameters
    ----------
    layer
        A Euclidean layer.
    kind
        One of :data:`~rc_equivariant.descriptions.trunks.LINEAR_MAPS`.
    squares
        Sum of |s|^2 over a receptive field whose live coordinates have mean square 1. The square of the time is larger
        by k, and counts as so many inputs, as far as its weights are as large as the others. Channels that reverse
        complement negates do not read the time.
    curvature, shrinkage
        As in :class:`PointMap`.

    Raises
    ------
    ValueError
        If hyperplanes have no offsets.
    """
    if kind == HYPERPLANES:
        if layer.bias is None:
            raise ValueError(
                "without a bias, which holds their offsets, all hyperplanes cross the origin: set bias=True"
            )
        return HyperplaneMap(curvature, shrinkage)
    k = curvature().cpu() / shrinkage
    of_time = (squares + k) / k.clamp_min(1) * (layer.out_type.signs > 0)
    layer.initialise(of_time)
    return FreeMap(layer.out_type, layer.live_inputs() + of_time, curvature, shrinkage)


def _squares(kernel: Tensor) -> Tensor:
    """Return the squared norms of the rows of a kernel (out, ...), shape (out,)."""
    return squared_norm(kernel.flatten(1)).squeeze(1)

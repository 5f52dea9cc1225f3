"""Linear maps of points: the Euclidean layer on space parts, plus a weight times the time."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..descriptions.trunks import DIRECT, FREE
from ..encoding import KmerEncoding
from ..functional.autocast import in_float32
from ..layers.convolution import Conv1d, KmerConv1d, Linear
from ..layers.flatten import FlattenLinear
from ..representation import FeatureType, Ordinary
from .convolved_points import convolve_points
from .curvature import BorrowedCurvature, Curvature
from .maps import log_radius_shrinkage, map_of
from .radial import squared_norm


class LorentzConv1d(Conv1d):
    """Lorentz convolution of sectional curvature -1/k; space parts (batch, in, L) to (batch, out, L').

    The output is the space part of a linear map of the concatenated points of a receptive field, including their time
    (Bdeir et al. 2024, "Fully hyperbolic CNNs", section 4.1), with free weights or those of distances to hyperplanes.
    It is computed without unfolding, as conv(s) + w_t sqrt(k + sum of |s_j|^2 in the field) + b. The time of the output
    follows from its space part, so it needs no weights; the published row of weights for it never has a gradient.
    Padding uses the origin, whose space part is zero.

    The layer is equivariant if conv(s) is and reverse complement fixes w_t and b, because it only flips the sums of
    squares.

    Parameters
    ----------
    in_type, out_type, kernel_size, stride, padding, dilation, bias
        As in :class:`~rc_equivariant.Conv1d`, on space parts.
    curvature
        Curvature of input and output.
    linear_map
        ``free``, or ``hyperplanes`` with the distances of :class:`~.maps.HyperplaneMap`.
    concatenation
        ``direct``, or ``log_radius`` for points that are drawn in by :func:`~.maps.log_radius_shrinkage`.
    """

    def __init__(
        self,
        in_type: FeatureType,
        out_type: FeatureType,
        kernel_size: int,
        curvature: Curvature | BorrowedCurvature,
        stride: int = 1,
        padding: int | str = 0,
        dilation: int = 1,
        bias: bool = True,
        linear_map: str = FREE,
        concatenation: str = DIRECT,
    ) -> None:
        super().__init__(in_type, out_type, kernel_size, stride, padding, dilation, bias=bias)
        shrinkage = log_radius_shrinkage(concatenation, in_type.size, kernel_size)
        self.time = map_of(self, linear_map, in_type.size * kernel_size, curvature, shrinkage)

    @in_float32
    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        weights = self.time.weights(self.kernel(), self.channel_bias())
        return convolve_points(x, *weights, self.time.k(x), self.steps)

    def export(self) -> nn.Module:
        return self.time.export_over(super().export())


class LorentzKmerConv1d(KmerConv1d):
    """Lorentz convolution of one-hot k-mers, given as indices; (batch, L) to (batch, out, L - kernel_size + 1).

    At sectional curvature -1/k, a known k-mer is the point with space part e_i, of norm 1, and an unknown k-mer is the
    origin. So the time of a field is sqrt(k + number of its known k-mers).

    Parameters
    ----------
    encoding, out_type, kernel_size, bias
        As in :class:`~rc_equivariant.KmerConv1d`.
    curvature
        Curvature of input and output.
    linear_map
        ``free``, or ``hyperplanes`` with the distances of :class:`~.maps.HyperplaneMap`.
    concatenation
        ``direct``, or ``log_radius`` to divide squares by ``kernel_size``, so that a field of known k-mers has norm 1.
    """

    def __init__(
        self,
        encoding: KmerEncoding,
        out_type: FeatureType,
        kernel_size: int,
        curvature: Curvature | BorrowedCurvature,
        bias: bool = True,
        linear_map: str = FREE,
        concatenation: str = DIRECT,
    ) -> None:
        super().__init__(encoding, out_type, kernel_size, bias)
        shrinkage = 1.0 if concatenation == DIRECT else 1 / kernel_size
        self.time = map_of(self, linear_map, kernel_size, curvature, shrinkage)

    @in_float32
    def forward(self, kmers: Tensor) -> Tensor:
        kernel, bias, time_weight = self.time.weights(self.kernel(), self.channel_bias())
        y = self.convolve(kmers, kernel, bias)
        is_known = (kmers >= 0) & (kmers < self.in_type.size)
        known = is_known.unfold(1, self.kernel_size, 1).sum(2)
        return self.time.add_time(y, known[:, None].to(y.dtype), time_weight)

    def export(self) -> nn.Module:
        """Return a module that reads one-hot nucleotides, as :meth:`KmerConv1d.export`."""
        exported = super().export()
        *to_kmers, convolution = exported if isinstance(exported, nn.Sequential) else [exported]
        return nn.Sequential(*to_kmers, self.time.export_over(convolution))


class LorentzLinear(Linear):
    """Linear map W s + w_t t + b of points of sectional curvature -1/k without positions; (batch, in) to (batch, out).

    Parameters
    ----------
    in_type, out_type, bias
        As in :class:`~rc_equivariant.Linear`, on space parts.
    curvature
        Curvature of input and output.
    linear_map
        ``free``, or ``hyperplanes`` with the distances of :class:`~.maps.HyperplaneMap`.
    """

    def __init__(
        self,
        in_type: FeatureType,
        out_type: FeatureType,
        curvature: Curvature | BorrowedCurvature,
        bias: bool = True,
        linear_map: str = FREE,
    ) -> None:
        super().__init__(in_type, out_type, bias)
        self.time = map_of(self, linear_map, in_type.size, curvature)

    @in_float32
    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        kernel, bias, time_weight = self.time.weights(self.kernel(), self.channel_bias())
        return self.time.add_time(functional.linear(x, kernel.squeeze(2), bias), squared_norm(x), time_weight)

    def export(self) -> nn.Module:
        return self.time.export_over(super().export())


class LorentzFlattenLinear(FlattenLinear):
    """Linear map of all positions' points at once, at sectional curvature -1/k; (batch, in, L) to (batch, out).

    It is a :class:`LorentzConv1d` as wide as the feature map. The published head concatenates all positions to one
    point and maps it in this way.

    Parameters
    ----------
    in_type, out_type, length, bias
        As in :class:`~rc_equivariant.FlattenLinear`, on space parts.
    curvature
        Curvature of input and output.
    linear_map
        ``free``, or ``hyperplanes`` with the distances of :class:`~.maps.HyperplaneMap`.
    concatenation
        ``direct``, or ``log_radius`` for points that are drawn in by :func:`~.maps.log_radius_shrinkage`.
    """

    def __init__(
        self,
        in_type: FeatureType,
        out_type: FeatureType,
        length: int,
        curvature: Curvature | BorrowedCurvature,
        bias: bool = True,
        linear_map: str = FREE,
        concatenation: str = DIRECT,
    ) -> None:
        super().__init__(in_type, out_type, length, bias)
        shrinkage = log_radius_shrinkage(concatenation, in_type.size, length)
        self.time = map_of(self, linear_map, in_type.size * length, curvature, shrinkage)

    @in_float32
    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        bias = None if self.bias is None else self.bias_tying.expand(self.bias).flatten()
        factor, bias, time_weight = self.time.rows(self._squares, bias)
        y = self._mapped(x)
        # Outputs are far fewer than weights, so the factor of a row multiplies its output.
        y = y if factor is None else y * factor
        y = y if bias is None else y + bias
        return self.time.add_time(y, squared_norm(x.transpose(1, 2).flatten(1)), time_weight)

    def _squares(self) -> Tensor:
        """Return the squared norms of the rows of the map, shape (out,); the change of basis keeps them."""
        plus, minus = (
            self.bias_tying.factor.new_zeros(rows) if weight is None else squared_norm(weight).squeeze(1)
            for weight, rows in zip((self.plus, self.minus), self.rows, strict=True)
        )
        if isinstance(self.out_type, Ordinary):
            return plus
        pairs = self.out_type.regular
        paired = (plus[:pairs] + minus[:pairs]) / 2
        return torch.cat([paired, paired.flip(0), plus[pairs:], minus[pairs:]])

    def export(self) -> nn.Module:
        flatten, linear = super().export()
        return nn.Sequential(flatten, self.time.export_over(linear))

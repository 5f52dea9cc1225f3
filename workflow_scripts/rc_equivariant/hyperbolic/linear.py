"""Linear maps of points: the Euclidean layer on space parts, plus a weight times the time."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..encoding import KmerEncoding
from ..functional.autocast import in_float32
from ..kernels import KernelTying, constants_of
from ..layers.convolution import Conv1d, KmerConv1d, Linear
from ..layers.flatten import FlattenLinear
from ..representation import FeatureType
from . import plain
from .convolved_points import convolve_points
from .curvature import BorrowedCurvature, Curvature
from .radial import squared_norm


class TimeTerm(nn.Module):
    """The weights w_t of the time of a receptive field, at sectional curvature -1/k.

    The concatenation of points x_1 .. x_n is the point with space part (s_1 .. s_n). Its time is
    sqrt(k + |s_1|^2 + .. + |s_n|^2), which equals sqrt(t_1^2 + .. + t_n^2 - (n - 1) k) (Qu & Zou 2022). The published
    code has (n - 1) / k in its flattening, which does not give a point unless k = 1. Reverse complement does not change
    the time, so w_t is constrained like a bias: reverse complement must fix it.

    Parameters
    ----------
    out_type
        Output type of the layer.
    live_inputs
        Number of live inputs of each output, time included, shape (out,). The initial variance of w_t is that of the
        other weights, divided by k if k is above 1, because a time is at least sqrt(k).
    curvature
        Curvature of the points that the layer reads.
    """

    def __init__(self, out_type: FeatureType, live_inputs: Tensor, curvature: Curvature | BorrowedCurvature) -> None:
        super().__init__()
        self.curvature = curvature
        self.tying = KernelTying(constants_of(out_type), out_type, 1)
        least_time = curvature().detach().sqrt().clamp_min(1)
        self.weight = nn.Parameter(self.tying.he_normal(live_inputs) / least_time)

    def add_to(self, y: Tensor, squares: Tensor) -> Tensor:
        """Return y + w_t sqrt(k + squares).

        Parameters
        ----------
        y
            Shape (batch, out, ...).
        squares
            Sum of |s|^2 over the receptive field, shape (batch, 1, ...).
        """
        time = (squares + self.curvature(squares)).sqrt()
        # Rows are the order in memory, and need fewer passes than a broadcast product.
        rows = y.movedim(1, -1)
        updated = torch.addmm(rows.reshape(-1, y.shape[1]), time.view(-1, 1), self.channel_weight()[None])
        return updated.view(rows.shape).movedim(-1, 1)

    def channel_weight(self) -> Tensor:
        """Return w_t of each channel, shape (out,): equal on partners, zero on -1 channels."""
        return self.tying.expand(self.weight).flatten()

    @torch.no_grad()
    def export_over(self, base: nn.Conv1d | nn.Linear) -> nn.Module:
        """Add this term to ``base``, the exported linear map of space parts."""
        weight = self.channel_weight()
        if isinstance(base, nn.Linear):
            return plain.WithTime(base, nn.Identity(), weight, self.curvature())
        field = nn.Conv1d(1, 1, base.kernel_size, base.stride, base.padding, base.dilation, bias=False).to(weight)
        nn.init.ones_(field.requires_grad_(False).weight)
        return plain.WithTime(base, field, weight[:, None], self.curvature())


@torch.no_grad()
def _time_of(
    layer: Conv1d | KmerConv1d | Linear | FlattenLinear, squares: int, curvature: Curvature | BorrowedCurvature
) -> TimeTerm:
    """Return the time term of a layer and draw the layer's weights again, as He et al. (2015) for both together.

    ``squares`` is the sum of |s|^2 over a receptive field whose live coordinates have mean square 1. The square of the
    time is larger by k, and counts as so many inputs, as far as its weights are as large as the others. Channels that
    reverse complement negates do not read the time.
    """
    k = curvature().cpu()
    of_time = (squares + k) / k.clamp_min(1) * (layer.out_type.signs > 0)
    layer.initialise(of_time)
    return TimeTerm(layer.out_type, layer.live_inputs() + of_time, curvature)


class LorentzConv1d(Conv1d):
    """Lorentz convolution of sectional curvature -1/k; space parts (batch, in, L) to (batch, out, L').

    The output is the space part of a linear map of the concatenated points of a receptive field, including their time
    (Bdeir et al. 2024, "Fully hyperbolic CNNs", section 4.1). It is computed without unfolding, as
    conv(s) + w_t sqrt(k + sum of |s_j|^2 in the field) + b. The time of the output follows from its space part, so it
    needs no weights; the published row of weights for it never has a gradient. Padding uses the origin, whose space
    part is zero.

    The layer is equivariant if conv(s) is and reverse complement fixes w_t and b, because it only flips the sums of
    squares.

    Parameters
    ----------
    in_type, out_type, kernel_size, stride, padding, dilation, bias
        As in :class:`~rc_equivariant.Conv1d`, on space parts.
    curvature
        Curvature of input and output.
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
    ) -> None:
        super().__init__(in_type, out_type, kernel_size, stride, padding, dilation, bias=bias)
        self.time = _time_of(self, in_type.size * kernel_size, curvature)

    @in_float32
    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        kernel, bias, time = self.kernel(), self.channel_bias(), self.time
        return convolve_points(x, kernel, bias, time.channel_weight(), time.curvature(x), self.steps)

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
    """

    def __init__(
        self,
        encoding: KmerEncoding,
        out_type: FeatureType,
        kernel_size: int,
        curvature: Curvature | BorrowedCurvature,
        bias: bool = True,
    ) -> None:
        super().__init__(encoding, out_type, kernel_size, bias)
        self.time = _time_of(self, kernel_size, curvature)

    @in_float32
    def forward(self, kmers: Tensor) -> Tensor:
        y = super().forward(kmers)
        is_known = (kmers >= 0) & (kmers < self.in_type.size)
        known = is_known.unfold(1, self.kernel_size, 1).sum(2)
        return self.time.add_to(y, known[:, None].to(y.dtype))

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
    """

    def __init__(
        self,
        in_type: FeatureType,
        out_type: FeatureType,
        curvature: Curvature | BorrowedCurvature,
        bias: bool = True,
    ) -> None:
        super().__init__(in_type, out_type, bias)
        self.time = _time_of(self, in_type.size, curvature)

    @in_float32
    def forward(self, x: Tensor) -> Tensor:
        return self.time.add_to(super().forward(x), squared_norm(x))

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
    """

    def __init__(
        self,
        in_type: FeatureType,
        out_type: FeatureType,
        length: int,
        curvature: Curvature | BorrowedCurvature,
        bias: bool = True,
    ) -> None:
        super().__init__(in_type, out_type, length, bias)
        self.time = _time_of(self, in_type.size * length, curvature)

    @in_float32
    def forward(self, x: Tensor) -> Tensor:
        return self.time.add_to(super().forward(x), squared_norm(x.transpose(1, 2).flatten(1)))

    def export(self) -> nn.Module:
        flatten, linear = super().export()
        return nn.Sequential(flatten, self.time.export_over(linear))

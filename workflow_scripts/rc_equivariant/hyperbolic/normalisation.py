"""Batch normalisation of points, with a centre that both strands share."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..functional.autocast import in_float32
from ..kernels import KernelTying, constants_of
from ..layers.module import EquivariantModule
from ..layers.normalisation import values_a_channel, weight_of_a_batch
from ..representation import FeatureType, Ordinary
from . import plain
from .curvature import BorrowedCurvature, Curvature
from .lorentz import centroid
from .normalised_points import normalise_points


class LorentzBatchNorm1d(EquivariantModule):
    """Batch normalisation of points of sectional curvature -1/k; space parts (batch, channel, L), shape unchanged.

    The layer moves the centroid mu of all points to the origin, scales their distances to the root mean square
    ``scale``, and moves the origin to beta: boost_beta(exp0(scale / sqrt(V + eps) log0(boost_mu^-1(x)))). This is the
    same as the parallel transports of Bdeir et al. (2024, section 4.2), except that V is the mean square distance from
    mu, whereas the published code divides by the mean distance. V is not quite the Frechet variance, which is taken
    around the Frechet mean: mu is the Lorentzian centroid, which has the least mean square chord.

    The scale starts at 1, or at sqrt(k) if that is less. Space grows exponentially, so at many times sqrt(k) from the
    origin float32 has no digits left for the differences between the strands.

    A boost commutes with reverse complement if reverse complement fixes its start and its end. So mu is the centroid of
    the points of both strands, computed from the part of the mean point that reverse complement fixes. beta is the
    space part of a point, which any vector is, and is tied like a bias. Scale and V are numbers, the same for both
    strands.

    Running statistics are averaged as in :class:`~rc_equivariant.BatchNorm1d`, and centres as weighted centroids.

    Parameters
    ----------
    in_type
        Feature type of the space parts.
    curvature
        Curvature of input and output.
    momentum
        Weight of a batch in the running statistics in the long run.
    eps
        Number added to the variance.
    """

    def __init__(
        self,
        in_type: FeatureType,
        curvature: Curvature | BorrowedCurvature,
        momentum: float = 0.01,
        eps: float = 1e-5,
    ) -> None:
        super().__init__(in_type, in_type)
        self.curvature = curvature
        self.momentum, self.eps = momentum, eps
        self.shift_tying = KernelTying(constants_of(in_type), in_type, 1)
        self.scale = nn.Parameter(curvature().detach().sqrt().clamp_max(1).clone())
        self.shift = nn.Parameter(torch.zeros(self.shift_tying.size))
        self.register_buffer("running_centre", torch.zeros(in_type.size))
        # Not a scalar: torch.compile drops updates of scalars in float64 (torch 2.13).
        self.register_buffer("running_variance", torch.ones(1))
        self.register_buffer("batches", torch.zeros((), dtype=torch.int64))
        self.register_buffer("partner", in_type.partner, persistent=False)
        self.register_buffer("signs", in_type.signs, persistent=False)

    @in_float32
    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        if not self.training:
            return plain.normalised(x, *self._evaluation())
        values_a_channel(self, x)
        rows, k = x.transpose(1, 2).contiguous(), self.curvature(x)
        y, centre, variance = normalise_points(rows, self.scale, self._shift(), k, self.eps, self._fixed_part)
        self._update_running_statistics(centre, variance)
        return y.transpose(1, 2)

    @torch.no_grad()
    def export(self) -> nn.Module:
        return plain.BatchNorm(*self._evaluation())

    def _evaluation(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return centre, factor of distances, shift and k in evaluation mode."""
        factor = self.scale / (self.running_variance + self.eps).sqrt()
        return self.running_centre, factor, self._shift(), self.curvature(self.shift)

    def _shift(self) -> Tensor:
        return self.shift_tying.expand(self.shift).flatten()

    def _fixed_part(self, mean: Tensor) -> Tensor:
        """Average a vector (..., channel) with its image under reverse complement; shape unchanged."""
        if isinstance(self.in_type, Ordinary):
            return mean
        return (mean + self.signs.to(mean.dtype) * mean[..., self.partner]) / 2

    @torch.no_grad()
    def _update_running_statistics(self, centre: Tensor, variance: Tensor) -> None:
        self.batches += 1
        weight = weight_of_a_batch(self.batches.to(centre.dtype), self.momentum)
        weights = torch.stack([1 - weight, weight])[:, None]
        centres = torch.stack([self.running_centre, centre])
        self.running_centre.copy_(centroid(centres, self.curvature(centres), 0, weights))
        # lerp_ would not work here, because torch.vmap decomposes it.
        self.running_variance.copy_(self.running_variance.lerp(variance, weight))

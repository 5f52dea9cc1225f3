"""Pooling of points over positions, and the change from one curvature to another."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..functional.autocast import in_float32
from ..layers.module import EquivariantModule
from ..representation import FeatureType
from . import plain
from .curvature import BorrowedCurvature, Curvature
from .lorentz import centroid, change_curvature


class CentroidPool1d(EquivariantModule):
    """Centroid of all positions at sectional curvature -1/k; space parts (batch, channel, L) to (batch, channel).

    A mean does not depend on the order of positions, and the centroid commutes with rotations of space. So reverse
    complement acts on the result by rho alone, as in :class:`~rc_equivariant.GlobalAvgPool1d`.

    Parameters
    ----------
    in_type
        Any feature type.
    curvature
        Curvature of input and output.
    """

    def __init__(self, in_type: FeatureType, curvature: Curvature | BorrowedCurvature) -> None:
        super().__init__(in_type, in_type)
        self.curvature = curvature

    @in_float32
    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        return centroid(x, self.curvature(x), over=2)

    @torch.no_grad()
    def export(self) -> nn.Module:
        return plain.Centroid(self.curvature())


class ChangeOfCurvature(EquivariantModule):
    """The map from points of sectional curvature -1/before to points of -1/after; space parts, shape unchanged.

    Distances and directions from the origin stay the same. Each space part is multiplied by a number that depends only
    on its norm, so the map commutes with reverse complement on every channel.

    Parameters
    ----------
    in_type
        Any feature type.
    before, after
        Curvature of the input and of the output.
    """

    def __init__(
        self,
        in_type: FeatureType,
        before: Curvature | BorrowedCurvature,
        after: Curvature | BorrowedCurvature,
    ) -> None:
        super().__init__(in_type, in_type)
        self.before, self.after = before, after

    @in_float32
    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        return change_curvature(x, self.before(x), self.after(x))

    @torch.no_grad()
    def export(self) -> nn.Module:
        return plain.ChangeOfCurvature(self.before(), self.after())

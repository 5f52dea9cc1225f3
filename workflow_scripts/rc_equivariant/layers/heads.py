"""From features that reverse complement moves to features that it leaves alone."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..functional.strands import mean_of_strands
from ..plain import StrandMean
from ..representation import FeatureType, Ordinary, Representation
from .module import EquivariantModule


class StrandMerge(EquivariantModule):
    """Invariant features: (x + RC x) / 2 on the first channel of each copy; (batch, in, L) to (batch, copies, L).

    ``y[c, t] = (x[c, t] + signs[c] * x[partner[c], L - 1 - t]) / 2`` is the same for x and RC x, position by position,
    so that ordinary layers may follow. This is the published merging of the binary networks. Ordinary features pass as
    they are.
    """

    def __init__(self, in_type: FeatureType) -> None:
        super().__init__(in_type, Ordinary(int((torch.arange(in_type.size) <= in_type.partner).sum())))
        if isinstance(in_type, Representation):
            self.register_buffer("signs_alone", in_type.signs[2 * in_type.regular :], persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        if isinstance(self.in_type, Ordinary):
            return x
        return mean_of_strands(x, self.in_type.regular, self.signs_alone)

    def export(self) -> nn.Module:
        if isinstance(self.in_type, Ordinary):
            return nn.Identity()
        return StrandMean(self.in_type.partner, self.in_type.signs).to(self.signs_alone)

"""Factories of a network's layers in hyperbolic and in flat space, with the same names, types and sizes."""

from __future__ import annotations

from dataclasses import dataclass

from ..encoding import KmerEncoding
from ..layers.convolution import Conv1d, KmerConv1d, Linear
from ..layers.flatten import FlattenLinear
from ..layers.module import EquivariantModule
from ..layers.normalisation import BatchNorm1d
from ..layers.pooling import GlobalAvgPool1d
from ..representation import FeatureType
from .curvature import Curvature
from .linear import LorentzConv1d, LorentzFlattenLinear, LorentzKmerConv1d, LorentzLinear
from .logits import LorentzLogits
from .normalisation import LorentzBatchNorm1d
from .pooling import CentroidPool1d

#: The published weight of a batch in running statistics. A batch has so many points that ten batches are enough. In a
#: deep network that learns fast, statistics of a hundred batches belong to outdated weights, and the logits in
#: evaluation mode are then far from calibrated.
MOMENTUM = 0.1


@dataclass(frozen=True)
class Hyperbolic:
    """The layers on points of sectional curvature -1/k; all borrow the same k and have the same kind of linear map."""

    curvature: Curvature
    linear_map: str
    concatenation: str

    def space_channels(self, channels: int) -> int:
        """Return the number of channels without the one for time."""
        return channels - 1

    def kmer_convolution(self, encoding: KmerEncoding, hidden: FeatureType, width: int) -> EquivariantModule:
        return LorentzKmerConv1d(encoding, hidden, width, self.curvature.borrow(), **self._of_fields())

    def convolution(self, hidden: FeatureType, width: int) -> EquivariantModule:
        return LorentzConv1d(hidden, hidden, width, self.curvature.borrow(), padding="same", **self._of_fields())

    def _of_fields(self) -> dict[str, str]:
        """Return the options of layers that read several points at once."""
        return {"linear_map": self.linear_map, "concatenation": self.concatenation}

    def norm(self, hidden: FeatureType) -> EquivariantModule:
        return LorentzBatchNorm1d(hidden, self.curvature.borrow(), MOMENTUM)

    def flatten(self, hidden: FeatureType, dense: FeatureType, length: int) -> EquivariantModule:
        return LorentzFlattenLinear(hidden, dense, length, self.curvature.borrow(), **self._of_fields())

    def pool(self, hidden: FeatureType) -> EquivariantModule:
        return CentroidPool1d(hidden, self.curvature.borrow())

    def linear(self, in_type: FeatureType, out_type: FeatureType) -> EquivariantModule:
        return LorentzLinear(in_type, out_type, self.curvature.borrow(), linear_map=self.linear_map)

    def logits(self, in_type: FeatureType, out_type: FeatureType) -> EquivariantModule:
        return LorentzLogits(in_type, out_type, self.curvature.borrow(), linear_map=self.linear_map)


@dataclass(frozen=True)
class Flat:
    """The Euclidean counterparts of the layers. Convolutions have no bias, which batch norm would subtract again."""

    def space_channels(self, channels: int) -> int:
        """Return the number of channels, none of which is for time."""
        return channels

    def kmer_convolution(self, encoding: KmerEncoding, hidden: FeatureType, width: int) -> EquivariantModule:
        return KmerConv1d(encoding, hidden, width, bias=False)

    def convolution(self, hidden: FeatureType, width: int) -> EquivariantModule:
        return Conv1d(hidden, hidden, width, padding="same", bias=False)

    def norm(self, hidden: FeatureType) -> EquivariantModule:
        return BatchNorm1d(hidden, MOMENTUM)

    def flatten(self, hidden: FeatureType, dense: FeatureType, length: int) -> EquivariantModule:
        return FlattenLinear(hidden, dense, length)

    def pool(self, hidden: FeatureType) -> EquivariantModule:
        return GlobalAvgPool1d(hidden)

    def linear(self, in_type: FeatureType, out_type: FeatureType) -> EquivariantModule:
        return Linear(in_type, out_type)

    def logits(self, in_type: FeatureType, out_type: FeatureType) -> EquivariantModule:
        return Linear(in_type, out_type)

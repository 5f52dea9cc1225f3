"""Heads that merge the strands and compute logits with ordinary layers."""

from __future__ import annotations

import copy

from torch import Tensor, nn

from .. import plain
from ..descriptions.networks import NetworkDescription
from ..layers.containers import Identity
from ..layers.pooling import MaxPool1d, StrandMerge
from ..layers.position_gain import PositionGain
from ..representation import Ordinary
from .parts import LogitsHead, TrunkLayers


class MaxPool(LogitsHead):
    """The head that merges the strands, takes maxima over positions and maps them to logits with one linear layer."""

    def __init__(self, trunk: TrunkLayers, description: NetworkDescription) -> None:
        super().__init__(trunk.out_type, Ordinary(description.logits))
        head = description.head
        self.merge = StrandMerge(trunk.out_type)
        merged = self.merge.out_type
        self.pool = MaxPool1d(merged, head.pool_width, head.pool_stride)
        maxima = merged.size * head.pooled_positions(description.positions)
        self.classify = nn.Linear(maxima, description.logits)

    @property
    def last_layer(self) -> nn.Module:
        return self.classify

    def embed(self, features: Tensor) -> Tensor:
        return self.pool(self.merge(features)).flatten(1)

    def exported_layers(self) -> list[nn.Module]:
        return [self.merge.export(), self.pool.export(), nn.Flatten(), copy.deepcopy(self.classify)]


class Dense(LogitsHead):
    """The head of merged strands, maximum and mean over positions, and two linear layers with dropout before each.

    A gain before the maximum and the mean lets positions count by their distance from the middle.
    """

    def __init__(self, trunk: TrunkLayers, description: NetworkDescription) -> None:
        super().__init__(trunk.out_type, Ordinary(description.logits))
        head = description.head
        self.merge = StrandMerge(trunk.out_type)
        merged = self.merge.out_type
        self.gain = PositionGain(merged, description.positions, head.distances) if head.distances else Identity(merged)
        self.pool = plain.MaxAndMean()
        self.classify = nn.Sequential(
            nn.Dropout(head.dropout),
            nn.Linear(2 * merged.size, head.dense),
            nn.ReLU(),
            nn.Dropout(head.dropout),
            nn.Linear(head.dense, description.logits),
        )

    @property
    def last_layer(self) -> nn.Module:
        return self.classify[-1]

    def embed(self, features: Tensor) -> Tensor:
        return self.classify[:-1](self.pool(self.gain(self.merge(features))))

    def exported_layers(self) -> list[nn.Module]:
        return [self.merge.export(), self.gain.export(), *copy.deepcopy([self.pool, self.classify])]

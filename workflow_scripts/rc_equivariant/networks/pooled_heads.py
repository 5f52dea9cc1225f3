"""Heads that summarise the positions of each strand before they merge the strands."""

from __future__ import annotations

import copy

from torch import Tensor, nn

from ..descriptions.networks import NetworkDescription
from ..layers.activation import Activation
from ..layers.attention import AttentionPool1d
from ..layers.containers import Sequential
from ..layers.convolution import Linear
from ..layers.flatten import FlattenLinear
from ..layers.mixing import widened
from ..layers.module import EquivariantModule
from ..layers.pooling import StrandMerge
from ..representation import FeatureType, Ordinary
from .parts import LogitsHead, TrunkLayers


class _Summarised(LogitsHead):
    """The base class of heads of a summary of all positions, a hidden layer, merged strands and a linear layer.

    The hidden layer is regular: its units for the two strands share their weights, and merging averages them.
    """

    def __init__(self, trunk: TrunkLayers, description: NetworkDescription) -> None:
        super().__init__(trunk.out_type, Ordinary(description.logits))
        dense = description.head.dense
        hidden = widened(trunk.out_type, dense if isinstance(trunk.out_type, Ordinary) else 2 * dense)
        summary = self.summary(trunk.out_type, hidden, description.positions)
        # Smooth, because a summary hardly differs between sequences: a kink would be crossed by all of them at once.
        self.summarise = Sequential(*summary, Activation(hidden, "gelu"))
        self.merge = StrandMerge(hidden)
        self.classify = nn.Sequential(nn.Dropout(description.head.dropout), nn.Linear(dense, description.logits))

    def summary(self, space: FeatureType, hidden: FeatureType, positions: int) -> list[EquivariantModule]:
        """Return the layers from features (batch, channel, position) to hidden units (batch, channel)."""
        raise NotImplementedError

    @property
    def last_layer(self) -> nn.Module:
        return self.classify[-1]

    def embed(self, features: Tensor) -> Tensor:
        merged = self.merge(self.summarise(features).unsqueeze(2)).squeeze(2)
        return self.classify[:-1](merged)

    def exported_layers(self) -> list[nn.Module]:
        one_position, flat = nn.Unflatten(1, (self.merge.in_type.size, 1)), nn.Flatten()
        return [self.summarise.export(), one_position, self.merge.export(), flat, copy.deepcopy(self.classify)]


class AttentionPool(_Summarised):
    """The head of weighted means over positions."""

    def summary(self, space: FeatureType, hidden: FeatureType, positions: int) -> list[EquivariantModule]:
        return [AttentionPool1d(space), Linear(space, hidden)]


class Flatten(_Summarised):
    """The head whose hidden layer reads all positions apart."""

    def summary(self, space: FeatureType, hidden: FeatureType, positions: int) -> list[EquivariantModule]:
        return [FlattenLinear(space, hidden, positions)]

"""The base classes of trunks and heads, and the feature type of hidden layers."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..descriptions.symmetry import Symmetry
from ..layers.containers import Sequential
from ..layers.convolution import Linear
from ..layers.module import EquivariantModule
from ..representation import FeatureSpace, FeatureType, Ordinary, Representation


def hidden_type(symmetry: Symmetry, channels: int | None = None) -> FeatureType:
    """Return the feature type of the hidden layers; ``channels`` are by default those of the symmetry.

    Regular channels come in pairs; if their number is odd, the last one is trivial. RCPS (Shrikumar et al. 2017) is the
    regular representation on single bases.
    """
    channels = symmetry.channels if channels is None else channels
    if symmetry.representation == "standard":
        return Ordinary(channels)
    if symmetry.representation == "irrep":
        trivial = round(symmetry.plus_fraction * channels)
        return Representation(trivial=trivial, sign=channels - trivial)
    return Representation.in_pairs(channels)


class TrunkLayers(EquivariantModule):
    """The base class of trunks, which map k-mer indices (batch, k-mers) to features (batch, channel, position).

    A subclass is built from the encoding and the description of a network and sets ``features``, its layers in order.
    """

    features: Sequential
    #: Number of unknown k-mers added on each side.
    padding = 0

    def forward(self, kmers: Tensor) -> Tensor:
        if self.padding:
            kmers = functional.pad(kmers.long(), (self.padding, self.padding), value=self.in_type.size)
        return self.features(kmers)

    def export(self) -> nn.Module:
        """Return the layers in a form that reads one-hot bases (unknown ones zero), as :meth:`KmerConv1d.export`."""
        features = self.features.export()
        if not self.padding:
            return features
        return nn.Sequential(nn.ConstantPad1d((self.padding, self.padding), 0.0), features)


class HeadLayers(EquivariantModule):
    """The base class of heads, which map a trunk's features, and any input tracks, to the output of the network.

    A subclass is built from the trunk and the description of a network. ``track_types`` are the feature types of its
    input tracks, in the order of the description.
    """

    track_types: tuple[FeatureSpace, ...] = ()


class LogitsHead(HeadLayers):
    """The base class of heads that return logits: shape (batch,) for two classes, (batch, classes) for more."""

    @property
    def last_layer(self) -> nn.Module:
        """The layer that maps embeddings to logits."""
        raise NotImplementedError

    def embed(self, features: Tensor) -> Tensor:
        """Return the input of the last layer, shape (batch, size)."""
        raise NotImplementedError

    @property
    def can_rescale_logits(self) -> bool:
        """True if the last layer is an affine map of embeddings that is not frozen: it can take a factor and shifts."""
        is_free = all(parameter.requires_grad for parameter in self.last_layer.parameters())
        return type(self.last_layer) in (nn.Linear, Linear) and is_free

    @torch.no_grad()
    def rescale_logits(self, scale: float, shift: Tensor) -> None:
        """Change the weights of an affine last layer so that logits become ``scale * logits + shift`` (logits,)."""
        self.last_layer.weight.mul_(scale)
        # The biases of logits are free: reverse complement leaves each logit alone.
        self.last_layer.bias.mul_(scale).add_(shift.to(self.last_layer.bias))

    def forward(self, features: Tensor) -> Tensor:
        logits = self.last_layer(self.embed(features))
        return logits.squeeze(1) if self.out_type.size == 1 else logits

    def export(self) -> nn.Module:
        flat = [nn.Flatten(0)] if self.out_type.size == 1 else []
        return nn.Sequential(*self.exported_layers(), *flat)

    def exported_layers(self) -> list[nn.Module]:
        """Return the layers from features to logits (batch, logits) as plain modules."""
        raise NotImplementedError

"""The network built from a description, and the base classes of trunks and heads."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module

import torch
from torch import Tensor, nn
from torch.nn import functional

from .. import plain, plain_blocks
from ..centring import Centred
from ..descriptions.base import Trunk
from ..descriptions.heads import Head
from ..descriptions.networks import NetworkDescription
from ..descriptions.symmetry import Symmetry
from ..encoding import KmerEncoding
from ..layers.containers import Sequential
from ..layers.convolution import Linear
from ..layers.module import EquivariantModule
from ..representation import FeatureSpace, FeatureType, Ordinary, Representation
from ..strategies import StrandAverage


def build(description: NetworkDescription) -> EquivariantModule:
    """Build the described network with random weights.

    It is inside a :class:`StrandAverage` if it is conjoined, and all of it inside :class:`Centred` if it is centred.
    """
    network = Network(description) if description.beside is None else NetworkSum(description)
    if description.conjoined:
        network = StrandAverage(network)
    return Centred(network) if description.centred else network


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


class Network(EquivariantModule):
    """A network made of an encoding, a trunk and a head.

    In an equivariant network, logits are the same for a sequence and its reverse complement; a profile is reversed and
    its strands are exchanged. ``standard`` is an ordinary network of the same layers.

    Parameters
    ----------
    description
        Symmetry, window, layers and tracks, kept as ``description``. Only :func:`build` handles ``conjoined``
        and ``centred``.
    """

    def __init__(self, description: NetworkDescription) -> None:
        trunk = _layers(description.trunk)(KmerEncoding(description.symmetry.kmer), description)
        head = _layers(description.head)(trunk, description)
        in_types = (trunk.in_type, *head.track_types)
        super().__init__(in_types if head.track_types else trunk.in_type, head.out_type)
        self.description = description
        self.trunk, self.head = trunk, head

    @property
    def encoding(self) -> KmerEncoding:
        """The encoding of sequences as the k-mer indices that the network reads."""
        return self.trunk.in_type

    @property
    def last_layer(self) -> nn.Module:
        """The layer that maps embeddings to logits; only heads for classes have one."""
        return self.head.last_layer

    @property
    def can_rescale_logits(self) -> bool:
        """True if the last layer of the head can take a factor and shifts, as :attr:`LogitsHead.can_rescale_logits`."""
        return self.head.can_rescale_logits

    def rescale_logits(self, scale: float, shift: Tensor) -> None:
        """Change the logits as :meth:`LogitsHead.rescale_logits`."""
        self.head.rescale_logits(scale, shift)

    def check(self, kmers: Tensor, *tracks: Tensor) -> None:
        """Raise a ValueError if the inputs do not match the described window and tracks."""
        window, kmer = self.description.window, self.encoding.k
        if kmers.dim() != 2 or kmers.is_floating_point() or kmers.shape[1] != window - kmer + 1:
            raise ValueError(
                f"the network reads windows of {window} bases as {window - kmer + 1} indices of {kmer}-mers: it needs "
                f"integers (batch, {window - kmer + 1}) but got {kmers.dtype} {tuple(kmers.shape)}"
            )
        if len(tracks) != len(self.description.tracks):
            expected = ", ".join(self.description.tracks) or "none"
            raise ValueError(f"the network reads these input tracks: {expected}; it got {len(tracks)}")
        for name, space, track in zip(self.description.tracks, self.head.track_types, tracks, strict=True):
            shape = (len(kmers), space.size, self.description.output_length)
            if track.shape != shape:
                raise ValueError(
                    f"the {name} track must hold the {shape[2]} positions of the profile on each of its strands: it "
                    f"needs the shape {shape} but has {tuple(track.shape)}"
                )

    def embed(self, kmers: Tensor) -> Tensor:
        """Return the input of the last layer, shape (batch, size); only heads for classes have one."""
        self.check(kmers)
        return self.head.embed(self.trunk(kmers))

    def forward(self, kmers: Tensor, *tracks: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        """Return the output of the head.

        Parameters
        ----------
        kmers
            K-mer indices (:meth:`KmerEncoding.indices`), shape (batch, window - k + 1).
        tracks
            The input tracks in the order of the description, each of shape (batch, strands, output_length), + strand
            first. A track that was measured on both strands together has one channel.

        Returns
        -------
        Tensor or tuple of Tensor
            Logits of the classes, shape (batch,) for two classes and (batch, classes) for more. A profile head returns
            the logits of the profile, shape (batch, 2, output_length), and the logarithms of its totals, (batch, 2).
        """
        self.check(kmers, *tracks)
        return self.head(self.trunk(kmers), *tracks)

    def export(self) -> nn.Module:
        """Return the network in a form that reads one-hot bases, as :meth:`KmerConv1d.export`, and its input tracks."""
        trunk, head = self.trunk.export(), self.head.export()
        parts = {0: nn.Sequential, 1: plain.WithTrack}
        return parts.get(len(self.head.track_types), plain.WithTracks)(trunk, head).eval()


class NetworkSum(EquivariantModule):
    """The sum of the logits of two networks that are trained together, such as convolutions beside a bag of k-mers.

    Parameters
    ----------
    description
        The description of the first network; its ``beside`` describes the layers of the second.
    """

    def __init__(self, description: NetworkDescription) -> None:
        first, second = Network(replace(description, beside=None)), Network(description.of_beside())
        super().__init__(first.in_type, first.out_type)
        self.description = description
        self.first, self.second = first, second

    @property
    def encoding(self) -> KmerEncoding:
        """The encoding of sequences as the k-mer indices that both networks read."""
        return self.in_type

    @property
    def trunk(self) -> nn.Module:
        """The trunk of the first network, in whose space the embeddings lie."""
        return self.first.trunk

    @property
    def last_layer(self) -> nn.Module:
        """The layer of the first network that maps its embeddings to its logits."""
        return self.first.last_layer

    @property
    def can_rescale_logits(self) -> bool:
        """True if the last layers of both networks can take a factor and shifts."""
        return self.first.can_rescale_logits and self.second.can_rescale_logits

    def rescale_logits(self, scale: float, shift: Tensor) -> None:
        """Change the sum as :meth:`LogitsHead.rescale_logits`; the shift goes to the first network."""
        self.first.rescale_logits(scale, shift)
        self.second.rescale_logits(scale, torch.zeros_like(shift))

    def embed(self, kmers: Tensor) -> Tensor:
        """Return the input of the last layer of the first network, shape (batch, size)."""
        return self.first.embed(kmers)

    def forward(self, kmers: Tensor) -> Tensor:
        """Return the logits, as :meth:`Network.forward`."""
        return self.first(kmers) + self.second(kmers)

    def export(self) -> nn.Module:
        return plain_blocks.Sum([self.first.export(), self.second.export()]).eval()


def _layers(part: Trunk | Head) -> type[EquivariantModule]:
    """Import the class of a part's layers only now, so that a network depends only on the modules of its own parts."""
    return getattr(import_module(part.module), part.layers)

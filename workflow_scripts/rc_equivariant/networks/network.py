"""The network that a description describes, and the base classes of its trunk and its head."""

from __future__ import annotations

from importlib import import_module

from torch import Tensor, nn
from torch.nn import functional

from .. import plain
from ..descriptions.heads import Head
from ..descriptions.networks import NetworkDescription
from ..descriptions.symmetry import Symmetry
from ..descriptions.trunks import Trunk
from ..encoding import KmerEncoding
from ..layers.containers import Sequential
from ..layers.module import EquivariantModule
from ..representation import FeatureSpace, FeatureType, Ordinary, Representation
from ..strategies import StrandAverage


def build(description: NetworkDescription) -> EquivariantModule:
    """The described network with random weights: a :class:`Network`, in a :class:`StrandAverage` if it is conjoined."""
    network = Network(description)
    return StrandAverage(network) if description.conjoined else network


def hidden_type(symmetry: Symmetry, channels: int | None = None) -> FeatureType:
    """Feature type of the hidden layers of a network; ``channels`` are those of the symmetry unless given.

    Regular channels pair up, and an odd one is trivial. RCPS (Shrikumar et al. 2017) shares parameters between the
    channels of regular copies: it is ``regular`` on single bases.
    """
    channels = symmetry.channels if channels is None else channels
    if symmetry.representation == "standard":
        return Ordinary(channels)
    if symmetry.representation == "irrep":
        trivial = round(symmetry.plus_fraction * channels)
        return Representation(trivial=trivial, sign=channels - trivial)
    return Representation(regular=channels // 2, trivial=channels % 2)


class TrunkLayers(EquivariantModule):
    """Layers one after the other that turn k-mer indices (batch, k-mers) into features (batch, channel, position).

    A subclass takes the encoding and the description of a network, and sets ``features``, the layers.
    """

    features: Sequential
    #: Unknown k-mers added to each side.
    padding = 0

    def forward(self, kmers: Tensor) -> Tensor:
        if self.padding:
            kmers = functional.pad(kmers.long(), (self.padding, self.padding), value=self.in_type.size)
        return self.features(kmers)

    def export(self) -> nn.Module:
        """The layers on one-hot bases, as :meth:`KmerConv1d.export` makes them; unknown bases are zeros."""
        features = self.features.export()
        if not self.padding:
            return features
        return nn.Sequential(nn.ConstantPad1d((self.padding, self.padding), 0.0), features)


class HeadLayers(EquivariantModule):
    """The layers that turn a trunk's features, and input tracks, into an answer.

    A subclass takes the trunk and the description of a network. ``track_types`` are the feature types of its tracks,
    in the order of the description.
    """

    track_types: tuple[FeatureSpace, ...] = ()


class LogitsHead(HeadLayers):
    """A head that gives the logits of classes: shape (batch,) for two classes, (batch, classes) for more."""

    @property
    def last_layer(self) -> nn.Module:
        """The layer that maps embeddings to logits."""
        raise NotImplementedError

    def embed(self, features: Tensor) -> Tensor:
        """The input of the last layer, shape (batch, size)."""
        raise NotImplementedError

    def forward(self, features: Tensor) -> Tensor:
        logits = self.last_layer(self.embed(features))
        return logits.squeeze(1) if self.out_type.size == 1 else logits

    def export(self) -> nn.Module:
        flat = [nn.Flatten(0)] if self.out_type.size == 1 else []
        return nn.Sequential(*self.exported_layers(), *flat)

    def exported_layers(self) -> list[nn.Module]:
        """The layers from features to logits (batch, logits), as plain modules."""
        raise NotImplementedError


class Network(EquivariantModule):
    """An encoding, a trunk and a head.

    With a representation, logits are the same for a sequence and its reverse complement, and a profile is reversed with
    its strands exchanged. ``standard`` is an ordinary network of the same layers.

    Parameters
    ----------
    description
        Symmetry, window, layers and tracks; kept as ``description``. :func:`build` also sees to ``conjoined``.
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
        """The encoding that turns sequences into the indices that the network reads."""
        return self.trunk.in_type

    @property
    def last_layer(self) -> nn.Module:
        """The layer that maps embeddings to logits; only for a head that gives logits."""
        return self.head.last_layer

    def check(self, kmers: Tensor, *tracks: Tensor) -> None:
        """Refuse inputs that are not of the described window and tracks."""
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
        """The input of the last layer, shape (batch, size); only for a head that gives logits."""
        self.check(kmers)
        return self.head.embed(self.trunk(kmers))

    def forward(self, kmers: Tensor, *tracks: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        """The answer of the head.

        Parameters
        ----------
        kmers
            K-mer indices (:meth:`KmerEncoding.indices`), shape (batch, window - k + 1).
        tracks
            The input tracks of the description, in its order, each of shape (batch, strands, output_length), + strand
            first; one that was measured on both strands together has one channel.

        Returns
        -------
        Tensor or tuple of Tensor
            Logits of the classes, shape (batch,) for two classes and (batch, classes) for more; or the logits of the
            profile, shape (batch, 2, output_length), and the logarithms of its totals, shape (batch, 2).
        """
        self.check(kmers, *tracks)
        return self.head(self.trunk(kmers), *tracks)

    def export(self) -> nn.Module:
        """The network on one-hot bases, as :meth:`KmerConv1d.export` reads them, and on its input tracks."""
        trunk, head = self.trunk.export(), self.head.export()
        parts = {0: nn.Sequential, 1: plain.WithTrack}
        return parts.get(len(self.head.track_types), plain.WithTracks)(trunk, head).eval()


def _layers(part: Trunk | Head) -> type[EquivariantModule]:
    """The class of a part's layers, imported now, so that a network depends on the modules of its own parts alone."""
    return getattr(import_module(part.module), part.layers)

"""Networks built from a description."""

from __future__ import annotations

from importlib import import_module

import torch
from torch import Tensor, nn

from .. import plain, plain_blocks
from ..centring import Centred
from ..descriptions.base import Trunk
from ..descriptions.heads import Head
from ..descriptions.networks import NetworkDescription
from ..encoding import KmerEncoding
from ..layers.module import EquivariantModule
from ..strategies import StrandAverage


def build(description: NetworkDescription) -> EquivariantModule:
    """Build the described network with random weights.

    It is inside a :class:`StrandAverage` if it is conjoined, and all of it inside :class:`Centred` if it is centred.
    """
    network = JoinedNetworks(description) if description.beside else Network(description)
    if description.conjoined:
        network = StrandAverage(network)
    return Centred(network) if description.centred else network


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


class JoinedNetworks(EquivariantModule):
    """Several networks that read the same k-mers, whose logits are added or, if they are trained apart, averaged.

    Parameters
    ----------
    description
        The description of the first network; its ``beside`` describes the layers of the others.
    """

    def __init__(self, description: NetworkDescription) -> None:
        members = [Network(member) for member in description.members]
        super().__init__(members[0].in_type, members[0].out_type)
        self.description = description
        self.members = nn.ModuleList(members)

    @property
    def are_apart(self) -> bool:
        """True if each network is trained on its own loss."""
        return self.description.apart

    @property
    def encoding(self) -> KmerEncoding:
        """The encoding of sequences as the k-mer indices that all networks read."""
        return self.in_type

    @property
    def trunk(self) -> nn.Module:
        """The trunk of the first network, in whose space the embeddings lie."""
        return self.members[0].trunk

    @property
    def last_layer(self) -> nn.Module:
        """The layer of the first network that maps its embeddings to its logits."""
        return self.members[0].last_layer

    @property
    def can_rescale_logits(self) -> bool:
        """True if the last layers of all networks can take a factor and shifts."""
        return all(member.can_rescale_logits for member in self.members)

    def rescale_logits(self, scale: float, shift: Tensor) -> None:
        """Change the logits as :meth:`LogitsHead.rescale_logits`; all networks share the change alike."""
        for member in self.members:
            member.rescale_logits(scale, shift if self.are_apart else shift / len(self.members))

    def embed(self, kmers: Tensor) -> Tensor:
        """Return the input of the last layer of the first network, shape (batch, size)."""
        return self.members[0].embed(kmers)

    def forward(self, kmers: Tensor) -> Tensor:
        """Return the logits, as :meth:`Network.forward`."""
        logits = torch.stack([member(kmers) for member in self.members])
        return logits.mean(0) if self.are_apart else logits.sum(0)

    def export(self) -> nn.Module:
        joined = plain.NetworkMean if self.are_apart else plain_blocks.Sum
        return joined([member.export() for member in self.members]).eval()


def _layers(part: Trunk | Head) -> type[EquivariantModule]:
    """Import the class of a part's layers only now, so that a network depends only on the modules of its own parts."""
    return getattr(import_module(part.module), part.layers)

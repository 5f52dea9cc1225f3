"""Trunks whose blocks mix all positions: by attention, or by long convolutions."""

from __future__ import annotations

from torch import Tensor, nn

from .. import plain_mixing
from ..descriptions.networks import NetworkDescription
from ..encoding import KmerEncoding
from ..layers.attention import RotaryAttention
from ..layers.blocks import ConvBlock
from ..layers.containers import Sequential
from ..layers.convolution import KmerConv1d
from ..layers.long_convolution import LongConv1d
from ..layers.mixing import MixerBlock
from ..layers.module import EquivariantModule
from ..layers.pooling import AvgPool1d, window_of
from ..representation import FeatureType
from .parts import TrunkLayers, hidden_type


class _Mixing(TrunkLayers):
    """The base class of trunks of a convolution, means over few positions and blocks around a mixer.

    Positions whose features depend on no known k-mer, such as those of sequences that are padded with Ns, are not read
    by the mixers.
    """

    def __init__(self, encoding: KmerEncoding, description: NetworkDescription) -> None:
        hidden, trunk = hidden_type(description.symmetry), description.trunk
        super().__init__(encoding, hidden)
        width = trunk.first_width - encoding.k + 1
        positions = description.window - trunk.first_width + 1
        pool = AvgPool1d(hidden, window_of(positions, trunk.reduction), trunk.reduction)
        self.features = Sequential(ConvBlock(KmerConv1d(encoding, hidden, width, bias=False)), pool)
        #: K-mers that the first convolution reads, and width and stride of pooling.
        self.widths = (width, pool.kernel_size, pool.stride)
        self.blocks = nn.ModuleList(MixerBlock(self.mixer(hidden, description)) for _ in range(trunk.blocks))

    def mixer(self, hidden: FeatureType, description: NetworkDescription) -> EquivariantModule:
        """Return the layer that mixes positions in a block."""
        raise NotImplementedError

    def forward(self, kmers: Tensor) -> Tensor:
        is_kmer = (kmers >= 0) & (kmers < self.in_type.size)
        is_known = plain_mixing.known_positions(is_kmer, *self.widths)
        x = self.features(kmers)
        for block in self.blocks:
            x = block(x, is_known)
        return x

    def export(self) -> nn.Module:
        blocks = [block.export() for block in self.blocks]
        return plain_mixing.MixingTrunk(self.features.export(), blocks, (self.in_type.k, *self.widths))


class Attention(_Mixing):
    """A trunk of transformer blocks."""

    def mixer(self, hidden: FeatureType, description: NetworkDescription) -> EquivariantModule:
        return RotaryAttention(hidden, description.trunk.heads, description.trunk.pairs)


class LongConvolution(_Mixing):
    """A trunk of blocks of long convolutions."""

    def mixer(self, hidden: FeatureType, description: NetworkDescription) -> EquivariantModule:
        return LongConv1d(hidden, description.trunk.reach)

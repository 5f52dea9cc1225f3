"""Trunks in Euclidean space: plain, pooled and dilated convolutions."""

from __future__ import annotations

from ..descriptions.networks import NetworkDescription
from ..encoding import KmerEncoding
from ..layers.activation import Activation
from ..layers.blocks import ConvBlock
from ..layers.containers import Residual, Sequential
from ..layers.convolution import Conv1d, KmerConv1d
from ..layers.module import EquivariantModule
from ..layers.pooling import AvgPool1d
from .parts import TrunkLayers, hidden_type


class Convolutions(TrunkLayers):
    """A trunk of convolutions, each followed by batch norm and activation; batch norm makes a bias redundant."""

    def __init__(self, encoding: KmerEncoding, description: NetworkDescription) -> None:
        hidden = hidden_type(description.symmetry)
        super().__init__(encoding, hidden)
        first_width, *other_widths = description.trunk.kernel_widths
        first = KmerConv1d(encoding, hidden, first_width, bias=False)
        others = [Conv1d(hidden, hidden, width, bias=False) for width in other_widths]
        self.features = Sequential(*(ConvBlock(convolution) for convolution in (first, *others)))


class PooledResidual(TrunkLayers):
    """A trunk of a convolution, means over a few positions and dilated residual convolutions.

    Each convolution is followed by batch norm and activation, as in :class:`Convolutions`. Positions are pooled by
    means, which are equivariant on every channel; maxima must wait until the strands are merged.
    """

    def __init__(self, encoding: KmerEncoding, description: NetworkDescription) -> None:
        hidden, trunk = hidden_type(description.symmetry), description.trunk
        super().__init__(encoding, hidden)
        self.padding = trunk.padding(description.window)
        first = KmerConv1d(encoding, hidden, trunk.first_width - encoding.k + 1, bias=False)
        layers: list[EquivariantModule] = [ConvBlock(first), AvgPool1d(hidden, trunk.pool_width)]
        for dilation in trunk.dilations:
            width = trunk.residual_width
            convolution = Conv1d(hidden, hidden, width, padding="same", dilation=dilation, bias=False)
            layers.append(Residual(ConvBlock(convolution)))
        self.features = Sequential(*layers)


class Dilated(TrunkLayers):
    """A trunk of a convolution and residual dilated convolutions without padding, each followed by its activation."""

    def __init__(self, encoding: KmerEncoding, description: NetworkDescription) -> None:
        hidden, trunk = hidden_type(description.symmetry), description.trunk
        super().__init__(encoding, hidden)
        first = KmerConv1d(encoding, hidden, trunk.first_width - encoding.k + 1)
        layers: list[EquivariantModule] = [first, Activation(hidden)]
        for dilation in trunk.dilations:
            convolution = Conv1d(hidden, hidden, trunk.residual_width, dilation=dilation)
            # No batch norm follows, so the branches share what one layer adds; else features would double with each.
            convolution.initialise(beside=(len(trunk.dilations) - 1) * convolution.live_inputs())
            layers.append(Residual(Sequential(convolution, Activation(hidden))))
        self.features = Sequential(*layers)

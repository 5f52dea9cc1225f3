"""The trunk of residual blocks in stages."""

from __future__ import annotations

from ..descriptions.deep_trunks import ResidualTrunk
from ..descriptions.networks import NetworkDescription
from ..encoding import KmerEncoding
from ..layers.activation import Activation
from ..layers.blocks import ConvBlock
from ..layers.branches import Concatenation
from ..layers.containers import Identity, Residual, Sequential
from ..layers.convolution import Conv1d, KmerConv1d
from ..layers.gating import SqueezeExcitation
from ..layers.mixing import widened
from ..layers.module import EquivariantModule
from ..layers.normalisation import BatchNorm1d
from ..layers.pooling import AvgPool1d, MaxPool1d, window_of
from ..representation import FeatureType
from .parts import TrunkLayers, hidden_type


class ResidualStages(TrunkLayers):
    """A trunk of a wide convolution and stages of residual blocks, with pooling between stages.

    Blocks pad with zeros and keep the positions. Within a block features are regular, or ordinary in standard networks,
    whatever they are around it: there any function acts on all channels, and maps of width 1 connect +1 and -1 ones.
    """

    def __init__(self, encoding: KmerEncoding, description: NetworkDescription) -> None:
        hidden, trunk = hidden_type(description.symmetry), description.trunk
        super().__init__(encoding, hidden)
        wide = widened(hidden, trunk.wide_channels(description.symmetry))
        first = KmerConv1d(encoding, hidden, trunk.first_width - encoding.k + 1, bias=False)
        layers: list[EquivariantModule] = [_with_silu(first)]
        positions = description.window - trunk.first_width + 1
        for stage, dilation in enumerate(trunk.dilations):
            if stage and trunk.reduction > 1:
                pool = {"mean": AvgPool1d, "max": MaxPool1d}[trunk.pool]
                layers.append(pool(hidden, window_of(positions, trunk.reduction), trunk.reduction))
                positions //= trunk.reduction
            layers += [_block(hidden, wide, trunk, dilation) for _ in range(trunk.blocks)]
        self.features = Sequential(*layers)


def _block(space: FeatureType, wide: FeatureType, trunk: ResidualTrunk, dilation: int) -> EquivariantModule:
    """Return an inverted bottleneck, added to its input or joined and mixed with it."""
    layers: list[EquivariantModule] = [
        _with_silu(Conv1d(space, wide, 1, bias=False)),
        _with_silu(
            Conv1d(
                wide,
                wide,
                trunk.residual_width,
                padding="same",
                dilation=dilation,
                groups=trunk.groups,
                bias=False,
            )
        ),
    ]
    if trunk.squeezed:
        layers.append(SqueezeExcitation(wide, trunk.squeezed, "silu"))
    layers += [Conv1d(wide, space, 1, bias=False), BatchNorm1d(space)]
    bottleneck = Sequential(*layers)
    if trunk.join == "sum":
        return Residual(bottleneck)
    joined = Concatenation(Identity(space), bottleneck)
    return Sequential(joined, _with_silu(Conv1d(joined.out_type, space, 1, bias=False)))


def _with_silu(convolution: Conv1d | KmerConv1d) -> ConvBlock:
    return ConvBlock(convolution, Activation(convolution.out_type, "silu"))

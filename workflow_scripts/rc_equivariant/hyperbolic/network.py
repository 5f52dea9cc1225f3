"""The trunk and the head of hyperbolic networks and of their Euclidean counterparts."""

from __future__ import annotations

from torch import Tensor, nn

from ..descriptions.networks import NetworkDescription
from ..descriptions.trunks import HyperbolicTrunk
from ..encoding import KmerEncoding
from ..layers.activation import Activation
from ..layers.containers import Residual, Sequential
from ..layers.module import EquivariantModule
from ..networks.parts import LogitsHead, TrunkLayers, hidden_type
from ..representation import FeatureType, Ordinary, Representation
from .curvature import Curvature
from .geometries import Flat, Hyperbolic
from .pooling import ChangeOfCurvature


class Blocks(TrunkLayers):
    """A trunk of residual blocks in hyperbolic space (Khan et al. 2025, "Hyperbolic genome embeddings").

    Each block is a convolution, batch norm, ReLU, convolution, batch norm and ReLU. From the second block on, the input
    of the block is added before its last ReLU. Features are points of the Lorentz model of sectional curvature -1/k, or
    vectors of Euclidean space if the curvature is ``flat``.

    Activations and residual sums are those of Euclidean networks. They act on space parts, and every space part is that
    of a point. One of the channels is time: 32 channels have 31 channels of space, 15 regular copies and a trivial one.

    ``geometry`` is the geometry of the features. ``curvatures`` has all curvatures of the network, with that of the
    head last; it is empty in flat space.
    """

    def __init__(self, encoding: KmerEncoding, description: NetworkDescription) -> None:
        trunk: HyperbolicTrunk = description.trunk
        count = {"flat": 0, "single": 1, "per_block": trunk.blocks + 1}[trunk.curvature]
        curvatures = [Curvature(trunk.k, trunk.learnt) for _ in range(count)]
        geometries = _geometries(curvatures, trunk)
        hidden = hidden_type(description.symmetry, geometries[0].space_channels(description.symmetry.channels))
        super().__init__(encoding, hidden)
        # Unknown k-mers are zeros, which are the origin, like the padding of all other convolutions.
        self.padding = trunk.width // 2
        self.curvatures, self.geometry = nn.ModuleList(curvatures), geometries[-1]
        layers: list[EquivariantModule] = []
        for number, geometry in enumerate(geometries[:-1]):
            first = (
                geometry.convolution(hidden, trunk.width)
                if number
                else geometry.kmer_convolution(encoding, hidden, trunk.width)
            )
            others = [
                geometry.norm(hidden),
                Activation(hidden),
                geometry.convolution(hidden, trunk.width),
                geometry.norm(hidden),
            ]
            block = Sequential(first, *others)
            layers += [Residual(block) if number else block, Activation(hidden)]
            if trunk.curvature == "per_block":
                before, after = curvatures[number : number + 2]
                layers.append(ChangeOfCurvature(hidden, before.borrow(), after.borrow()))
        self.features = Sequential(*layers)


class Points(LogitsHead):
    """The head that turns all positions into one point and computes logits from its distances to hyperplanes.

    A dense layer comes before the logits. Embeddings are vectors in flat space, or the space parts of points with the
    last of the trunk's ``curvatures``.
    """

    def __init__(self, trunk: Blocks, description: NetworkDescription) -> None:
        super().__init__(trunk.out_type, Ordinary(description.logits))
        hidden, geometry = trunk.out_type, trunk.geometry
        dense = _dense_type(hidden, geometry.space_channels(description.head.dense))
        if description.head.pooling == "flatten":
            first = [geometry.flatten(hidden, dense, description.positions)]
        else:
            first = [geometry.pool(hidden), geometry.linear(hidden, dense)]
        is_ordinary = isinstance(hidden, Ordinary)
        logits = Ordinary(description.logits) if is_ordinary else Representation(trivial=description.logits)
        self.classify = Sequential(*first, Activation(dense), geometry.logits(dense, logits))

    @property
    def last_layer(self) -> nn.Module:
        return self.classify[-1]

    def embed(self, features: Tensor) -> Tensor:
        return self.classify[:-1](features)

    def exported_layers(self) -> list[nn.Module]:
        return [self.classify.export()]


def _geometries(curvatures: list[Curvature], trunk: HyperbolicTrunk) -> list[Hyperbolic | Flat]:
    """Return the geometry of each block and of the head, with a curvature each, with a shared one, or without any."""
    count = trunk.blocks + 1
    if not curvatures:
        return [Flat()] * count
    of_each = curvatures if len(curvatures) > 1 else curvatures * count
    return [Hyperbolic(curvature, trunk.linear_map, trunk.concatenation) for curvature in of_each]


def _dense_type(hidden: FeatureType, channels: int) -> FeatureType:
    """Return the feature type of the layer before the logits.

    An irrep network has regular copies here, too. Logits that do not change with the strand cannot read -1 channels,
    whose weights would never have a gradient, whereas ReLU on regular copies combines +1 and -1 parts.
    """
    return Ordinary(channels) if isinstance(hidden, Ordinary) else Representation.in_pairs(channels)

"""Descriptions of heads, the layers that map a trunk's features to the output of the network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from .base import Trunk
from .options import check_options, option, with_tuples
from .tracks import TRACKS

POOLINGS = ("flatten", "centroid")
#: The outputs that a network can have: logits of classes (one logit for two classes), or a profile with its totals.
LOGITS, PROFILE = "logits", "profile"


@dataclass(frozen=True, kw_only=True)
class Head:
    """The description of the layers after the trunk; subclasses add options.

    ``module`` and ``layers`` name the torch class that builds the layers from the trunk's layers and the description of
    the whole network. ``reads`` is the kind of features that the head needs, ``answers`` is LOGITS or PROFILE, and
    ``tracks`` names the input tracks that the head can read in addition to the sequence. ``needs`` names the option,
    if there is one, whose value is the fewest positions that the head can read.
    """

    type: ClassVar[str]
    module: ClassVar[str]
    layers: ClassVar[str]
    reads: ClassVar[str] = "vectors"
    answers: ClassVar[str] = LOGITS
    tracks: ClassVar[tuple[str, ...]] = ()
    needs: ClassVar[str | None] = None

    def __post_init__(self) -> None:
        with_tuples(self)
        check_options(self)

    def with_options(self, given: Mapping[str, Any]) -> Head:
        """Return the head with the options in ``given`` replaced."""
        return replace(self, **given)

    def fits(self, trunk: Trunk) -> bool:
        """Return True if the head can read the features of a trunk."""
        return trunk.gives == self.reads

    def needed_positions(self) -> int:
        """Return the fewest positions of the trunk's features that the head can read."""
        return 1 if self.needs is None else max(1, getattr(self, self.needs))


@dataclass(frozen=True, kw_only=True)
class MaxPoolHead(Head):
    """Strands merged, maxima over positions and one linear layer (Mallet & Vert 2021, binary tasks)."""

    type: ClassVar[str] = "max_pool"
    module: ClassVar[str] = "rc_equivariant.networks.heads"
    layers: ClassVar[str] = "MaxPool"
    needs: ClassVar[str | None] = "pool_width"

    pool_width: int = option(40, "Positions over which one maximum is taken.", unit="positions", minimum=1)
    pool_stride: int = option(20, "Positions from one maximum to the next.", unit="positions", minimum=1)

    def pooled_positions(self, positions: int) -> int:
        """Return the number of maxima for a number of positions."""
        return (positions - self.pool_width) // self.pool_stride + 1


@dataclass(frozen=True, kw_only=True)
class DenseHead(Head):
    """Strands merged, the maximum and mean over all positions, and two linear layers with dropout."""

    type: ClassVar[str] = "dense"
    module: ClassVar[str] = "rc_equivariant.networks.heads"
    layers: ClassVar[str] = "Dense"
    needs: ClassVar[str | None] = "distances"

    dense: int = option(64, "Units of the last hidden layer.", minimum=1)
    dropout: float = option(
        0.3, "Share of the inputs of the last two layers that training leaves out at random.", minimum=0, below=1
    )
    distances: int = option(
        0,
        "Distances from the middle of the window, from 0 to its ends, at which the head learns how much each feature "
        "counts, at most one for each position after the trunk; 0: all positions count alike.",
        minimum=0,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.distances == 1:
            raise ValueError("distances is 1: a gain needs at least two distances, or 0 for no gain")


@dataclass(frozen=True, kw_only=True)
class AttentionPoolHead(Head):
    """Weighted means over positions, with weights from the features, a hidden layer and a linear one with dropout."""

    type: ClassVar[str] = "attention_pool"
    module: ClassVar[str] = "rc_equivariant.networks.pooled_heads"
    layers: ClassVar[str] = "AttentionPool"

    dense: int = option(64, "Units of the last hidden layer.", minimum=1)
    dropout: float = option(
        0.3, "Share of the inputs of the last layer that training leaves out at random.", minimum=0, below=1
    )


@dataclass(frozen=True, kw_only=True)
class FlattenHead(Head):
    """A hidden layer that reads all positions apart, and a linear one with dropout."""

    type: ClassVar[str] = "flatten"
    module: ClassVar[str] = "rc_equivariant.networks.pooled_heads"
    layers: ClassVar[str] = "Flatten"

    dense: int = option(64, "Units of the last hidden layer, each of which has a weight for each position.", minimum=1)
    dropout: float = option(
        0.3, "Share of the inputs of the last layer that training leaves out at random.", minimum=0, below=1
    )


@dataclass(frozen=True, kw_only=True)
class ProfileHead(Head):
    """One convolution to a profile for each strand, and totals from the average of the features (BPNet).

    It reads every input track.
    """

    type: ClassVar[str] = "profile"
    module: ClassVar[str] = "rc_equivariant.networks.profile"
    layers: ClassVar[str] = "Profile"
    answers: ClassVar[str] = PROFILE
    tracks: ClassVar[tuple[str, ...]] = tuple(TRACKS)
    needs: ClassVar[str | None] = "profile_width"

    profile_width: int = option(75, "Width of the convolution to the profile.", unit="positions", minimum=1)

    def fits(self, trunk: Trunk) -> bool:
        return super().fits(trunk) and trunk.resolution == 1

    def output_length(self, positions: int) -> int:
        """Return the number of positions of the profile."""
        return positions - self.profile_width + 1


@dataclass(frozen=True, kw_only=True)
class PointsHead(Head):
    """A dense layer and logits from distances to hyperplanes in hyperbolic space (Khan et al. 2025)."""

    type: ClassVar[str] = "points"
    module: ClassVar[str] = "rc_equivariant.hyperbolic.network"
    layers: ClassVar[str] = "Points"
    reads: ClassVar[str] = "points"

    pooling: str = option(
        "flatten",
        "flatten concatenates the points of all positions, and the layer on them has nearly all parameters; centroid "
        "takes their centroid.",
        choices=POOLINGS,
    )
    dense: int = option(528, "Channels of the last hidden layer, one of them time.", minimum=2)


@dataclass(frozen=True, kw_only=True)
class BagHead(Head):
    """An embedding of the counts of k-mers, a hidden layer and logits, and a linear part beside them.

    The embedding has as many units as the network has channels.
    """

    type: ClassVar[str] = "bag"
    module: ClassVar[str] = "rc_equivariant.networks.bags"
    layers: ClassVar[str] = "BagLogits"
    reads: ClassVar[str] = "counts"

    dense: int = option(32, "Units of the last hidden layer.", minimum=1)
    dropout: float = option(
        0.5, "Share of the units of the embedding that training leaves out at random.", minimum=0, below=1
    )
    embedding_decay: float = option(
        0.3, "Weight decay of the embedding of k-mers, in place of that of the training.", minimum=0
    )
    linear_decay: float = option(3.0, "Weight decay of the linear part, in place of that of the training.", minimum=0)


#: Every head by the name that a configuration gives it.
HEADS: dict[str, type[Head]] = {
    each.type: each
    for each in (
        MaxPoolHead,
        DenseHead,
        AttentionPoolHead,
        FlattenHead,
        ProfileHead,
        PointsHead,
        BagHead,
    )
}

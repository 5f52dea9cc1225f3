"""Descriptions of trunks, the layers that map encoded k-mers to features along the sequence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from .base import FirstWidth, Trunk
from .deep_trunks import AttentionTrunk, LongConvolutionTrunk, ResidualTrunk
from .options import option
from .symmetry import Symmetry

CURVATURES = ("single", "per_block", "flat")
#: Weights of the linear maps of points.
FREE, HYPERPLANES = LINEAR_MAPS = ("free", "hyperplanes")
#: Radii of the concatenated points of a receptive field.
DIRECT, LOG_RADIUS = CONCATENATIONS = ("direct", "log_radius")


@dataclass(frozen=True, kw_only=True)
class ConvolutionTrunk(Trunk):
    """Convolutions, each followed by batch norm and an activation (Mallet & Vert 2021, binary tasks)."""

    type: ClassVar[str] = "convolutions"
    module: ClassVar[str] = "rc_equivariant.networks.trunks"
    layers: ClassVar[str] = "Convolutions"

    kernel_widths: tuple[int, ...] = option((15, 14, 14), "Widths of the convolutions.", unit="positions", minimum=1)

    def positions(self, kmer: int, window: int) -> int:
        return window - kmer + 1 - sum(width - 1 for width in self.kernel_widths)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.kernel_widths:
            raise ValueError("kernel_widths is empty: a trunk needs at least one convolution")


@dataclass(frozen=True, kw_only=True)
class PooledResidualTrunk(FirstWidth, Trunk):
    """A convolution, means over few positions and dilated residual convolutions, for short sequences."""

    type: ClassVar[str] = "pooled_residual"
    module: ClassVar[str] = "rc_equivariant.networks.trunks"
    layers: ClassVar[str] = "PooledResidual"

    first_width: int = option(15, "Bases that the first convolution sees.", unit="bases", minimum=1)
    pool_width: int = option(
        3, "Positions averaged after the first convolution.", unit="positions", minimum=1, odd=True
    )
    dilations: tuple[int, ...] = option((1, 2), "Dilations of the residual layers.", unit="positions", minimum=1)
    residual_width: int = option(5, "Width of the residual convolutions.", unit="positions", minimum=1, odd=True)

    @property
    def resolution(self) -> int:
        return self.pool_width

    def padding(self, window: int) -> int:
        """Return the number of unknown bases to add on each side: the fewest for which means cover the whole sequence.

        Both sides get the same number, which has a solution for every window only if ``pool_width`` is odd.
        """
        missing = -(window - self.first_width + 1) % self.pool_width
        return (missing if missing % 2 == 0 else missing + self.pool_width) // 2

    def positions(self, kmer: int, window: int) -> int:
        if window < self.first_width:
            return 0
        return (window - self.first_width + 1 + 2 * self.padding(window)) // self.pool_width

    def window_for(self, kmer: int, positions: int) -> int:
        return self.first_width + (positions - 1) * self.pool_width


@dataclass(frozen=True, kw_only=True)
class DilatedTrunk(FirstWidth, Trunk):
    """A convolution and dilated residual convolutions that keep one position per base (BPNet, Avsec et al. 2021)."""

    type: ClassVar[str] = "dilated"
    module: ClassVar[str] = "rc_equivariant.networks.trunks"
    layers: ClassVar[str] = "Dilated"

    first_width: int = option(21, "Bases that the first convolution sees.", unit="bases", minimum=1)
    dilations: tuple[int, ...] = option(
        (2, 4, 8, 16, 32, 64), "Dilations of the residual layers.", unit="positions", minimum=1
    )
    residual_width: int = option(3, "Width of the residual convolutions.", unit="positions", minimum=1, odd=True)

    def positions(self, kmer: int, window: int) -> int:
        return window - (self.first_width - 1) - (self.residual_width - 1) * sum(self.dilations)


@dataclass(frozen=True, kw_only=True)
class HyperbolicTrunk(Trunk):
    """Residual blocks of two convolutions in the Lorentz model of hyperbolic space (Khan et al. 2025)."""

    type: ClassVar[str] = "hyperbolic"
    module: ClassVar[str] = "rc_equivariant.hyperbolic.network"
    layers: ClassVar[str] = "Blocks"
    gives: ClassVar[str] = "points"

    blocks: int = option(3, "Blocks of two convolutions each; all but the first are residual.", minimum=1, maximum=1000)
    width: int = option(9, "Width of the convolutions.", unit="k-mers", minimum=1, odd=True)
    curvature: str = option(
        "single",
        "One curvature for all layers, one for each block and the head, or flat space: a Euclidean network of the "
        "same layers.",
        choices=CURVATURES,
        per_arm=True,
    )
    learnt: bool = option(True, "If true, curvatures are learnt; false in flat space.", per_arm=True)
    k: float = option(1.0, "The sectional curvature is -1/k, at the start if it is learnt.", above=0, per_arm=True)
    linear_map: str = option(
        FREE,
        "Weights of convolutions, dense layers and logits: free for points, times and a bias (Khan et al. 2025), or "
        "those of signed distances to hyperplanes, which lets points move out as fast as they learn; free in flat "
        "space.",
        choices=LINEAR_MAPS,
        per_arm=True,
    )
    concatenation: str = option(
        DIRECT,
        "Points of a receptive field, side by side: as they are (direct), which is farther out than each of them, or "
        "drawn in so that the mean logarithm of the radius stays (log_radius); direct in flat space.",
        choices=CONCATENATIONS,
        per_arm=True,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.curvature == "flat" and (self.learnt or self.k != 1):
            raise ValueError("flat space has no curvature to learn or to choose: leave k at 1 and set learnt to false")
        for key, only in (("linear_map", FREE), ("concatenation", DIRECT)):
            if self.curvature == "flat" and getattr(self, key) != only:
                raise ValueError(f"flat space has one kind of {key}: leave it {only}, or choose another curvature")

    def positions(self, kmer: int, window: int) -> int:
        return window - kmer + 1

    def check(self, symmetry: Symmetry) -> None:
        # An odd channel has no partner and is trivial, so any number of channels serves any representation.
        if symmetry.channels < 2:
            raise ValueError(f"channels is {symmetry.channels}: it must be at least 2, of which one is time")

    def with_options(self, given: Mapping[str, Any]) -> HyperbolicTrunk:
        flat = (
            {"learnt": False, "k": 1.0, "linear_map": FREE, "concatenation": DIRECT}
            if given.get("curvature") == "flat"
            else {}
        )
        return replace(self, **(flat | dict(given)))


@dataclass(frozen=True, kw_only=True)
class BagTrunk(Trunk):
    """The square roots of the counts of k-mers of several lengths, whatever their positions."""

    type: ClassVar[str] = "bag"
    module: ClassVar[str] = "rc_equivariant.networks.bags"
    layers: ClassVar[str] = "Bag"
    gives: ClassVar[str] = "counts"

    lengths: tuple[int, ...] = option(
        (3, 4, 5, 6), "Lengths of the k-mers that are counted.", unit="bases", minimum=1, maximum=6
    )
    gaps: tuple[int, ...] = option(
        (),
        "For each number, 6-mers with that many bases of any kind between their halves are counted as well.",
        unit="bases",
        minimum=1,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.lengths:
            raise ValueError("lengths is empty: a bag holds k-mers of at least one length")
        for name, values in (("lengths", self.lengths), ("gaps", self.gaps)):
            if len(set(values)) < len(values):
                raise ValueError(f"{name} are {', '.join(map(str, values))}: each can be counted only once")

    def positions(self, kmer: int, window: int) -> int:
        return window - max((*self.lengths, *(6 + gap for gap in self.gaps))) + 1

    def check(self, symmetry: Symmetry) -> None:
        # Counts are invariant or ordinary, so any number of channels serves any representation.
        shortest = min((*self.lengths, *([3] if self.gaps else [])))
        if symmetry.kmer > shortest:
            raise ValueError(
                f"a network that reads {symmetry.kmer}-mers cannot count {shortest}-mers: use kmer {shortest} or less"
            )


#: Every trunk by the name that a configuration gives it.
TRUNKS: dict[str, type[Trunk]] = {
    each.type: each
    for each in (
        ConvolutionTrunk,
        PooledResidualTrunk,
        DilatedTrunk,
        HyperbolicTrunk,
        BagTrunk,
        ResidualTrunk,
        AttentionTrunk,
        LongConvolutionTrunk,
    )
}

"""Descriptions of deep trunks: residual blocks in stages, and blocks that mix all positions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .base import FirstWidth, Trunk
from .options import option
from .symmetry import Symmetry

JOINS = ("sum", "concatenation")
POOLS = ("mean", "max")


@dataclass(frozen=True, kw_only=True)
class ResidualTrunk(FirstWidth, Trunk):
    """A wide convolution and stages of residual blocks, with fewer positions from stage to stage.

    A block widens the channels, convolves them in groups, weighs them by squeeze-and-excitation and narrows them
    (EfficientNetV2, Tan & Le 2021; LegNet, Penzar et al. 2023).
    """

    type: ClassVar[str] = "residual"
    module: ClassVar[str] = "rc_equivariant.networks.residual"
    layers: ClassVar[str] = "ResidualStages"

    first_width: int = option(15, "Bases that the first convolution sees.", unit="bases", minimum=1)
    dilations: tuple[int, ...] = option((1, 1), "Dilation of the blocks of each stage.", unit="positions", minimum=1)
    blocks: int = option(1, "Blocks of each stage.", minimum=1, maximum=1000)
    residual_width: int = option(7, "Width of the convolution of a block.", unit="positions", minimum=1, odd=True)
    expansion: int = option(2, "Channels within a block, as a multiple of those around it.", minimum=1, maximum=64)
    groups: int = option(4, "Groups of channels that the convolution of a block keeps apart.", minimum=1)
    squeezed: int = option(8, "Channels that squeeze-and-excitation squeezes to; 0 leaves it out.", minimum=0)
    join: str = option(
        "sum",
        "sum adds a block to its input; concatenation joins both, and a convolution of width 1 mixes them.",
        choices=JOINS,
    )
    reduction: int = option(
        2, "Positions pooled into one between stages; 1 keeps all, as profiles need.", unit="positions", minimum=1
    )
    pool: str = option("mean", "Pooling between stages; no maximum of -1 channels is equivariant.", choices=POOLS)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.dilations:
            raise ValueError("dilations is empty: a trunk needs at least one stage")
        if self.squeezed == 1:
            raise ValueError("squeezed is 1: it must be 0, or at least 2, which reverse complement exchanges")

    @property
    def resolution(self) -> int:
        return self.reduction ** (len(self.dilations) - 1)

    def positions(self, kmer: int, window: int) -> int:
        return (window - self.first_width + 1) // self.resolution

    def window_for(self, kmer: int, positions: int) -> int:
        return self.first_width - 1 + positions * self.resolution

    def wide_channels(self, symmetry: Symmetry) -> int:
        """Return the number of channels within a block; even in equivariant networks, where they pair up."""
        wide = self.expansion * symmetry.channels
        return wide + wide % 2 if symmetry.is_equivariant else wide

    def check(self, symmetry: Symmetry) -> None:
        super().check(symmetry)
        wide = self.wide_channels(symmetry)
        if wide % self.groups:
            raise ValueError(
                f"{self.groups} groups do not divide the {wide} channels within a block evenly: choose groups among "
                f"the divisors of {wide}"
            )
        if self.pool == "max" and symmetry.representation == "irrep" and symmetry.plus_fraction < 1:
            raise ValueError("the maximum of -1 channels is not equivariant: choose pool mean for irrep networks")


@dataclass(frozen=True, kw_only=True)
class _MixingTrunk(FirstWidth, Trunk):
    """A convolution, means over few positions, and blocks that mix all positions."""

    module: ClassVar[str] = "rc_equivariant.networks.mixing"

    first_width: int = option(15, "Bases that the first convolution sees.", unit="bases", minimum=1)
    reduction: int = option(
        4, "Positions averaged after the first convolution; 1 keeps all.", unit="positions", minimum=1
    )
    blocks: int = option(2, "Blocks that mix positions.", minimum=1, maximum=1000)

    @property
    def resolution(self) -> int:
        return self.reduction

    def positions(self, kmer: int, window: int) -> int:
        return (window - self.first_width + 1) // self.reduction

    def window_for(self, kmer: int, positions: int) -> int:
        return self.first_width - 1 + positions * self.reduction


@dataclass(frozen=True, kw_only=True)
class AttentionTrunk(_MixingTrunk):
    """A convolution, means over few positions and transformer blocks with rotary positions (Su et al. 2021)."""

    type: ClassVar[str] = "attention"
    layers: ClassVar[str] = "Attention"

    heads: int = option(4, "Heads of attention.", minimum=1)
    pairs: int = option(8, "Rotary pairs of channels of a head.", minimum=1)


@dataclass(frozen=True, kw_only=True)
class LongConvolutionTrunk(_MixingTrunk):
    """A convolution, means over few positions and blocks of long convolutions by FFT (Hyena, Poli et al. 2023)."""

    type: ClassVar[str] = "long_convolution"
    layers: ClassVar[str] = "LongConvolution"

    reach: int = option(
        1000, "Positions over which the widest kernels fall to 1/e.", unit="positions", minimum=2, maximum=10**9
    )

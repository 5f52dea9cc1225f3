"""Scales and shifts of channels, which partners share."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .. import plain_blocks
from ..kernels import KernelTying, constants_of
from ..representation import FeatureType, Representation
from .module import EquivariantModule


class ChannelScale(EquivariantModule):
    """A learnt factor for each channel, shared by partners; shape unchanged.

    After a residual branch and with a small ``initial`` value it is the LayerScale of Touvron et al. (2021, "Going
    deeper with image transformers").

    Parameters
    ----------
    in_type
        Feature type.
    initial
        Value at the start.
    """

    def __init__(self, in_type: FeatureType, initial: float = 1.0) -> None:
        super().__init__(in_type, in_type)
        self.scale_tying = _scale_tying(in_type)
        self.scale = nn.Parameter(torch.full((self.scale_tying.size,), float(initial)))

    def channel_scale(self) -> Tensor:
        """Return the factor of each channel, shape (channel,)."""
        return self.scale_tying.expand(self.scale).flatten()

    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        return x * self.channel_scale()[:, None]

    @torch.no_grad()
    def export(self) -> nn.Module:
        return plain_blocks.ChannelScale(self.channel_scale()[:, None])


class TiedAffine(ChannelScale):
    """The base class of layers with a scale and a shift for each channel.

    Partners share both, and -1 channels have no shift.
    """

    def __init__(self, in_type: FeatureType) -> None:
        super().__init__(in_type)
        self.shift_tying = KernelTying(constants_of(in_type), in_type, 1)
        self.shift = nn.Parameter(torch.zeros(self.shift_tying.size))
        self.register_buffer("is_sign", in_type.signs < 0, persistent=False)

    def affine(self) -> tuple[Tensor, Tensor]:
        """Return scale and shift of each channel, each of shape (channel,)."""
        return self.channel_scale(), self.shift_tying.expand(self.shift).flatten()


def copies_of_channels(space: FeatureType) -> Tensor:
    """Return the number of the copy of each channel, int64 (channel,); partners have the same."""
    tying = _scale_tying(space)
    return tying.expand(torch.arange(float(tying.size))).flatten().long()


def _scale_tying(space: FeatureType) -> KernelTying:
    """Return what expands one scale for each copy to channels."""
    # Reverse complement ties scales but forbids none, so for scales a sign channel is like a trivial one.
    if isinstance(space, Representation):
        space = Representation(space.regular, space.trivial + space.sign)
    return KernelTying(constants_of(space), space, 1)

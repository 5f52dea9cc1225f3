"""A module that knows nothing of strands, shared by both of them."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .. import plain_blocks
from ..representation import FeatureSpace, Ordinary, Representation
from ..sums_and_products import join_channels
from .module import EquivariantModule, export, exported_action


class SharedOverStrands(EquivariantModule):
    """Any module as an equivariant one: f(x) and the reverse complement of f(RC x), as regular copies.

    The output has ``2 * channels`` channels: those of f(x), and those of f(RC x) with channels and positions reversed,
    so that reverse complement of the input exchanges the two. Nothing is averaged, and later layers can compare the
    strands. This is the sharing of parameters over strands of Shrikumar et al. (2017), and of Caduceus (Schiff et al.
    2024), for modules whose own weights are free.

    Both strands pass through the module as one batch, so batch statistics do not depend on the strand. In training mode
    the output is not exactly equivariant if the module draws random numbers, as dropout does: put
    :class:`~rc_equivariant.Dropout` behind it instead.

    Parameters
    ----------
    module
        Module f that maps a batch of ``in_type`` to (batch, channels, position) or (batch, channels).
    in_type
        Space of the input, on which reverse complement acts: a representation, or an encoding of k-mers.
    channels
        Number of channels of f's output.

    Raises
    ------
    ValueError
        At construction, if ``in_type`` is ordinary; at a call, if f's output has another number of channels.
    """

    def __init__(self, module: nn.Module, in_type: FeatureSpace, channels: int) -> None:
        if isinstance(in_type, Ordinary):
            raise ValueError(
                f"{in_type} features have no other strand to read: give a representation, or the encoding of k-mers"
            )
        super().__init__(in_type, Representation(regular=channels))
        self.module = module

    def forward(self, x: Tensor) -> Tensor:
        both = self.module(torch.cat([x, self.in_type.act(x)]))
        channels = self.out_type.regular
        if both.dim() not in (2, 3) or both.shape[:2] != (2 * len(x), channels):
            raise ValueError(
                f"{type(self.module).__name__} gives {tuple(both.shape)} for both strands of {len(x)} samples, where "
                f"({2 * len(x)}, {channels}) or ({2 * len(x)}, {channels}, position) is expected: give "
                "SharedOverStrands the number of channels that the module returns"
            )
        first, second = both.chunk(2)
        return join_channels([first, second.flip(1) if second.dim() == 2 else second.flip(1, 2)])

    def export(self) -> nn.Module:
        return plain_blocks.BothStrands(export(self.module), exported_action(self.in_type))

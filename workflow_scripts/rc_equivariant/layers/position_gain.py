"""Factors that depend on the distance of a position from the middle."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .. import plain_blocks
from ..representation import FeatureType
from .affine import copies_of_channels
from .module import EquivariantModule

#: Adam moves every weight equally far in a step. Times this number, a factor reaches 0 or 2 in some hundred steps.
PACE = 4.0


class PositionGain(EquivariantModule):
    """Features times learnt factors for each channel and distance from the middle; shape unchanged.

    Peaks have their site near the middle, so that a match at the edge of a window says less. Before a maximum or a mean
    over positions, the factors let a network learn how much less, without a weight for each position. They lie between
    0 and 2 and are 1 at the start: a network whose sites may be anywhere loses nothing.

    A position and its mirror image have the same factor to the bit, and so have partners.

    Parameters
    ----------
    in_type
        Feature type.
    positions
        Number of positions.
    distances
        Number of distances, evenly spaced from the middle to the ends, at which factors are learnt. Between them, the
        logit of half the factor is linear.

    Raises
    ------
    ValueError
        At construction, if there are fewer than two distances; at a call, for another number of positions.
    """

    def __init__(self, in_type: FeatureType, positions: int, distances: int = 8) -> None:
        super().__init__(in_type, in_type)
        if distances < 2:
            raise ValueError(f"PositionGain with distances = {distances} is impossible: give at least 2")
        self.positions = positions
        copies = copies_of_channels(in_type)
        self.strength = nn.Parameter(torch.zeros(int(copies.max()) + 1, distances))
        self.register_buffer("copies", copies, persistent=False)
        self.register_buffer("nearness", _nearness(positions, distances), persistent=False)

    def check(self, x: Tensor) -> None:
        super().check(x)
        if x.dim() != 3 or x.shape[2] != self.positions:
            raise ValueError(f"PositionGain of {self.positions} positions got features of shape {tuple(x.shape)}")

    def factors(self) -> Tensor:
        """Return the factors, shape (channel, position)."""
        # From the middle to one end. A matrix product may round a column and its mirror image differently.
        half = 2 * torch.sigmoid(PACE * self.strength @ self.nearness)
        return torch.cat([half.flip(1)[:, : self.positions // 2], half], dim=1)[self.copies]

    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        return x * self.factors()

    def multiply_adds(self, inputs: tuple[Tensor, ...], output: Tensor) -> int:
        """Return 0: like gates and scales, factors are not counted."""
        return 0

    @torch.no_grad()
    def export(self) -> nn.Module:
        return plain_blocks.ChannelScale(self.factors())

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, positions={self.positions}, distances={self.strength.shape[1]}"


def _nearness(positions: int, distances: int) -> Tensor:
    """Return the weights of linear interpolation from the middle to the last position: each column has a sum of 1.

    Shape (distances, ceil(positions / 2)).
    """
    # Twice the distance of a position from the middle, so that it is a whole number.
    distance = torch.arange(1 - positions % 2, positions, 2)
    place = (distances - 1) * distance / max(1, positions - 1)
    return (1 - (place - torch.arange(distances)[:, None]).abs()).clamp(min=0)

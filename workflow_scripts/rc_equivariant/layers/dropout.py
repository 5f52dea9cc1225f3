"""Dropout with the same mask on both strands."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..representation import FeatureType, Ordinary
from .module import EquivariantModule


class Dropout(EquivariantModule):
    """Dropout with one draw for each orbit {(c, t), (partner[c], L - 1 - t)}; shape unchanged.

    In training, each orbit is set to zero with probability ``p`` and multiplied by 1 / (1 - p) otherwise. Both strands
    lose the same values, mask[c, t] = mask[partner[c], L - 1 - t], so the mask commutes with reverse complement. In
    evaluation mode the layer does nothing. On ordinary features it is :class:`torch.nn.Dropout`.

    Parameters
    ----------
    in_type
        Feature type.
    p
        Probability that a value is dropped, 0 <= p < 1.

    Raises
    ------
    ValueError
        If ``p`` is out of range.
    """

    def __init__(self, in_type: FeatureType, p: float = 0.5) -> None:
        super().__init__(in_type, in_type)
        if not 0 <= p < 1:
            raise ValueError(f"dropout with p = {p} is impossible: p must be at least 0 and less than 1")
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        if isinstance(self.in_type, Ordinary):
            return functional.dropout(x, self.p, self.training)
        return x * self._mask(x) if self.training and self.p else x

    def _mask(self, x: Tensor) -> Tensor:
        """Draw the mask, 0 or 1 / (1 - p) with one draw per orbit; shape of ``x``."""
        batch, _, length = x.shape
        regular = int((self.in_type.partner > torch.arange(self.in_type.size)).sum())
        # The mask is made by rows (batch, position, channel), which is the order of features in memory.
        first = self._draw(x, batch, length, regular)
        left = self._draw(x, batch, (length + 1) // 2, self.in_type.size - 2 * regular)
        alone = torch.cat([left, left[:, : length // 2].flip(1)], 1)
        return torch.cat([first, first.flip(1, 2), alone], 2).transpose(1, 2)

    def _draw(self, x: Tensor, *shape: int) -> Tensor:
        # Faster than bernoulli_ on a CPU. Always in float32: uniform numbers in bfloat16 are too coarse for p.
        uniform = torch.rand(shape, device=x.device)
        return uniform.ge_(self.p).div_(1 - self.p).to(x.dtype)

    def export(self) -> nn.Module:
        return nn.Dropout(self.p).eval()

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, p={self.p}"

"""Substitution of bases at random, which keeps a network from learning windows by heart."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from rc_equivariant.encoding import UNKNOWN_BASE

#: Marks a base that is not substituted.
_KEPT = 255


def drawn_substitutes(generator: np.random.Generator, share: float, shape: tuple[int, int]) -> np.ndarray:
    """Draw substitutes for this share of the bases of a batch: codes (batch, bases), and a mark where a base is kept.

    Takes one number and one base of the generator for each position, so that what is drawn does not depend on the
    sequences. Substitutes are uniform over the bases, so their distribution is the same on both strands.
    """
    is_replaced = generator.random(shape) < share
    bases = generator.integers(0, 4, shape)
    return np.where(is_replaced, bases, _KEPT).astype(np.uint8)


def substituted(codes: Tensor, substitutes: Tensor) -> Tensor:
    """Base codes (batch, bases) with substitutes for known bases; unknown ones and padding stay as they are."""
    is_kept = (substitutes == _KEPT) | (codes >= UNKNOWN_BASE)
    return torch.where(is_kept, codes, substitutes.long())

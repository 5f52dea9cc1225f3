"""Feature spaces: how reverse complement acts on the channels and positions of a tensor."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import torch
from torch import Tensor


class FeatureType(Protocol):
    """What a layer needs to know of a feature space with ``size`` channels.

    ``partner[c]`` is the channel that reverse complement exchanges with ``c`` (``c`` itself where there is none) and
    ``signs[c]`` the factor it applies.
    """

    @property
    def size(self) -> int: ...

    @property
    def partner(self) -> Tensor: ...

    @property
    def signs(self) -> Tensor: ...


@dataclass(frozen=True)
class Representation:
    """A representation of the group {identity, reverse complement}: ``regular`` + ``trivial`` + ``sign`` copies.

    Every finite-dimensional real representation of this group of two elements is such a sum (Mallet & Vert 2021,
    section 3). Channels are ordered as ``2 * regular`` regular ones, of which ``i`` is exchanged with
    ``2 * regular - 1 - i``, then ``trivial`` channels (+1), then ``sign`` channels (-1).

    Parameters
    ----------
    regular
        Number of regular copies, two channels each.
    trivial
        Number of +1 channels.
    sign
        Number of -1 channels.

    Raises
    ------
    ValueError
        If a multiplicity is negative, or all are zero.
    """

    regular: int = 0
    trivial: int = 0
    sign: int = 0

    def __post_init__(self) -> None:
        if min(self.regular, self.trivial, self.sign) < 0 or self.size == 0:
            raise ValueError(
                f"{self!r} is no feature space: multiplicities must not be negative and at least one must be positive"
            )

    @property
    def size(self) -> int:
        """Number of channels."""
        return 2 * self.regular + self.trivial + self.sign

    @cached_property
    def partner(self) -> Tensor:
        """Channel that each channel is exchanged with; int64, shape (size,)."""
        paired = torch.arange(2 * self.regular).flip(0)
        return torch.cat([paired, torch.arange(2 * self.regular, self.size)])

    @cached_property
    def signs(self) -> Tensor:
        """+1 or -1 for each channel; float32, shape (size,)."""
        return torch.cat([torch.ones(self.size - self.sign), -torch.ones(self.sign)])

    def act(self, x: Tensor) -> Tensor:
        """Reverse complement of a feature map.

        Parameters
        ----------
        x
            Shape (batch, size, position).

        Returns
        -------
        Tensor
            Same shape: ``signs[c] * x[b, partner[c], L - 1 - t]``.
        """
        signs = self.signs.to(x)[:, None]
        return signs * x[:, self.partner.to(x.device)].flip(-1)

    def __str__(self) -> str:
        terms = [(self.regular, "r"), (self.trivial, "p"), (self.sign, "m")]
        return "+".join(f"{count}{letter}" for count, letter in terms if count)


@dataclass(frozen=True)
class Ordinary:
    """A feature space of ``size`` channels on which no group action is asked for.

    Layers between ordinary spaces are the usual unconstrained ones, so that a standard network and an equivariant one
    are built, initialised and run by the same code.
    """

    size: int

    def __post_init__(self) -> None:
        if self.size < 1:
            raise ValueError(f"{self!r} is no feature space: it needs at least one channel")

    @cached_property
    def partner(self) -> Tensor:
        """Each channel itself; int64, shape (size,)."""
        return torch.arange(self.size)

    @cached_property
    def signs(self) -> Tensor:
        """All +1; float32, shape (size,)."""
        return torch.ones(self.size)

    def __str__(self) -> str:
        return f"{self.size} ordinary"

"""Feature spaces, which define how reverse complement acts on the channels and positions of a tensor."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import torch
from torch import Tensor

_TERM = re.compile(r"(\d+)([rpm])")


@contextmanager
def lasting_tensors() -> Iterator[None]:
    """Create the tensors that a type caches on the CPU and usable in training, whatever context the caller is in."""
    with torch.inference_mode(False), torch.device("cpu"):
        yield


class FeatureSpace(Protocol):
    """Anything that reverse complement acts on: the input or output of a module."""

    def act(self, x: Tensor) -> Tensor: ...


class FeatureType(FeatureSpace, Protocol):
    """A feature space with ``size`` channels.

    ``partner[c]`` is the channel that reverse complement exchanges with ``c`` (``c`` itself if there is none), and
    ``signs[c]`` is the factor (+1 or -1) that it applies.
    """

    @property
    def size(self) -> int: ...

    @property
    def partner(self) -> Tensor: ...

    @property
    def signs(self) -> Tensor: ...


@dataclass(frozen=True)
class Representation:
    """A representation of the group {identity, reverse complement}: a sum of regular, trivial and sign copies.

    Every finite-dimensional real representation of this group of two elements is such a sum (Mallet & Vert 2021). The
    ``2 * regular`` regular channels come first, and channel ``i`` of them is exchanged with ``2 * regular - 1 - i``.
    Then come the ``trivial`` channels (+1), then the ``sign`` channels (-1).

    As text, ``16r+24p+8m`` means 16 regular, 24 trivial (plus) and 8 sign (minus) copies.

    Parameters
    ----------
    regular
        Number of regular copies; each has two channels.
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
        counts = (self.regular, self.trivial, self.sign)
        if not all(isinstance(count, int) for count in counts) or min(counts) < 0 or self.size == 0:
            raise ValueError(
                f"{self!r} is no feature space: the numbers of copies must be whole numbers, none of them negative and "
                "at least one of them positive"
            )

    @classmethod
    def parse(cls, text: str) -> Representation:
        """Read the text that ``str`` writes; terms may come in any order, but each letter only once.

        Raises
        ------
        ValueError
            If ``text`` is not a sum of such terms.
        """
        terms = [_TERM.fullmatch(term.strip()) for term in text.split("+")]
        letters = [term[2] for term in terms if term]
        if None in terms or len(set(letters)) < len(letters):
            raise ValueError(
                f"{text!r} is no representation: write a sum of counts, each letter at most once, such as 16r+24p+8m "
                "(r: regular, p: +1, m: -1)"
            )
        counts = {term[2]: int(term[1]) for term in terms}
        return cls(counts.get("r", 0), counts.get("p", 0), counts.get("m", 0))

    @classmethod
    def in_pairs(cls, channels: int) -> Representation:
        """Return the type of ``channels`` channels in exchanged pairs; if their number is odd, the last is trivial."""
        return cls(regular=channels // 2, trivial=channels % 2)

    @property
    def size(self) -> int:
        """Number of channels."""
        return 2 * self.regular + self.trivial + self.sign

    @cached_property
    def partner(self) -> Tensor:
        """The channel that each channel is exchanged with; int64, shape (size,)."""
        with lasting_tensors():
            paired = torch.arange(2 * self.regular).flip(0)
            return torch.cat([paired, torch.arange(2 * self.regular, self.size)])

    @cached_property
    def signs(self) -> Tensor:
        """+1 or -1 for each channel; float32, shape (size,)."""
        with lasting_tensors():
            return torch.cat([torch.ones(self.size - self.sign), -torch.ones(self.sign)])

    @cached_property
    def irreducible(self) -> Representation:
        """The sum of +1 and -1 channels that this representation is equivalent to."""
        return Representation(trivial=self.regular + self.trivial, sign=self.regular + self.sign)

    @cached_property
    def change_of_basis(self) -> Tensor:
        """Orthogonal matrix Q to the irreducible basis; float64, shape (size, size).

        It satisfies ``irreducible.act(Q x) = Q act(x)``. A regular pair (u, v) becomes (u + v) / sqrt(2), a +1 channel,
        and (u - v) / sqrt(2), a -1 channel. ``Q.T`` is the inverse.
        """
        with lasting_tensors():
            unit = torch.eye(self.size, dtype=torch.float64)
            first, second = unit[: self.regular], unit[self.partner[: self.regular]]
            alone = unit[2 * self.regular :]
            plus, minus = (first + second) / 2**0.5, (first - second) / 2**0.5
            return torch.cat([plus, alone[: self.trivial], minus, alone[self.trivial :]])

    def act(self, x: Tensor) -> Tensor:
        """Reverse complement a feature map, or features without positions.

        Parameters
        ----------
        x
            Shape (batch, size, position) or (batch, size).

        Returns
        -------
        Tensor
            Same shape. The entry (b, c, t) is ``signs[c] * x[b, partner[c], L - 1 - t]``; without positions, the entry
            (b, c) is ``signs[c] * x[b, partner[c]]``.
        """
        if x.dim() not in (2, 3) or x.shape[1] != self.size:
            raise ValueError(
                f"reverse complement of {self} acts on tensors (batch, {self.size}, position) or (batch, {self.size}), "
                f"not on {tuple(x.shape)}"
            )
        partner, signs = self.partner.to(x.device), self.signs.to(x)
        if x.dim() == 2:
            return signs * x[:, partner]
        return signs[:, None] * x[:, partner].flip(-1)

    def __add__(self, other: Representation) -> Representation:
        """The direct sum of two representations; :func:`~.sums_and_products.direct_sum` joins the feature maps."""
        if not isinstance(other, Representation):
            return NotImplemented
        return Representation(self.regular + other.regular, self.trivial + other.trivial, self.sign + other.sign)

    def __str__(self) -> str:
        terms = [(self.regular, "r"), (self.trivial, "p"), (self.sign, "m")]
        return "+".join(f"{count}{letter}" for count, letter in terms if count)


@dataclass(frozen=True)
class Ordinary:
    """A feature space without symmetry: reverse complement changes neither its ``size`` channels nor the positions.

    Layers between ordinary spaces are the usual unconstrained ones, so the same code builds, initialises and runs
    standard and equivariant networks. Features are also ordinary after the strands have been merged.
    """

    size: int

    def __post_init__(self) -> None:
        if self.size < 1:
            raise ValueError(f"{self!r} is no feature space: it needs at least one channel")

    @cached_property
    def partner(self) -> Tensor:
        """Every channel is its own partner; int64, shape (size,)."""
        with lasting_tensors():
            return torch.arange(self.size)

    @cached_property
    def signs(self) -> Tensor:
        """Every sign is +1; float32, shape (size,)."""
        with lasting_tensors():
            return torch.ones(self.size)

    def act(self, x: Tensor) -> Tensor:
        """Return ``x`` unchanged."""
        return x

    def __add__(self, other: Ordinary) -> Ordinary:
        """The direct sum of two ordinary spaces."""
        return Ordinary(self.size + other.size) if isinstance(other, Ordinary) else NotImplemented

    def __str__(self) -> str:
        return f"{self.size} ordinary"

"""The base class of descriptions of trunks, and what several of them share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from .options import check_options, with_tuples
from .symmetry import Symmetry


@dataclass(frozen=True, kw_only=True)
class Trunk:
    """The description of the layers between the encoding and the head; subclasses add options.

    ``module`` and ``layers`` name the torch class that builds the layers from the encoding and the description of the
    whole network. ``gives`` is ``vectors`` or, for features in hyperbolic space, ``points``.
    """

    type: ClassVar[str]
    module: ClassVar[str]
    layers: ClassVar[str]
    gives: ClassVar[str] = "vectors"

    def __post_init__(self) -> None:
        with_tuples(self)
        check_options(self)

    @property
    def resolution(self) -> int:
        """Number of bases from one position of the features to the next."""
        return 1

    def positions(self, kmer: int, window: int) -> int:
        """Return the number of positions of the features of a window; less than 1 if the window is too short."""
        raise NotImplementedError

    def window_for(self, kmer: int, positions: int) -> int:
        """Return a window, in bases, that leaves this many positions; the narrowest if the resolution is 1."""
        return positions - self.positions(kmer, 0)

    def check(self, symmetry: Symmetry) -> None:
        """Raise a ValueError if the layers cannot have this symmetry."""
        if symmetry.representation in ("rcps", "regular") and symmetry.channels % 2:
            raise ValueError(
                f"{symmetry.channels} channels cannot pair up: a {symmetry.representation} network needs an even number"
            )

    def with_options(self, given: Mapping[str, Any]) -> Trunk:
        """Return the trunk with the options in ``given`` replaced."""
        return replace(self, **given)


class FirstWidth:
    """A mix-in for trunks whose first convolution sees the same number of bases for every k."""

    def check(self, symmetry: Symmetry) -> None:
        super().check(symmetry)
        if self.first_width < symmetry.kmer:
            raise ValueError(
                f"a first convolution that sees {self.first_width} bases holds no {symmetry.kmer}-mer: use "
                f"first_width {symmetry.kmer} or more, or shorter k-mers"
            )

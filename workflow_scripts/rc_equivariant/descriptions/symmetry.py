"""The description of a network's symmetry: the representation of its hidden features and the k-mers that it reads."""

from __future__ import annotations

from dataclasses import dataclass

from .options import check_options, option

REPRESENTATIONS = ("standard", "rcps", "regular", "irrep")
#: Share of +1 channels in the published comparisons of the irrep representation.
PUBLISHED_PLUS_FRACTION = 0.75


@dataclass(frozen=True)
class Symmetry:
    """The symmetry of a network: the action of reverse complement on its hidden features.

    Raises
    ------
    ValueError
        If the options contradict each other.
    """

    representation: str = option(
        doc="The action of reverse complement on hidden channels. standard: none, an ordinary network. rcps: it "
        "exchanges pairs of channels, on single bases (Shrikumar et al. 2017). regular: the same on k-mers. irrep: it "
        "keeps some channels (+1) and changes the sign of the others (-1).",
        choices=REPRESENTATIONS,
    )
    kmer: int = option(
        doc="Length k of the k-mers that encode the sequence; rcps reads single bases.", minimum=1, maximum=6
    )
    channels: int = option(
        doc="Channels of every hidden layer; even for rcps and regular, where they pair up.", minimum=1, maximum=4096
    )
    plus_fraction: float | None = option(
        None, "Share of +1 channels of an irrep network; for irrep alone.", minimum=0, maximum=1
    )

    def __post_init__(self) -> None:
        check_options(self)
        if self.representation == "rcps" and self.kmer != 1:
            raise ValueError(f'rcps reads single bases, not {self.kmer}-mers: use "regular" for k-mers, or kmer 1')
        if (self.plus_fraction is not None) != (self.representation == "irrep"):
            raise ValueError(
                f"plus_fraction belongs to irrep, which needs it, and to no other representation; the representation "
                f"is {self.representation!r}"
            )

    @property
    def is_equivariant(self) -> bool:
        """True unless the network is an ordinary one, on whose features reverse complement does not act."""
        return self.representation != "standard"

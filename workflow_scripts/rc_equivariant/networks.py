"""Networks for binary tasks: does the factor bind in this window?"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional

from .encoding import KmerEncoding
from .layers import Activation, BatchNorm1d, Conv1d, KmerConv1d, StrandMerge
from .representation import FeatureType, Ordinary, Representation

REPRESENTATIONS = ("standard", "regular", "irrep")


@dataclass(frozen=True)
class BinaryArchitecture:
    """All that decides the shape of a :class:`BinaryNetwork`; the defaults are the published ones.

    Parameters
    ----------
    representation
        ``standard`` (no symmetry), ``regular`` (with k = 1: RCPS, Shrikumar et al. 2017) or ``irrep``.
    kmer
        Length k of the k-mers that encode the sequence.
    channels
        Channels of every hidden layer.
    window
        Length of the input in bases.
    kernel_widths
        Widths of the convolutions.
    pool_width, pool_stride
        Of the maximum over positions.
    plus_fraction
        Share a / (a + b) of +1 channels; for ``irrep`` alone.

    Raises
    ------
    ValueError
        If the description is contradictory, or the window too short for the layers.
    """

    representation: str
    kmer: int
    channels: int
    window: int
    kernel_widths: tuple[int, ...] = (15, 14, 14)
    pool_width: int = 40
    pool_stride: int = 20
    plus_fraction: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "kernel_widths", tuple(self.kernel_widths))
        if self.representation not in REPRESENTATIONS:
            raise ValueError(
                f"unknown representation {self.representation!r}: choose from {', '.join(REPRESENTATIONS)}"
            )
        if (self.plus_fraction is not None) != (self.representation == "irrep"):
            raise ValueError(f"plus_fraction goes with irrep and with nothing else, not with {self.representation!r}")
        if self.plus_fraction is not None and not 0 <= self.plus_fraction <= 1:
            raise ValueError(f"plus_fraction is {self.plus_fraction}: it must lie between 0 and 1")
        if self.representation == "regular" and self.channels % 2:
            raise ValueError(f"{self.channels} channels cannot pair up: a regular network needs an even number")
        if self.pooled_positions < 1:
            raise ValueError(
                f"a window of {self.window} bases leaves {self.last_positions} positions after the convolutions, fewer "
                f"than the {self.pool_width} that the pooling needs: take wider windows or narrower layers"
            )

    @property
    def last_positions(self) -> int:
        """Positions after the last convolution."""
        return self.window - self.kmer + 1 - sum(width - 1 for width in self.kernel_widths)

    @property
    def pooled_positions(self) -> int:
        """Positions after the pooling."""
        return (self.last_positions - self.pool_width) // self.pool_stride + 1

    @property
    def hidden_type(self) -> FeatureType:
        """Feature space of the hidden layers."""
        if self.representation == "standard":
            return Ordinary(self.channels)
        if self.representation == "regular":
            return Representation(regular=self.channels // 2)
        trivial = round(self.plus_fraction * self.channels)
        return Representation(trivial=trivial, sign=self.channels - trivial)


class BinaryNetwork(nn.Module):
    """The published binary architecture: convolutions with batch norm and activation, strands merged, maximum, linear.

    With a representation the output is the same for a sequence and its reverse complement; with ``standard`` it is an
    ordinary network of the same layers.
    """

    def __init__(self, architecture: BinaryArchitecture) -> None:
        super().__init__()
        self.architecture = architecture
        self.encoding = KmerEncoding(architecture.kmer)
        hidden = architecture.hidden_type
        first_width, *widths = architecture.kernel_widths
        layers: list[nn.Module] = [
            KmerConv1d(self.encoding, hidden, first_width),
            BatchNorm1d(hidden),
            Activation(hidden),
        ]
        for width in widths:
            layers += [Conv1d(hidden, hidden, width), BatchNorm1d(hidden), Activation(hidden)]
        self.features = nn.Sequential(*layers)
        self.merge = StrandMerge(hidden)
        self.classify = nn.Linear(self.merge.out_type.size * architecture.pooled_positions, 1)

    def forward(self, kmers: Tensor) -> Tensor:
        """Logits of binding.

        Parameters
        ----------
        kmers
            K-mer indices (:meth:`KmerEncoding.indices`), shape (batch, window - k + 1).

        Returns
        -------
        Tensor
            Shape (batch,).
        """
        merged = self.merge(self.features(kmers)).unsqueeze(2)
        pool = (1, self.architecture.pool_width), (1, self.architecture.pool_stride)
        return self.classify(functional.max_pool2d(merged, *pool).flatten(1)).squeeze(1)

"""The arms of a comparison: the representations in which one architecture can be built."""

from __future__ import annotations

from torch import Tensor

from ..layers.module import EquivariantModule
from ..representation import FeatureType, Ordinary, Representation

REPRESENTATIONS = ("standard", "rcps", "regular", "irrep")
#: Share of +1 channels in the published comparisons of the irrep arm.
PUBLISHED_PLUS_FRACTION = 0.75


def check_arm(representation: str, kmer: int, channels: int, plus_fraction: float | None) -> None:
    """Refuse arms that contradict themselves.

    Parameters
    ----------
    representation
        One of :data:`REPRESENTATIONS`.
    kmer
        Length of the k-mers that encode the sequence; 1 for ``rcps``.
    channels
        Channels of a hidden layer; even where they pair up.
    plus_fraction
        Share a / (a + b) of +1 channels for ``irrep``, None for all others.

    Raises
    ------
    ValueError
        Where these do not go together.
    """
    if representation not in REPRESENTATIONS:
        raise ValueError(f"unknown representation {representation!r}: choose from {', '.join(REPRESENTATIONS)}")
    if representation == "rcps" and kmer != 1:
        raise ValueError(f'rcps reads single nucleotides, not {kmer}-mers: take "regular" for k-mers, or kmer 1')
    if (plus_fraction is not None) != (representation == "irrep"):
        raise ValueError(f"plus_fraction goes with irrep and with nothing else, not with {representation!r}")
    if plus_fraction is not None and not 0 <= plus_fraction <= 1:
        raise ValueError(f"plus_fraction is {plus_fraction}: it must lie between 0 and 1")
    if representation in ("rcps", "regular") and channels % 2:
        raise ValueError(f"{channels} channels cannot pair up: a {representation} network needs an even number")


def hidden_type(representation: str, channels: int, plus_fraction: float | None) -> FeatureType:
    """Feature space of ``channels`` channels in the hidden layers of an arm that :func:`check_arm` accepts.

    RCPS (Shrikumar et al. 2017) shares parameters between the channels of regular copies: it is the regular arm on
    single nucleotides.
    """
    if representation == "standard":
        return Ordinary(channels)
    if representation == "irrep":
        trivial = round(plus_fraction * channels)
        return Representation(trivial=trivial, sign=channels - trivial)
    return Representation(regular=channels // 2)


def published_plus_fraction(representation: str, plus_fraction: float | None) -> float | None:
    """``plus_fraction``, or that of the published comparisons where ``irrep`` is asked for without one."""
    if representation == "irrep" and plus_fraction is None:
        return PUBLISHED_PLUS_FRACTION
    return plus_fraction


def check_window(network: EquivariantModule, kmers: Tensor, window: int, kmer: int) -> None:
    """Refuse k-mer indices of a window that is not the network's."""
    positions = window - kmer + 1
    if kmers.dim() == 2 and not kmers.is_floating_point() and kmers.shape[1] == positions:
        return
    raise ValueError(
        f"{type(network).__name__} reads windows of {window} bases as {positions} indices of {kmer}-mers: it needs "
        f"integers (batch, {positions}) but got {kmers.dtype} {tuple(kmers.shape)}"
    )

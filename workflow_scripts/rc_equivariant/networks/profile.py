"""Networks for profile tasks: how many reads start at each base, on each strand?"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .. import plain
from ..encoding import KmerEncoding
from ..layers.activation import Activation
from ..layers.containers import Residual, Sequential
from ..layers.convolution import Conv1d, KmerConv1d, Linear
from ..layers.module import EquivariantModule
from ..layers.pooling import GlobalAvgPool1d
from ..representation import FeatureType, Ordinary, Representation, direct_sum
from .arms import check_arm, check_window, hidden_type, published_plus_fraction

#: What is measured on the + and the - strand: reverse complement exchanges the two and reverses the positions.
STRANDS = Representation(regular=1)


@dataclass(frozen=True)
class ProfileArchitecture:
    """All that decides the shape of a :class:`ProfileNetwork`; the defaults are the published ones (BPNet).

    Parameters
    ----------
    representation, kmer, channels, plus_fraction
        As in :class:`~rc_equivariant.networks.binary.BinaryArchitecture`.
    window
        Length of the input in bases.
    first_width
        Bases that the first convolution sees: its width on k-mers is ``first_width - k + 1``, the same field of view
        for every k.
    dilations
        Of the residual layers, in order.
    residual_width
        Width of their convolutions; odd, so that what they add can be centred.
    profile_width
        Width of the convolution to one value a strand.
    control
        Whether a control track is an input, too.

    Raises
    ------
    ValueError
        If the description is contradictory, or the window too short for the layers.
    """

    representation: str
    kmer: int
    channels: int
    window: int
    first_width: int = 21
    dilations: tuple[int, ...] = (2, 4, 8, 16, 32, 64)
    residual_width: int = 3
    profile_width: int = 75
    plus_fraction: float | None = None
    control: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "dilations", tuple(self.dilations))
        check_arm(self.representation, self.kmer, self.channels, self.plus_fraction)
        if self.first_width < self.kmer:
            raise ValueError(
                f"a first convolution that sees {self.first_width} bases holds no {self.kmer}-mer: take first_width "
                f"{self.kmer} or more, or shorter k-mers"
            )
        if self.residual_width % 2 == 0:
            raise ValueError(
                f"residual layers of width {self.residual_width} have no centre for their input: take an odd width"
            )
        if self.output_length < 1:
            raise ValueError(
                f"a window of {self.window} bases is too short: the layers together see {self.field_of_view}, which is "
                "the least window; take wider windows, narrower layers or smaller dilations"
            )

    @classmethod
    def published(
        cls, representation: str, kmer: int = 1, plus_fraction: float | None = None, control: bool = True
    ) -> ProfileArchitecture:
        """The networks of the experiments of Mallet & Vert (2021): 1346 bases to 1000 positions.

        64 channels for ``standard``, 128 (64 regular copies, or 96 +1 and 32 -1 channels) for the equivariant arms;
        ``plus_fraction`` is 0.75 for ``irrep`` where it is not given. Two things are mended: the first convolution is
        followed by its activation in every arm (it was missing in the equivariant ones), and the strands of the control
        are exchanged by reverse complement (they were not).
        """
        return cls(
            representation,
            kmer,
            channels=64 if representation == "standard" else 128,
            window=1346,
            plus_fraction=published_plus_fraction(representation, plus_fraction),
            control=control,
        )

    @property
    def field_of_view(self) -> int:
        """Bases that one value of the profile depends on."""
        return self.first_width + (self.residual_width - 1) * sum(self.dilations) + self.profile_width - 1

    @property
    def output_length(self) -> int:
        """Positions of the profile."""
        return self.window - self.field_of_view + 1

    @property
    def hidden_type(self) -> FeatureType:
        """Feature space of the hidden layers."""
        return hidden_type(self.representation, self.channels, self.plus_fraction)


class ProfileNetwork(EquivariantModule):
    """The published profile architecture: dilated residual convolutions, then a profile and a total for each strand.

    With a representation, the outputs for a reverse complemented sequence are those of the sequence, strands exchanged
    and positions reversed; ``standard`` is an ordinary network of the same layers, to which the same is no constraint.

    The profile is read from the last features by one convolution, and mixed with the control track, if there is one, by
    another of width 1; the logarithm of the totals is a linear map of the average of the last features and of
    log(1 + total) of the control.
    """

    def __init__(self, architecture: ProfileArchitecture) -> None:
        encoding = KmerEncoding(architecture.kmer)
        super().__init__((encoding, STRANDS) if architecture.control else encoding, (STRANDS, STRANDS))
        self.architecture, self.encoding = architecture, encoding
        hidden = architecture.hidden_type
        self.features = Sequential(*_trunk(encoding, architecture))
        self.average = GlobalAvgPool1d(hidden)
        # What the standard arm reads and gives of the strands is the same, but no symmetry is asked of its layers.
        strands = Ordinary(STRANDS.size) if isinstance(hidden, Ordinary) else STRANDS
        self.profile = Conv1d(hidden, strands, architecture.profile_width)
        if architecture.control:
            self.profile_and_control = Conv1d(strands + strands, strands, 1)
            self.totals = Linear(hidden + strands, strands)
        else:
            self.totals = Linear(hidden, strands)

    def check(self, kmers: Tensor, control: Tensor | None = None) -> None:
        check_window(self, kmers, self.architecture.window, self.architecture.kmer)
        if (control is not None) != self.architecture.control:
            raise ValueError(
                "this network was built "
                + ("with a control track, and got none" if self.architecture.control else "without a control track")
                + ": give one if, and only if, its architecture says control=True"
            )
        shape = (len(kmers), STRANDS.size, self.architecture.output_length)
        if control is not None and control.shape != shape:
            raise ValueError(
                f"the control track must hold both strands of the {shape[2]} positions of the profile: it needs the "
                f"shape {shape} but has {tuple(control.shape)}"
            )

    def forward(self, kmers: Tensor, control: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Profile and totals of both strands.

        Parameters
        ----------
        kmers
            K-mer indices (:meth:`KmerEncoding.indices`), shape (batch, window - k + 1).
        control
            Reads of the control, + strand first, shape (batch, 2, output_length); if the architecture has one.

        Returns
        -------
        tuple of Tensor
            Logits of the profile, shape (batch, 2, output_length), and logarithms of the totals, shape (batch, 2).
        """
        self.check(kmers, control)
        features = self.features(kmers)
        profile, average = self.profile(features), self.average(features)
        if control is None:
            return profile, self.totals(average)
        strands, hidden = self.profile.out_type, self.average.out_type
        profile = self.profile_and_control(direct_sum([strands, strands], [profile, control]))
        control_totals = torch.log1p(control.sum(2))
        return profile, self.totals(direct_sum([hidden, strands], [average, control_totals]))

    def export(self) -> nn.Module:
        """Reads one-hot nucleotides, as :meth:`KmerConv1d.export` does, and the control track if there is one."""
        features, profile, average = self.features.export(), self.profile.export(), self.average.export()
        if not self.architecture.control:
            return plain.Profile(features, profile, average, self.totals.export()).eval()
        strands, hidden = self.profile.out_type, self.average.out_type
        mix = _reading_in_turn([strands, strands], self.profile_and_control.export())
        totals = _reading_in_turn([hidden, strands], self.totals.export())
        return plain.ProfileWithControl(features, profile, mix, average, totals).eval()


def _trunk(encoding: KmerEncoding, architecture: ProfileArchitecture) -> list[EquivariantModule]:
    """The first convolution and the residual layers, each convolution followed by its activation."""
    hidden = architecture.hidden_type
    first_width = architecture.first_width - architecture.kmer + 1
    layers: list[EquivariantModule] = [KmerConv1d(encoding, hidden, first_width), Activation(hidden)]
    for dilation in architecture.dilations:
        convolution = Conv1d(hidden, hidden, architecture.residual_width, dilation=dilation)
        layers.append(Residual(Sequential(convolution, Activation(hidden))))
    return layers


def _reading_in_turn(types: list[FeatureType], linear: nn.Module) -> nn.Module:
    """A linear map of the direct sum of ``types`` as one of their channels one type after the other."""
    in_turn = torch.arange(sum(t.size for t in types))[None].split([t.size for t in types], 1)
    of_direct_sum = direct_sum(types, in_turn)[0]
    linear.weight.data = linear.weight.data[:, torch.argsort(of_direct_sum)]
    return linear

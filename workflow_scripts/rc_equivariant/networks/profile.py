"""The head that predicts profiles: the number of reads that start at each base, on each strand."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .. import plain
from ..descriptions.networks import NetworkDescription
from ..layers.convolution import Conv1d, Linear
from ..layers.pooling import GlobalAvgPool1d
from ..representation import FeatureType, Ordinary, Representation, direct_sum
from .network import HeadLayers, TrunkLayers

#: The + and the - strand of a measurement: reverse complement exchanges the two and reverses the positions.
STRANDS = Representation(regular=1)


class Profile(HeadLayers):
    """The head for a profile and a total on each strand, with a control track if the description names one.

    One convolution computes the profile from the features, and another of width 1 combines it with the control. The
    logarithm of the totals is a linear map of the average features and of log(1 + total) of the control.
    """

    def __init__(self, trunk: TrunkLayers, description: NetworkDescription) -> None:
        hidden, has_control = trunk.out_type, "control" in description.tracks
        tracks = (STRANDS,) if has_control else ()
        super().__init__((hidden, *tracks) if has_control else hidden, (STRANDS, STRANDS))
        self.track_types = tracks
        self.average = GlobalAvgPool1d(hidden)
        # A standard network has the same two strands, but its layers need not respect any symmetry.
        strands = Ordinary(STRANDS.size) if isinstance(hidden, Ordinary) else STRANDS
        self.profile = Conv1d(hidden, strands, description.head.profile_width)
        if has_control:
            self.profile_and_control = Conv1d(strands + strands, strands, 1)
            self.totals = Linear(hidden + strands, strands)
        else:
            self.totals = Linear(hidden, strands)

    def forward(self, features: Tensor, control: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return profile and totals, as :meth:`Network.forward` does."""
        profile, average = self.profile(features), self.average(features)
        if control is None:
            return profile, self.totals(average)
        strands, hidden = self.profile.out_type, self.average.out_type
        profile = self.profile_and_control(direct_sum([strands, strands], [profile, control]))
        control_totals = torch.log1p(control.sum(2))
        return profile, self.totals(direct_sum([hidden, strands], [average, control_totals]))

    def export(self) -> nn.Module:
        profile, average = self.profile.export(), self.average.export()
        if not self.track_types:
            return plain.Profile(profile, average, self.totals.export())
        strands, hidden = self.profile.out_type, self.average.out_type
        mix = _reading_in_turn([strands, strands], self.profile_and_control.export())
        totals = _reading_in_turn([hidden, strands], self.totals.export())
        return plain.ProfileWithControl(profile, mix, average, totals)


def _reading_in_turn(types: list[FeatureType], linear: nn.Module) -> nn.Module:
    """Reorder a linear map of the direct sum of ``types`` to read the channels of one type after the other."""
    in_turn = torch.arange(sum(t.size for t in types))[None].split([t.size for t in types], 1)
    of_direct_sum = direct_sum(types, in_turn)[0]
    linear.weight.data = linear.weight.data[:, torch.argsort(of_direct_sum)]
    return linear

"""The head that predicts profiles: the number of reads that start at each base, on each strand."""

from __future__ import annotations

from functools import reduce
from operator import add

import torch
from torch import Tensor, nn

from .. import plain
from ..descriptions.networks import NetworkDescription
from ..descriptions.tracks import TRACKS
from ..layers.convolution import Conv1d, Linear
from ..layers.pooling import GlobalAvgPool1d
from ..representation import FeatureType, Ordinary, Representation
from ..sums_and_products import direct_sum
from .parts import HeadLayers, TrunkLayers

#: The + and the - strand of a measurement: reverse complement exchanges the two and reverses the positions.
STRANDS = Representation(regular=1)
#: A measurement of both strands together: reverse complement reverses its positions.
BOTH_STRANDS = Representation(trivial=1)


class Profile(HeadLayers):
    """The head for a profile and a total on each strand, from features and the input tracks that the description names.

    One convolution computes the profile from the features, and another of width 1 combines it with the tracks. The
    logarithm of the totals is a linear map of the average features and of log(1 + total) of each track.
    """

    def __init__(self, trunk: TrunkLayers, description: NetworkDescription) -> None:
        hidden = trunk.out_type
        tracks = tuple(STRANDS if TRACKS[name].is_stranded else BOTH_STRANDS for name in description.tracks)
        super().__init__((hidden, *tracks) if tracks else hidden, (STRANDS, STRANDS))
        self.track_types = tracks
        self.average = GlobalAvgPool1d(hidden)
        # A standard network has the same strands, but its layers need not respect any symmetry.
        is_ordinary = isinstance(hidden, Ordinary)
        strands, *read = (Ordinary(each.size) if is_ordinary else each for each in (STRANDS, *tracks))
        self.profile = Conv1d(hidden, strands, description.head.profile_width)
        self.profile_and_tracks, self.average_and_tracks = [strands, *read], [hidden, *read]
        if tracks:
            # Saved networks store its weights under this name for any tracks.
            self.profile_and_control = Conv1d(reduce(add, self.profile_and_tracks), strands, 1)
        self.totals = Linear(reduce(add, self.average_and_tracks), strands)

    def forward(self, features: Tensor, *tracks: Tensor) -> tuple[Tensor, Tensor]:
        """Return profile and totals, as :meth:`Network.forward` does."""
        profile, average = self.profile(features), self.average(features)
        if not tracks:
            return profile, self.totals(average)
        profile = self.profile_and_control(direct_sum(self.profile_and_tracks, [profile, *tracks]))
        totals = [torch.log1p(track.sum(2)) for track in tracks]
        return profile, self.totals(direct_sum(self.average_and_tracks, [average, *totals]))

    def export(self) -> nn.Module:
        profile, average = self.profile.export(), self.average.export()
        if not self.track_types:
            return plain.Profile(profile, average, self.totals.export())
        mix = _reading_in_turn(self.profile_and_tracks, self.profile_and_control.export())
        totals = _reading_in_turn(self.average_and_tracks, self.totals.export())
        return plain.ProfileWithTracks(profile, mix, average, totals)


def _reading_in_turn(types: list[FeatureType], linear: nn.Module) -> nn.Module:
    """Reorder a linear map of the direct sum of ``types`` to read the channels of one type after the other."""
    in_turn = torch.arange(sum(t.size for t in types))[None].split([t.size for t in types], 1)
    of_direct_sum = direct_sum(types, in_turn)[0]
    linear.weight.data = linear.weight.data[:, torch.argsort(of_direct_sum)]
    return linear

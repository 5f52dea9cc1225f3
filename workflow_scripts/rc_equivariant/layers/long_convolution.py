"""Convolutions as long as the sequence, by fast Fourier transform, with kernels that a small network describes."""

from __future__ import annotations

import copy
import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from .. import plain_mixing
from ..functional.autocast import in_float32
from ..kernels import KernelTying, constants_of
from ..representation import FeatureType, Ordinary
from .module import EquivariantModule

#: Features of the distance, and waves that are mixed from them.
FEATURES = 16


class LongConv1d(EquivariantModule):
    """Depthwise convolution with kernels as long as the input (Hyena, Poli et al. 2023); shape unchanged.

    Time and memory are O(L log L). Outside of the sequence features count as zero. The constraint on a kernel,
    W(-t) = rho_out W(t) rho_in, leaves these kernels:

    - from a +1 or -1 channel to itself: any even one;
    - from a -1 channel to a +1 channel, and back: any uneven one. The +1 and the -1 channel of the same number read
      each other; those left over, if there are more of one kind, read themselves only;
    - from a channel of a regular copy to itself: any kernel, mirrored for its partner, which is the same as the two
      above after a change of basis.

    Kernels are implicit: a small network of the distance |t|, times exp(-|t| / reach). Even and uneven kernels are even
    and uneven by construction, and a layer serves sequences of any length. On ordinary features any kernel is allowed.

    Parameters
    ----------
    in_type
        Feature type.
    reach
        Positions over which the widest kernels fall to 1/e at the start, at least 2. The reaches of the copies of a
        kind are spread evenly from this to 2 on a logarithmic scale, and learnt.

    Raises
    ------
    ValueError
        If ``reach`` is less than 2.
    """

    def __init__(self, in_type: FeatureType, reach: float) -> None:
        if reach < 2:
            raise ValueError(f"LongConv1d of {in_type} with a reach of {reach} is impossible: give 2 or more")
        super().__init__(in_type, in_type)
        self.reach = reach
        rows = _rows(in_type)
        # Waves of 2 to 2 * reach positions.
        frequencies = math.pi / 2 ** torch.linspace(0, math.log2(reach), FEATURES // 2)
        self.convolution = plain_mixing.LongConvolution(frequencies, *rows.of_channels, rows.evens, len(rows.copies))
        self.bias_tying = KernelTying(constants_of(in_type), in_type, 1)
        self.bias = nn.Parameter(torch.zeros(self.bias_tying.size))
        self.initialise()

    @torch.no_grad()
    def initialise(self) -> None:
        """Draw the weights again, with E[y^2] twice the mean square of the input (He et al. 2015).

        Waves with random phases have a mean square of 1/2, so the mean of the sum of squares of a kernel follows from
        the decay: the sum of exp(-2 |t| / reach) over all t, without t = 0 for uneven kernels.
        """
        layer, rows = self.convolution, _rows(self.in_type)
        layer.hidden.normal_()
        layer.phase.uniform_(0, 2 * math.pi)
        copies = torch.tensor(rows.copies)
        layer.log_reach.copy_(math.log(2) + rows.places[copies] * math.log(self.reach / 2))
        q = torch.exp(-2 * torch.exp(-layer.log_reach))
        of_even, of_odd = (1 + q) / (1 - q), 2 * q / (1 - q)
        has_odd = torch.isin(copies, copies[rows.evens :])
        deviation = (4 / FEATURES / (of_even + has_odd * of_odd)).sqrt()
        layer.output.copy_(torch.randn_like(layer.output) * deviation[:, None])

    def forward(self, x: Tensor, is_known: Tensor | None = None) -> Tensor:
        """Return the convolution of the known positions; the others count as zero.

        Parameters
        ----------
        x
            Features, shape (batch, in, L).
        is_known
            bool, shape (batch, L). By default all positions are known.
        """
        self.check(x)
        return self._convolved(plain_mixing.of_known(x, is_known))

    @in_float32
    def _convolved(self, x: Tensor) -> Tensor:
        return self.convolution(x) + self.channel_bias()[:, None]

    def channel_bias(self) -> Tensor:
        """Return the bias of each channel, shape (channel,): equal on partners, zero on -1 channels."""
        return self.bias_tying.expand(self.bias).flatten()

    @torch.no_grad()
    def export(self) -> nn.Module:
        return plain_mixing.MaskedLongConvolution(copy.deepcopy(self.convolution), self.channel_bias())

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, reach={self.reach}"


class _Rows(NamedTuple):
    """The functions of the distance that a type needs.

    ``of_channels`` holds ``even, odd, odd_sign, other, cross`` of :class:`~.plain_mixing.LongConvolution`, ``evens``
    the number of even functions, ``copies`` the copy that each function, even or uneven, writes to, and ``places`` the
    place of each copy among those of its kind, from 1 for the first to 0 for the last.
    """

    of_channels: tuple[Tensor, ...]
    evens: int
    copies: list[int]
    places: Tensor


def _rows(space: FeatureType) -> _Rows:
    channels = torch.arange(space.size)
    nothing = torch.zeros(space.size, dtype=torch.int64)
    if isinstance(space, Ordinary):
        of_channels = (channels, channels + 1, torch.ones(space.size), channels, nothing)
        return _Rows(of_channels, space.size, 2 * channels.tolist(), torch.linspace(1, 0, space.size))
    regular, trivial, sign = space.regular, space.trivial, space.sign
    both, evens = min(trivial, sign), regular + trivial + sign
    is_first = channels <= space.partner
    even = torch.minimum(channels, space.partner)
    even[2 * regular :] -= regular
    odd = torch.where(channels < 2 * regular, even + 1, 0)
    odd_sign = (channels < 2 * regular) * torch.where(is_first, 1.0, -1.0)
    plus, minus = 2 * regular + torch.arange(both), 2 * regular + trivial + torch.arange(both)
    other, cross = channels.clone(), nothing
    other[plus], other[minus] = minus, plus
    cross[plus], cross[minus] = 1 + regular + torch.arange(both), 1 + regular + both + torch.arange(both)
    copies = [*range(evens), *range(regular), *even[plus].tolist(), *even[minus].tolist()]
    places = torch.cat([torch.linspace(1, 0, number) for number in (regular, trivial, sign)])
    return _Rows((even, odd, odd_sign, other, cross), evens, copies, places)

"""Plain forms of layers that mix all positions: rotary attention, long convolutions and attention pooling.

As in :mod:`.plain`, they know nothing of types, and TorchScript can read them. The layers of this library compute with
the same functions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional


def rotary_attention(
    projected: Tensor,
    heads: int,
    pairs: int,
    is_known: Tensor | None,
) -> Tensor:
    """Return what the queries of all positions read; (batch, 2 * heads * pairs, L).

    Parameters
    ----------
    projected
        Queries, keys and values, shape (batch, 6 * heads * pairs, L). The channels are numbered by half, role, head and
        pair; a rotary pair is one channel of each half.
    heads, pairs
        Numbers of heads and of rotary pairs of a head.
    is_known
        Positions that may be read; bool, shape (batch, L). None for all. Rows without any read all of theirs.

    Notes
    -----
    Scores are divided by twice the root of the channels of a head: queries and keys have the mean square 2 at the start
    (He et al. 2015), so scores begin with variance 1.
    """
    # (role, batch, head, position, half, pair)
    parts = projected.unflatten(1, [2, 3, heads, pairs]).permute(2, 0, 3, 5, 1, 4)
    length = projected.shape[2]
    wide = torch.promote_types(projected.dtype, torch.float32)
    position = torch.arange(length, dtype=wide, device=projected.device) - (length - 1) / 2
    angle = position[:, None] * rates(pairs, wide, projected.device)
    cos, sin = angle.cos(), angle.sin()
    first, second = parts[:2, :, :, :, 0], parts[:2, :, :, :, 1]
    turned = torch.cat([first * cos - second * sin, first * sin + second * cos], -1).to(projected.dtype)
    mask: Tensor | None = None
    if is_known is not None:
        # Without a position to read, a softmax would not be a number.
        mask = (is_known | ~is_known.any(1, keepdim=True))[:, None, None]
    scale = 0.5 / math.sqrt(2 * pairs)
    read = functional.scaled_dot_product_attention(turned[0], turned[1], parts[2].flatten(-2), mask, scale=scale)
    return read.unflatten(-1, [2, pairs]).permute(0, 3, 1, 4, 2).flatten(1, 3)


def rates(pairs: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Return the angle by which each rotary pair turns per position: from 1 down to 1/1000; shape (pairs,)."""
    return torch.pow(1000.0, -torch.linspace(0, 1, pairs, dtype=dtype, device=device))


class RotaryAttention(nn.Module):
    """Self-attention with rotary positions between two convolutions; shape unchanged."""

    def __init__(self, project: nn.Module, merge: nn.Module, heads: int, pairs: int) -> None:
        super().__init__()
        self.project, self.merge, self.heads, self.pairs = project, merge, heads, pairs

    def forward(self, x: Tensor, is_known: Tensor | None = None) -> Tensor:
        return self.merge(rotary_attention(self.project(x), self.heads, self.pairs, is_known))


def fast_length(least: int) -> int:
    """Return the smallest of 2^n, 3 * 2^n and 5 * 2^n, for n > 0, that is not below ``least``: FFTs of it are fast."""
    best = 2
    while best < least:
        best *= 2
    for factor in (3, 5):
        length = 2 * factor
        while length < least:
            length *= 2
        best = min(best, length)
    return best


class LongConvolution(nn.Module):
    """A convolution with kernels as long as the input, given by a network of the distance; shape unchanged.

    Kernels are sums of even and uneven functions: e(|t|) and sign(t) o(|t|). A row of ``output`` gives one function of
    the distance, sine features of which are mixed by ``hidden`` and decay by exp(-|t| / exp(log_reach)).

    Parameters
    ----------
    frequencies
        Angles per position of the features of the distance, shape (features / 2,).
    even, odd, odd_sign
        The even and the uneven row that the kernel from each channel to itself adds up, and the sign of the latter;
        shape (channel,). Row 0 of the uneven ones is zero, others are counted from 1.
    other, cross
        Channel that each channel reads in addition, and the uneven row by which it does; shape (channel,).
    even_rows, rows
        Number of even rows, and of all rows.
    """

    def __init__(
        self,
        frequencies: Tensor,
        even: Tensor,
        odd: Tensor,
        odd_sign: Tensor,
        other: Tensor,
        cross: Tensor,
        even_rows: int,
        rows: int,
    ) -> None:
        super().__init__()
        for name, value in (("frequencies", frequencies), ("even", even), ("odd", odd), ("odd_sign", odd_sign)):
            self.register_buffer(name, value, persistent=False)
        self.register_buffer("other", other, persistent=False)
        self.register_buffer("cross", cross, persistent=False)
        features = 2 * len(frequencies)
        self.hidden = nn.Parameter(torch.empty(features, features))
        self.phase = nn.Parameter(torch.empty(features))
        self.output = nn.Parameter(torch.empty(rows, features))
        self.log_reach = nn.Parameter(torch.empty(rows))
        self.even_rows, self.has_cross = even_rows, bool((cross > 0).any())

    def halves(self, length: int) -> Tensor:
        """Return the function of each row at the distances 0 to ``length`` - 1; (rows, length)."""
        distance = torch.arange(length, dtype=self.output.dtype, device=self.output.device)
        angle = distance[:, None] * self.frequencies.to(self.output.dtype)
        features = torch.cat([angle.cos(), angle.sin()], 1)
        waves = functional.linear(features, self.hidden, self.phase).sin()
        return functional.linear(waves, self.output).t() * torch.exp(-distance * torch.exp(-self.log_reach)[:, None])

    def forward(self, x: Tensor) -> Tensor:
        length = x.shape[2]
        points = fast_length(2 * length - 1)
        halves = self.halves(length)
        even, odd = halves[: self.even_rows], halves[self.even_rows :, 1:]
        gap = halves.new_zeros(1, points - 2 * length + 1)
        even = torch.cat([even, gap.expand(len(even), -1), even[:, 1:].flip(1)], 1)
        # One row more, which is zero.
        odd = functional.pad(odd, (0, 0, 1, 0))
        zero = halves.new_zeros(len(odd), 1)
        odd = torch.cat([zero, odd, gap.expand(len(odd), -1), -odd.flip(1)], 1)
        of_even, of_odd = torch.fft.rfft(even), torch.fft.rfft(odd)
        sign = self.odd_sign.to(halves.dtype)[:, None]
        of_x = torch.fft.rfft(x, n=points)
        of_y = of_x * (of_even.index_select(0, self.even) + sign * of_odd.index_select(0, self.odd))
        if self.has_cross:
            of_y = of_y + of_x.index_select(1, self.other) * of_odd.index_select(0, self.cross)
        return torch.fft.irfft(of_y, n=points)[:, :, :length]

    def multiply_adds(self, inputs: tuple[Tensor, ...], output: Tensor) -> int:
        """Return the multiply-adds of one call: two real FFTs of each channel and the products of spectra.

        A real FFT of N points counts N log2(N), a product of spectra 2 N. Kernels do not depend on the input, so they
        are not counted.
        """
        points = fast_length(2 * output.shape[2] - 1)
        products = 2 if self.has_cross else 1
        return output.shape[0] * output.shape[1] * points * (2 * round(math.log2(points)) + 2 * products)


class PositionSoftmax(nn.Module):
    """Weights of positions that sum to one, from scores (batch, channel, L)."""

    def forward(self, x: Tensor) -> Tensor:
        return x.softmax(2)


class SumOverPositions(nn.Module):
    """The sum over positions; (batch, channel, L) to (batch, channel)."""

    def forward(self, x: Tensor) -> Tensor:
        return x.sum(2)


class MixerBlock(nn.Module):
    """``feed`` of the sum of x and a mixer of the normalised x; unknown positions are not read if it is given which."""

    def __init__(self, norm: nn.Module, mixer: nn.Module, feed: nn.Module) -> None:
        super().__init__()
        self.norm, self.mixer, self.feed = norm, mixer, feed

    def forward(self, x: Tensor, is_known: Tensor | None = None) -> Tensor:
        return self.feed(x + self.mixer(self.norm(x), is_known))


class MaskedLongConvolution(nn.Module):
    """A long convolution of the known positions, with a bias; shape unchanged."""

    def __init__(self, convolution: LongConvolution, bias: Tensor) -> None:
        super().__init__()
        self.convolution, self.bias = convolution, nn.Parameter(bias[:, None].clone())

    def forward(self, x: Tensor, is_known: Tensor | None = None) -> Tensor:
        return self.convolution(of_known(x, is_known)) + self.bias


def of_known(x: Tensor, is_known: Tensor | None) -> Tensor:
    """Return features (batch, channel, L) with zeros where bool (batch, L) says that they are unknown."""
    return x if is_known is None else x * is_known.to(x.dtype)[:, None]


def known_positions(is_known: Tensor, width: int, pool_width: int, pool_stride: int) -> Tensor:
    """Return which positions of features depend on a known k-mer.

    ``is_known`` is bool (batch, k-mers). A convolution reads ``width`` k-mers, and pooling with ``pool_width`` and
    ``pool_stride`` follows. The result is bool (batch, L).
    """
    reached = functional.max_pool1d(is_known.float(), width, 1)
    return functional.max_pool1d(reached, pool_width, pool_stride) > 0


class MixingTrunk(nn.Module):
    """A trunk of one-hot bases (batch, 4, L): layers ``front``, then blocks that read known positions only.

    ``widths`` are the bases of a k-mer, the k-mers that the first convolution reads, and width and stride of pooling.
    """

    def __init__(self, front: nn.Module, blocks: Sequence[nn.Module], widths: Sequence[int]) -> None:
        super().__init__()
        self.front, self.blocks = front, nn.ModuleList(blocks)
        self.k, self.width, self.pool_width, self.pool_stride = widths

    def forward(self, one_hot: Tensor) -> Tensor:
        is_base = (one_hot != 0).any(1).float()
        is_kmer = -functional.max_pool1d(-is_base, self.k, 1) > 0
        is_known = known_positions(is_kmer, self.width, self.pool_width, self.pool_stride)
        x = self.front(one_hot)
        for block in self.blocks:
            x = block(x, is_known)
        return x

"""The building blocks of exported networks that torch lacks: plain operations without types, for TorchScript and ONNX.

Exports are copies for evaluation only. Their weights are expanded and no longer tied, so further training would break
the equivariance.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn


def kmers_of_one_hot(k: int, gap: int = 0) -> nn.Sequential:
    """Return a module that turns one-hot nucleotides into one-hot k-mers; (batch, 4, L) to (batch, 4^k, L').

    L' = L - k - gap + 1. With a ``gap``, that many bases of any kind lie between the two halves of a k-mer.

    Its weights are fixed. Channel i is the k-mer with number i in base 4, where A, C, G, T = 0, 1, 2, 3. Each filter
    counts the bases that a window shares with its k-mer and subtracts k - 1, so after ReLU only the k-mer that matches
    at every base is left, with value 1. A window with an unknown base (zeros) matches no k-mer.
    """
    kmers = torch.cartesian_prod(*[torch.arange(4)] * k).reshape(4**k, k)
    bases = nn.functional.one_hot(kmers, 4).transpose(1, 2)
    count = nn.Conv1d(4, 4**k, k + gap).requires_grad_(False)
    count.weight.zero_()
    count.weight[:, :, : k // 2] = bases[:, :, : k // 2].to(count.weight)
    count.weight[:, :, k // 2 + gap :] = bases[:, :, k // 2 :].to(count.weight)
    count.bias.fill_(1 - k)
    return nn.Sequential(count, nn.ReLU())


class ReverseComplement(nn.Module):
    """The action of reverse complement on features with or without positions, as in :meth:`Representation.act`."""

    def __init__(self, partner: Tensor, signs: Tensor) -> None:
        super().__init__()
        self.register_buffer("partner", partner.clone())
        self.register_buffer("signs", signs.clone())

    def forward(self, x: Tensor) -> Tensor:
        moved = x.index_select(1, self.partner)
        if x.dim() == 2:
            return self.signs * moved
        return self.signs[:, None] * moved.flip(2)


class StrandMean(nn.Module):
    """The mean over both strands, (x + RC x) / 2, on the first channel of each copy; (batch, copies, L)."""

    def __init__(self, partner: Tensor, signs: Tensor) -> None:
        super().__init__()
        first = (torch.arange(len(partner)) <= partner).nonzero().flatten()
        self.register_buffer("first", first)
        self.register_buffer("partner", partner[first])
        self.register_buffer("signs", signs[first, None])

    def forward(self, x: Tensor) -> Tensor:
        other_strand = self.signs * x.index_select(1, self.partner).flip(2)
        return (x.index_select(1, self.first) + other_strand) / 2


class MaxAndMean(nn.Module):
    """The maxima over positions, followed by the means; (batch, channel, L) to (batch, 2 * channel)."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x.amax(2), x.mean(2)], 1)


class WithTrack(nn.Module):
    """A trunk on one-hot bases, and a head that reads its features and an input track."""

    def __init__(self, trunk: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.trunk, self.head = trunk, head

    def forward(self, one_hot: Tensor, track: Tensor) -> tuple[Tensor, Tensor]:
        return self.head(self.trunk(one_hot), track)


class WithTracks(nn.Module):
    """A trunk on one-hot bases, and a head that reads its features and the channels of all input tracks together.

    TorchScript cannot compile it, because it takes any number of tensors, but can trace it.
    """

    def __init__(self, trunk: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.trunk, self.head = trunk, head

    def forward(self, one_hot: Tensor, *tracks: Tensor) -> tuple[Tensor, Tensor]:
        return self.head(self.trunk(one_hot), torch.cat(tracks, 1))


class Profile(nn.Module):
    """The head that maps features (batch, channel, L) to a profile (batch, 2, L') and totals (batch, 2), per strand."""

    def __init__(self, profile: nn.Module, average: nn.Module, totals: nn.Module) -> None:
        super().__init__()
        self.profile, self.average, self.totals = profile, average, totals

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        return self.profile(features), self.totals(self.average(features))


class ProfileWithTracks(nn.Module):
    """:class:`Profile` that also reads the channels of input tracks, of shape (batch, channel, L').

    ``mix`` reads the profile followed by the tracks, ``totals`` the average features followed by log(1 + total) of each
    channel.
    """

    def __init__(self, profile: nn.Module, mix: nn.Module, average: nn.Module, totals: nn.Module) -> None:
        super().__init__()
        self.profile, self.mix, self.average, self.totals = profile, mix, average, totals

    def forward(self, features: Tensor, tracks: Tensor) -> tuple[Tensor, Tensor]:
        profile = self.mix(torch.cat([self.profile(features), tracks], 1))
        return profile, self.totals(torch.cat([self.average(features), torch.log1p(tracks.sum(2))], 1))


class OtherStrand(nn.Module):
    """A network applied to the other strand: its inputs and its outputs are reverse complemented.

    ``of_inputs`` and ``of_outputs`` hold one reverse-complement module per input and per output of the network.
    """

    def __init__(self, network: nn.Module, of_inputs: Sequence[nn.Module], of_outputs: Sequence[nn.Module]) -> None:
        super().__init__()
        self.network = network
        self.of_inputs, self.of_outputs = nn.ModuleList(of_inputs), nn.ModuleList(of_outputs)

    def forward(self, *inputs: Tensor) -> Tensor | tuple[Tensor, ...]:
        outputs = self.network(*[act(x) for act, x in zip(self.of_inputs, inputs, strict=True)])
        if isinstance(outputs, Tensor):
            return self.of_outputs[0](outputs)
        return tuple(act(y) for act, y in zip(self.of_outputs, outputs, strict=True))


class NetworkMean(nn.Module):
    """The mean of several networks' outputs for the same input; each output tensor is averaged separately."""

    def __init__(self, networks: Sequence[nn.Module]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)

    def forward(self, *inputs: Tensor) -> Tensor | tuple[Tensor, ...]:
        outputs = [network(*inputs) for network in self.networks]
        if isinstance(outputs[0], Tensor):
            return torch.stack(outputs).mean(0)
        return tuple(torch.stack(of_tensor).mean(0) for of_tensor in zip(*outputs, strict=True))


class CentredMean(nn.Module):
    """A network of one-hot bases (batch, 4, L) that reads the known k-mers of every row in the middle of the window.

    If no place is the middle, the output is the mean of the outputs for the two places beside it. Unknown bases are
    zeros.
    """

    def __init__(self, network: nn.Module, k: int) -> None:
        super().__init__()
        self.network, self.k = network, k

    def forward(self, one_hot: Tensor) -> Tensor:
        known = (one_hot.detach() != 0).any(1)
        positions = known.shape[1] - self.k + 1
        known_kmers = known[:, :positions]
        for offset in range(1, self.k):
            known_kmers = known_kmers & known[:, offset : offset + positions]
        left, right = shifts_to_the_middle(known_kmers)
        return (self.network(shifted(one_hot, left, 0)) + self.network(shifted(one_hot, right, 0))) / 2


def shifts_to_the_middle(known: Tensor) -> tuple[Tensor, Tensor]:
    """Return the two shifts to the right, int64 (batch,), that put floor and ceil of half of the outside on the left.

    ``known`` is bool (batch, positions). The outside of a row is all positions before the first and after the last
    known one. Rows without a known position have a shift of 0.
    """
    length = known.shape[1]
    positions = torch.arange(length, device=known.device)
    first = torch.where(known, positions, length).amin(1)
    last = torch.where(known, positions, -1).amax(1)
    outside = length - 1 - last + first
    return outside // 2 - first, (outside + 1) // 2 - first


def shifted(x: Tensor, shifts: Tensor, fill: int) -> Tensor:
    """Shift every row of ``x`` (batch, ..., positions) to the right by its shift (batch,), filling the gap."""
    length = x.shape[-1]
    source = torch.arange(length, device=x.device) - shifts[:, None]
    if x.dim() == 3:
        source = source[:, None].expand(-1, x.shape[1], -1)
    moved = x.gather(-1, source.clamp(0, length - 1))
    return torch.where((source >= 0) & (source < length), moved, fill)


class Pointwise(nn.Module):
    """A function of a tensor, wrapped as a module; a lambda can be traced but not scripted."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


class SplitActivation(nn.Module):
    """One module for the first ``channels`` channels and another for the rest; shape (batch, channel, ...)."""

    def __init__(self, channels: int, first: nn.Module, rest: nn.Module) -> None:
        super().__init__()
        self.channels = channels
        self.first, self.rest = first, rest

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.first(x[:, : self.channels]), self.rest(x[:, self.channels :])], 1)


class Gate(nn.Module):
    """A function of the first channels, and the last channels multiplied by gates read from the middle ones.

    ``parts`` holds the number of channels of the three groups; the last two numbers are equal.
    """

    def __init__(self, parts: list[int], function: nn.Module, gate: nn.Module) -> None:
        super().__init__()
        self.parts = parts
        self.function, self.gate = function, gate

    def forward(self, x: Tensor) -> Tensor:
        first, gates, gated = x.split(self.parts, 1)
        return torch.cat([self.function(first), gated * self.gate(gates)], 1)


class ChannelNorm(nn.Module):
    """Normalisation over the channels of each position; the mean of ``centred`` ones (1, others 0) is subtracted."""

    def __init__(self, centred: Tensor, scale: Tensor, shift: Tensor, eps: float) -> None:
        super().__init__()
        self.eps = eps
        self.register_buffer("centred", centred[:, None].clone())
        self.scale, self.shift = nn.Parameter(scale[:, None].clone()), nn.Parameter(shift[:, None].clone())

    def forward(self, x: Tensor) -> Tensor:
        mean = (x * self.centred).sum(1, keepdim=True) / self.centred.sum().clamp(min=1)
        x = x - self.centred * mean
        return self.shift + self.scale * x / (x.square().mean(1, keepdim=True) + self.eps).sqrt()


class Residual(nn.Module):
    """The sum of ``branch(x)`` and the centre of x, cropped to the same length."""

    def __init__(self, branch: nn.Module) -> None:
        super().__init__()
        self.branch = branch

    def forward(self, x: Tensor) -> Tensor:
        y = self.branch(x)
        return y + centre_crop(x, y.shape[2])


def centre_crop(x: Tensor, length: int) -> Tensor:
    """Return the middle ``length`` positions of ``x`` (batch, channel, position)."""
    start = (x.shape[2] - length) // 2
    return x[:, :, start : start + length]

"""Modules that exports are made of where torch has none: plain operations without types, for TorchScript and ONNX."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


def kmers_of_one_hot(k: int) -> nn.Sequential:
    """One-hot k-mers of one-hot nucleotides, of fixed weights; (batch, 4, L) to (batch, 4^k, L - k + 1).

    Channel i is the k-mer of number i in base 4, with A, C, G, T = 0, 1, 2, 3. Each filter counts the bases that a
    window shares with its k-mer; of the count k - 1 is taken off, so that what is above zero is 1 for the one k-mer
    that matches everywhere. A window with an unknown base (zeros) matches none.
    """
    kmers = torch.cartesian_prod(*[torch.arange(4)] * k).reshape(4**k, k)
    count = nn.Conv1d(4, 4**k, k).requires_grad_(False)
    count.weight.copy_(nn.functional.one_hot(kmers, 4).transpose(1, 2))
    count.bias.fill_(1 - k)
    return nn.Sequential(count, nn.ReLU())


class ReverseComplement(nn.Module):
    """``signs[c] * x[b, partner[c], L - 1 - t]``; on features without positions, ``signs[c] * x[b, partner[c]]``."""

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
    """(x + RC x) / 2 on the first channel of each copy; (batch, in, L) to (batch, copies, L)."""

    def __init__(self, partner: Tensor, signs: Tensor) -> None:
        super().__init__()
        self.reverse_complement = ReverseComplement(partner, signs)
        self.register_buffer("first", (torch.arange(len(partner)) <= partner.cpu()).nonzero().flatten().to(partner))

    def forward(self, x: Tensor) -> Tensor:
        return (x.index_select(1, self.first) + self.reverse_complement(x).index_select(1, self.first)) / 2


class OtherStrand(nn.Module):
    """A network applied to the other strand: reverse complement before it, and again after it.

    ``of_inputs`` and ``of_outputs`` hold a module for each tensor that the network takes and gives.
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
    """The mean of what networks give for the same input, each tensor for itself where they give several."""

    def __init__(self, networks: Sequence[nn.Module]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)

    def forward(self, *inputs: Tensor) -> Tensor | tuple[Tensor, ...]:
        outputs = [network(*inputs) for network in self.networks]
        if isinstance(outputs[0], Tensor):
            return torch.stack(outputs).mean(0)
        return tuple(torch.stack(of_tensor).mean(0) for of_tensor in zip(*outputs, strict=True))

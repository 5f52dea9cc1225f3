"""Counts of k-mers over a whole sequence, and the layer that reads them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ..encoding import KmerEncoding
from ..functional.counting import counts_of_rows
from ..kernels import he_deviation
from ..plain_blocks import CountedKmers
from ..representation import Ordinary
from .module import EquivariantModule

#: Bases of a gapped k-mer: two halves of three.
GAPPED = 6


class KmerCounts(EquivariantModule):
    """Square roots of the counts of k-mers of several lengths in a sequence; (batch, positions) to (batch, kinds).

    A k-mer and its reverse complement are one kind, so the counts are the same for a sequence and its reverse
    complement. A k-mer with an unknown base is not counted.

    Parameters
    ----------
    encoding
        The encoding of the input. Its k-mers are at most as long as those that are counted, whose indices follow from
        them.
    lengths
        Lengths of the k-mers that are counted, from 1 to 6 bases.
    gaps
        Numbers of bases between the two halves, of three bases each, of gapped k-mers that are counted as well. Any
        base may be in the gap.
    merged
        If False, a k-mer and its reverse complement are kinds of their own, for standard networks.

    Raises
    ------
    ValueError
        At construction, if a k-mer is shorter than those of the encoding; at a call, if the input is not a matrix of
        integers or is too short.
    """

    def __init__(
        self, encoding: KmerEncoding, lengths: Sequence[int], gaps: Sequence[int] = (), merged: bool = True
    ) -> None:
        shortest = min((*lengths, *([GAPPED // 2] if gaps else [])))
        if encoding.k > shortest:
            raise ValueError(
                f"{shortest}-mers cannot be read from {encoding.k}-mer indices: encode the sequence as {shortest}-mers "
                "or shorter ones"
            )
        kinds = _kinds_of((*lengths, *[GAPPED] * len(gaps)), merged)
        super().__init__(encoding, Ordinary(int(kinds[-1].max()) + 1))
        self.lengths, self.gaps, self.merged = tuple(lengths), tuple(gaps), merged
        for place, of_length in enumerate(kinds):
            # The last number of all stands for unknown k-mers.
            numbers = torch.cat([of_length, torch.tensor([self.out_type.size])])
            self.register_buffer(f"kind_{place}", numbers, persistent=False)
        # It has the data type of the features.
        self.register_buffer("unit", torch.ones(()), persistent=False)

    def check(self, kmers: Tensor) -> None:
        needed = self.reach - self.in_type.k + 1
        if kmers.dim() != 2 or kmers.is_floating_point() or kmers.shape[1] < needed:
            raise ValueError(
                f"{type(self).__name__} maps {self.in_type} to {self.out_type}: it needs integers (batch, position), "
                f"at least {needed} positions, but got {kmers.dtype} {tuple(kmers.shape)}"
            )

    @property
    def reach(self) -> int:
        """Number of bases from the first to the last of the longest k-mer, gapped or not."""
        return max((*self.lengths, *(GAPPED + gap for gap in self.gaps)))

    def forward(self, kmers: Tensor) -> Tensor:
        self.check(kmers)
        numbers = [self.get_buffer(f"kind_{place}")[each] for place, each in enumerate(self._counted(kmers))]
        counts = counts_of_rows(torch.cat(numbers, 1), self.out_type.size + 1)
        return counts[:, :-1].to(self.unit.dtype).sqrt()

    def _counted(self, kmers: Tensor) -> list[Tensor]:
        """Return the indices of all k-mers that are counted, one tensor (batch, k-mers) for each length and gap."""
        halves = [GAPPED // 2] if self.gaps else []
        of_length = self.in_type.longer(kmers, {*self.lengths, *halves})
        counted = [of_length[length] for length in self.lengths]
        for gap in self.gaps:
            (half,) = halves
            distance, kinds = half + gap, 4**half
            left, right = of_length[half][:, :-distance], of_length[half][:, distance:]
            counted.append((kinds * left + right).masked_fill((left == kinds) | (right == kinds), kinds**2))
        return counted

    def most_kinds(self, window: int) -> int:
        """Return the largest number of kinds that a window of this many bases can have."""
        spans = [(length, length) for length in self.lengths] + [(GAPPED, GAPPED + gap) for gap in self.gaps]
        return sum(min(window - span + 1, 4**bases) for bases, span in spans)

    def export(self) -> nn.Module:
        spelled = [(length, 0) for length in self.lengths] + [(GAPPED, gap) for gap in self.gaps]
        kinds = _kinds_of([length for length, _ in spelled], self.merged)
        return CountedKmers(spelled, torch.cat(kinds)).to(self.unit)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, lengths={self.lengths}, gaps={self.gaps}"


def _kinds_of(lengths: Sequence[int], merged: bool) -> list[Tensor]:
    """Return the kind of each k-mer of each length, int64 (4^length,), numbered from 0 through all lengths."""
    kinds, first = [], 0
    for length in lengths:
        kmers = torch.arange(4**length)
        if merged:
            partner = KmerEncoding(length).act(kmers[:, None])[:, 0]
            kmers = torch.minimum(kmers, partner).unique(return_inverse=True)[1]
        kinds.append(first + kmers)
        first += int(kmers.max()) + 1
    return kinds


class CountsLinear(nn.Linear):
    """A linear layer without bias for :class:`KmerCounts`, most of which are zero; (batch, kinds) to (batch, out).

    Parameters
    ----------
    kinds, out
        Number of inputs and outputs.
    live
        The largest number of inputs that are not zero at once (:meth:`KmerCounts.most_kinds`).
    weight_decay
        Weight decay of this layer, in place of that of the training.
    """

    def __init__(self, kinds: int, out: int, live: int, weight_decay: float) -> None:
        super().__init__(kinds, out, bias=False)
        self.live, self.weight_decay = live, weight_decay
        with torch.no_grad():
            self.weight.copy_(torch.randn(out, kinds) * he_deviation(torch.tensor(float(live))))

    def multiply_adds(self, inputs: tuple[Tensor, ...], output: Tensor) -> int:
        """Return the multiply-adds of one call: one for each output number and k-mer that is looked up."""
        return output.numel() * self.live

"""Time and memory of long convolutions, attention and dilated stacks from 1 to 131 kb.

    python benchmarks/bench_long.py [--lengths 1024 4096 16384 65536 131072] [--rounds 5] [--device cuda]

Each is one block of a network on 32 channels, in float32 and on one CPU thread, on a batch of one: regular channels in
ours, ordinary ones in the plain peers. A step is forward and backward. The dilated stack has convolutions of width 3
with dilations 1, 2, 4, ..., so that the last position sees the first, each followed by ReLU and added to its input. The
bidirectional scan is a linear recurrence over both strands with shared weights in plain torch (Caduceus-like, with one
state for each channel), whose sums double their reach in each of log2(length) passes; a loop over positions would take
minutes. A long convolution alone is its peer. `RotaryAttention` alone has torch's `MultiheadAttention` of as many
channels and heads as its peer. Attention is left out where its scores would take more than ``--limit`` multiply-adds.
Memory is what the forward pass keeps for the backward pass, in megabytes. The last column is the ratio of the time to
that of the length before, by the ratio of the lengths: 1 is linear, 4 after a fourfold length is quadratic. Times of
pairs are compared below the blocks of each length.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable

import torch
from bench_networks import print_ratio, seconds_of
from torch import Tensor, nn

from learning.models.devices import keep_freed_memory
from rc_equivariant.cost import multiply_adds
from rc_equivariant.layers.activation import Activation
from rc_equivariant.layers.attention import RotaryAttention
from rc_equivariant.layers.containers import Residual, Sequential
from rc_equivariant.layers.convolution import Conv1d
from rc_equivariant.layers.long_convolution import LongConv1d
from rc_equivariant.layers.mixing import MixerBlock
from rc_equivariant.representation import FeatureType, Ordinary, Representation

CHANNELS, HEADS, PAIRS = 32, 4, 4
REGULAR = Representation(regular=CHANNELS // 2)
#: (ours, peer, largest ratio of times aimed at)
GOALS = [("attention alone", "torch's attention", 1.1), ("long convolution alone", "bidirectional scan", 1.0)]


class Scan(nn.Module):
    """y(t) = a * y(t - 1) + b x(t) over both directions with the same weights, and a map of the two sums."""

    def __init__(self) -> None:
        super().__init__()
        self.read, self.write = nn.Linear(CHANNELS, CHANNELS), nn.Linear(CHANNELS, CHANNELS)
        self.decay = nn.Parameter(torch.linspace(0, 6, CHANNELS))

    def one_way(self, x: Tensor) -> Tensor:
        state, keep, reach = self.read(x.mT).mT, self.decay.sigmoid()[:, None], 1
        while reach < x.shape[2]:
            # Now the state of a position sums over this many positions up to it.
            state = torch.cat([state[:, :, :reach], state[:, :, reach:] + keep**reach * state[:, :, :-reach]], 2)
            reach *= 2
        return self.write(state.mT).mT

    def forward(self, x: Tensor) -> Tensor:
        return self.one_way(x) + self.one_way(x.flip(1, 2)).flip(1, 2)


class TorchAttention(nn.Module):
    """Torch's own layer, which has no positions, on (batch, channel, position)."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(CHANNELS, HEADS, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        rows = x.mT
        return self.attention(rows, rows, rows, need_weights=False)[0].mT


def dilated(space: FeatureType, length: int) -> nn.Module:
    """Residual convolutions of width 3 whose dilations double until they see the whole length."""
    layers = [
        Residual(Sequential(Conv1d(space, space, 3, padding="same", dilation=2**number), Activation(space)))
        for number in range(max((length - 1).bit_length() - 1, 1))
    ]
    return Sequential(*layers)


BLOCKS: dict[str, Callable[[int], nn.Module]] = {
    "long convolution": lambda _: MixerBlock(LongConv1d(REGULAR, 10_000)),
    "long convolution, standard": lambda _: MixerBlock(LongConv1d(Ordinary(CHANNELS), 10_000)),
    "long convolution alone": lambda _: LongConv1d(REGULAR, 10_000),
    "attention": lambda _: MixerBlock(RotaryAttention(REGULAR, HEADS, PAIRS)),
    "attention alone": lambda _: RotaryAttention(REGULAR, HEADS, PAIRS),
    "torch's attention": lambda _: TorchAttention(),
    "dilated stack": lambda length: dilated(REGULAR, length),
    "bidirectional scan": lambda _: Scan(),
}


def step_of(block: nn.Module, x: Tensor) -> Callable[[], None]:
    """Forward and backward."""

    def step() -> None:
        block.zero_grad(set_to_none=True)
        block(x).square().mean().backward()

    return step


def kept_megabytes(block: nn.Module, x: Tensor) -> float:
    """Memory of the tensors that the forward pass keeps, each counted once."""
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        block(x)
    return sum(kept.values()) / 1e6


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lengths", type=int, nargs="+", default=[2**n for n in (10, 12, 14, 16, 17)])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--limit", type=float, default=1e11, help="multiply-adds of a forward pass")
    options = parser.parse_args()
    device = torch.device(options.device)
    torch.set_num_threads(1)
    keep_freed_memory()
    print("block", "positions", "ms_a_step", "kept_megabytes", "multiply_adds", "growth_by_length", sep="\t")
    before: dict[str, tuple[int, float]] = {}
    for length in options.lengths:
        x = torch.randn(1, CHANNELS, length, device=device)
        jobs, columns = {}, {}
        for name, make in BLOCKS.items():
            block = make(length).to(device)
            if "attention" in name and 2.0 * length**2 * 2 * HEADS * PAIRS > options.limit:
                continue
            cost = "" if isinstance(block, Scan | TorchAttention) else multiply_adds(block, x)
            jobs[name], columns[name] = step_of(block, x), (f"{kept_megabytes(block, x):.1f}", cost)
        measured = seconds_of(jobs, options.rounds, device)
        for name, each in measured.items():
            seconds = statistics.median(each)
            growth = ""
            if name in before:
                shorter, of_shorter = before[name]
                growth = f"{seconds / of_shorter / (length / shorter):.2f}"
            before[name] = (length, seconds)
            print(name, length, f"{seconds * 1e3:.1f}", *columns[name], growth, sep="\t", flush=True)
        for ours, peer, goal in GOALS:
            if ours in measured:
                against = f"{peer}, {length} positions"
                print_ratio(ours, against, measured | {against: measured[peer]}, goal)


if __name__ == "__main__":
    main()

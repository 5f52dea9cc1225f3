"""Time of a training step: hyperbolic networks, their Euclidean twins, and one of plain torch layers.

    python benchmarks/bench_hyperbolic.py [--device cuda] [--batch 100] [--rounds 15]

All are the architecture of Khan et al. (2025): windows of 101 bases, three blocks of two convolutions of width 9 with
32 channels, batch norm, a dense layer of 528 units and a logit. A step is forward, loss and backward in float32, on one
CPU thread, with memory kept between steps as in the jobs of the workflow. Rounds alternate in one process, so that all
networks meet the same machine; ratios are medians of the ratios of the rounds. Ours read indices of nucleotides, the
plain network reads them one-hot. "hyperplanes" has linear maps of distances to hyperplanes in place of those of the
paper. The published hyperbolic network takes 4.8 to 5.7 times as long as its twin.
"""

from __future__ import annotations

import argparse
import statistics

import torch
from bench_networks import print_ratio, seconds_of, training_step
from torch import Tensor, nn

from learning.models.devices import keep_freed_memory
from rc_equivariant.descriptions.networks import NetworkDescription
from rc_equivariant.encoding import KmerEncoding
from rc_equivariant.networks.network import build

WINDOW, CHANNELS, WIDTH, DENSE, BLOCKS = 101, 32, 9, 528, 3
PLAIN = "plain"
OURS = {
    "hyperbolic": ("standard", "single"),
    "hyperbolic, k of each block": ("standard", "per_block"),
    "hyperbolic, equivariant": ("regular", "single"),
    "hyperbolic, equivariant, k of each block": ("regular", "per_block"),
    "hyperplanes": ("standard", "single", "hyperplanes"),
    "hyperplanes, equivariant": ("regular", "single", "hyperplanes"),
    "flat": ("standard", "flat"),
    "flat, equivariant": ("regular", "flat"),
}
#: (ours, peer, largest ratio aimed at).
GOALS = [
    ("hyperbolic", PLAIN, 1.4),
    ("hyperbolic, k of each block", PLAIN, 1.4),
    ("hyperbolic, equivariant", PLAIN, 1.4),
    ("hyperbolic, equivariant, k of each block", PLAIN, 1.4),
    ("hyperbolic, equivariant", "hyperbolic", 1.0),
    ("hyperplanes", "hyperbolic", 1.1),
    ("hyperplanes, equivariant", "hyperbolic, equivariant", 1.1),
    ("hyperplanes", PLAIN, 1.4),
    ("hyperplanes, equivariant", PLAIN, 1.4),
    ("hyperbolic", "flat", 1.5),
    ("hyperbolic, equivariant", "flat, equivariant", 1.5),
]


class PlainBlock(nn.Module):
    """Two convolutions with batch norm; the input is added where it has as many channels."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.is_residual = channels == CHANNELS
        self.layers = nn.Sequential(
            nn.Conv1d(channels, CHANNELS, WIDTH, padding="same"),
            nn.BatchNorm1d(CHANNELS),
            nn.ReLU(),
            nn.Conv1d(CHANNELS, CHANNELS, WIDTH, padding="same"),
            nn.BatchNorm1d(CHANNELS),
        )

    def forward(self, x: Tensor) -> Tensor:
        y = self.layers(x)
        return torch.relu(y + x if self.is_residual else y)


def plain_network() -> nn.Sequential:
    """The published Euclidean twin, of torch's own layers on one-hot nucleotides."""
    blocks = [PlainBlock(4), *(PlainBlock(CHANNELS) for _ in range(BLOCKS - 1))]
    dense = [nn.Flatten(), nn.Linear(CHANNELS * WINDOW, DENSE), nn.ReLU(), nn.Linear(DENSE, 1)]
    return nn.Sequential(*blocks, *dense)


def published(representation: str, curvature: str, linear_map: str = "free") -> NetworkDescription:
    return NetworkDescription.published("hyperbolic", representation, curvature=curvature, linear_map=linear_map)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--batch", type=int, default=100, help="windows a step")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    device = torch.device(options.device)
    torch.set_num_threads(1)
    keep_freed_memory()
    generator = torch.Generator().manual_seed(0)
    kmers = torch.randint(4, (options.batch, WINDOW), generator=generator)
    labels = torch.randint(2, (options.batch,), generator=generator).float().to(device)
    networks: dict[str, nn.Module] = {PLAIN: plain_network()}
    networks |= {name: build(published(*arm)) for name, arm in OURS.items()}
    inputs = dict.fromkeys(OURS, kmers.to(device)) | {PLAIN: KmerEncoding(1).one_hot(kmers).to(device)}
    steps = {name: training_step(network.to(device), inputs[name], labels) for name, network in networks.items()}
    seconds = seconds_of(steps, options.rounds, device)
    print("network", "ms_a_step", "parameters", sep="\t")
    for name, each in seconds.items():
        parameters = sum(parameter.numel() for parameter in networks[name].parameters())
        print(name, f"{statistics.median(each) * 1e3:.1f}", parameters, sep="\t")
    print("\nnetwork", "against", "ratio", "quartiles", "at_most", sep="\t")
    for ours, peer, goal in GOALS:
        print_ratio(ours, peer, seconds, goal)


if __name__ == "__main__":
    main()

"""Time and memory of a training step and of inference: our networks, the published layers, and plain torch networks.

    python benchmarks/bench_networks.py [--device cuda] [--batch 64] [--rounds 15]

Most are the published binary architecture: windows of 1000 bases, convolutions of widths 15, 14 and 14 with 32
channels, batch norm, activation, pooling, one logit. The `default` network with 64 channels and 3-mers has the same
layers in plain torch as its peer. A step is forward, loss and backward in float32, on one CPU thread, with memory kept
between steps as in the jobs of the workflow. Rounds alternate in one process, so that all networks meet the same
machine; ratios are medians of the ratios of the rounds. On a CPU, times are those of the processor, which other jobs
change little. Each network is given its input as it takes it: k-mer
indices (ours), one-hot nucleotides (the published layers, which make one-hot 3-mers of them, and the plain network with
k = 1), one-hot 3-mers (the plain network with k = 3). Memory is the peak of a fresh process over that before its first
step, the median of three processes.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from equirc import pytorch_rclayers as published
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, one_hot

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow_scripts"))

from learning.models.devices import keep_freed_memory
from rc_equivariant.descriptions.networks import NetworkDescription
from rc_equivariant.encoding import KmerEncoding
from rc_equivariant.networks.network import Network
from rc_equivariant.plain import MaxAndMean, Residual
from rc_equivariant.plain_blocks import ChannelScale

WINDOW, KMER, CHANNELS, WIDTHS, POOL, POOL_STRIDE = 1000, 3, 32, (15, 14, 14), 40, 20
PLUS, MINUS = 24, 8
#: (ours, peer, largest ratio aimed at) for a training step, and the same for inference.
STEP_GOALS = [("published layers", 0.33), ("plain, 3-mers", 0.45), ("plain, nucleotides", 0.80)]
INFERENCE_GOAL = ("plain, 3-mers, post-hoc", 0.25)
OURS = ("ours, regular", "ours, irrep")
#: The default network and its plain peer, and the largest ratio of their times, for steps and inference.
DEFAULT, PLAIN_DEFAULT, DEFAULT_GOAL = "ours, default", "plain, default on 3-mers", 1.0
DEFAULT_CHANNELS = 64


def plain_network(k: int) -> nn.Sequential:
    """Ordinary torch layers on one-hot k-mers."""
    layers: list[nn.Module] = []
    channels = 4**k
    for width in WIDTHS:
        layers += [nn.Conv1d(channels, CHANNELS, width, bias=False), nn.BatchNorm1d(CHANNELS), nn.ReLU()]
        channels = CHANNELS
    return nn.Sequential(*layers, nn.MaxPool1d(POOL, POOL_STRIDE), nn.Flatten(), nn.Linear(features(CHANNELS, k), 1))


def published_network(representation: str) -> nn.Sequential:
    """The layers of PyPI's equirc, put together as its example does, on one-hot nucleotides."""
    first, *inner = WIDTHS
    layers: list[nn.Module] = [published.ToKmerLayer(KMER)]
    pairs, half = 4**KMER // 2, CHANNELS // 2
    if representation == "regular":
        layers += [published.RegToRegConv(pairs, half, first), published.RegBatchNorm(half), nn.ReLU()]
        for width in inner:
            layers += [published.RegToRegConv(half, half, width), published.RegBatchNorm(half), nn.ReLU()]
        merged, merge = half, published.RegConcatLayer(half)
    else:
        layers += [published.RegToIrrepConv(pairs, PLUS, MINUS, first)]
        layers += [published.IrrepBatchNorm(PLUS, MINUS), published.IrrepActivationLayer(PLUS, MINUS)]
        for width in inner:
            layers += [published.IrrepToIrrepConv(PLUS, PLUS, MINUS, MINUS, width)]
            layers += [published.IrrepBatchNorm(PLUS, MINUS), published.IrrepActivationLayer(PLUS, MINUS)]
        merged, merge = CHANNELS, published.IrrepConcatLayer(PLUS, MINUS)
    head = nn.Linear(features(merged, KMER), 1)
    return nn.Sequential(*layers, merge, nn.MaxPool1d(POOL, POOL_STRIDE), nn.Flatten(), head)


def features(channels: int, k: int) -> int:
    """Pooled features before the last layer."""
    positions = WINDOW - k + 1 - sum(width - 1 for width in WIDTHS)
    return channels * ((positions - POOL) // POOL_STRIDE + 1)


def our_network(representation: str) -> Network:
    """One of ours, with its published size."""
    plus_fraction = PLUS / CHANNELS if representation == "irrep" else None
    return Network(NetworkDescription.named("binary", representation, KMER, CHANNELS, WINDOW, plus_fraction))


def default_network() -> Network:
    """The network to begin with."""
    return Network(NetworkDescription.named("default", "regular", KMER, DEFAULT_CHANNELS, WINDOW))


def plain_default_network() -> nn.Sequential:
    """The layers of the default network as ordinary ones of torch, as wide, on one strand of one-hot 3-mers."""
    description = default_network().description
    trunk, head, width = description.trunk, description.head, DEFAULT_CHANNELS
    padding = trunk.padding(WINDOW)

    def block(convolution: nn.Conv1d) -> nn.Sequential:
        return nn.Sequential(convolution, nn.BatchNorm1d(width), nn.ReLU())

    layers: list[nn.Module] = [nn.ConstantPad1d((padding, padding), 0.0)] if padding else []
    layers += [
        block(nn.Conv1d(4**KMER, width, trunk.first_width - KMER + 1, bias=False)),
        nn.AvgPool1d(trunk.pool_width),
    ]
    for dilation in trunk.dilations:
        layers.append(Residual(block(nn.Conv1d(width, width, trunk.residual_width, 1, "same", dilation, bias=False))))
    layers += [ChannelScale(torch.ones(width, description.positions)), MaxAndMean()]
    layers += [nn.Dropout(head.dropout), nn.Linear(2 * width, head.dense), nn.ReLU()]
    return nn.Sequential(*layers, nn.Dropout(head.dropout), nn.Linear(head.dense, 1))


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "ours, regular": lambda: our_network("regular"),
    "ours, irrep": lambda: our_network("irrep"),
    "published layers, regular": lambda: published_network("regular"),
    "published layers, irrep": lambda: published_network("irrep"),
    "plain, 3-mers": lambda: plain_network(3),
    "plain, nucleotides": lambda: plain_network(1),
    DEFAULT: default_network,
    PLAIN_DEFAULT: plain_default_network,
}


def input_of(name: str, codes: Tensor) -> Tensor:
    """The inputs of the network, made of base codes (batch, window)."""
    encoding = KmerEncoding(1 if name.startswith("published") or name.endswith("nucleotides") else KMER)
    kmers = encoding.indices(codes)
    if name.startswith("ours"):
        return kmers
    return one_hot(kmers, encoding.size).transpose(1, 2).float().contiguous()


def training_step(network: nn.Module, x: Tensor, labels: Tensor) -> Callable[[], None]:
    """Forward, loss and backward."""

    def step() -> None:
        network.zero_grad(set_to_none=True)
        binary_cross_entropy_with_logits(network(x).flatten(), labels).backward()

    return step


def inference(network: nn.Module, *strands: Tensor) -> Callable[[], None]:
    """Forward in evaluation mode; with both strands given, the mean of their logits (post-hoc averaging)."""
    network.eval()

    @torch.inference_mode()
    def predict() -> None:
        sum(network(x) for x in strands) / len(strands)

    return predict


def seconds_of(jobs: dict[str, Callable[[], None]], rounds: int, device: torch.device) -> dict[str, list[float]]:
    """Seconds of each job in each of the alternating rounds, after one that warms up: of the processor on a CPU."""
    now = time.perf_counter if device.type == "cuda" else time.process_time
    seconds: dict[str, list[float]] = {name: [] for name in jobs}
    for round_ in range(rounds + 1):
        for name, job in jobs.items():
            start = now()
            job()
            if device.type == "cuda":
                torch.cuda.synchronize()
            if round_:
                seconds[name].append(now() - start)
    return seconds


def peak_megabytes(name: str, device: str, batch: int) -> float:
    """Peak memory of three training steps over what was held before them, in processes of their own."""
    command = [sys.executable, __file__, "--device", device, "--batch", str(batch), "--memory-of", name]
    outputs = [subprocess.run(command, check=True, capture_output=True, text=True).stdout for _ in range(3)]
    return statistics.median(map(float, outputs))


def report_memory(name: str, device: torch.device, batch: int) -> None:
    """Print the peak as a number, for :func:`peak_megabytes`."""
    codes, labels = random_batch(batch, device)
    step = training_step(NETWORKS[name]().to(device), input_of(name, codes), labels)
    before = _peak_bytes(device)
    for _ in range(3):
        step()
    print((_peak_bytes(device) - before) / 1e6)


def _peak_bytes(device: torch.device) -> int:
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def random_batch(batch: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Base codes (batch, window) and labels (batch,)."""
    generator = torch.Generator().manual_seed(0)
    codes = torch.randint(0, 4, (batch, WINDOW), generator=generator)
    return codes.to(device), torch.randint(0, 2, (batch,), generator=generator).float().to(device)


def print_step_table(seconds: dict[str, list[float]], memory: dict[str, float]) -> None:
    """One row a network, then one a goal."""
    print("network", "ms_a_step", "peak_mb", sep="\t")
    for name, each in seconds.items():
        print(name, f"{statistics.median(each) * 1e3:.1f}", f"{memory[name]:.0f}", sep="\t")
    print("\nnetwork", "against", "ratio", "quartiles", "at_most", sep="\t")
    for ours in OURS:
        for peer, goal in STEP_GOALS:
            full = f"{peer}, {ours.split(', ')[1]}" if peer == "published layers" else peer
            print_ratio(ours, full, seconds, goal)
    print_ratio(DEFAULT, PLAIN_DEFAULT, seconds, DEFAULT_GOAL)


def print_ratio(ours: str, peer: str, seconds: dict[str, list[float]], goal: float) -> None:
    """Median and quartiles of the ratios of the rounds."""
    ratios = [mine / theirs for mine, theirs in zip(seconds[ours], seconds[peer], strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4)
    print(ours, peer, f"{middle:.2f}", f"{low:.2f}-{high:.2f}", f"{goal:.2f}", sep="\t")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--batch", type=int, default=64, help="windows a step")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--memory-of", help=argparse.SUPPRESS)
    options = parser.parse_args()
    device = torch.device(options.device)
    torch.set_num_threads(1)
    keep_freed_memory()
    if options.memory_of:
        report_memory(options.memory_of, device, options.batch)
        return
    codes, labels = random_batch(options.batch, device)
    networks = {name: make().to(device) for name, make in NETWORKS.items()}
    inputs = {name: input_of(name, codes) for name in networks}
    steps = {name: training_step(network, inputs[name], labels) for name, network in networks.items()}
    memory = {name: peak_megabytes(name, options.device, options.batch) for name in networks}
    print_step_table(seconds_of(steps, options.rounds, device), memory)
    post_hoc, goal = INFERENCE_GOAL
    jobs = {name: inference(networks[name], inputs[name]) for name in OURS}
    both_strands = [input_of("plain, 3-mers", strand) for strand in (codes, 3 - codes.flip(1))]
    jobs[post_hoc] = inference(networks["plain, 3-mers"], *both_strands)
    jobs |= {name: inference(networks[name], inputs[name]) for name in (DEFAULT, PLAIN_DEFAULT)}
    seconds = seconds_of(jobs, options.rounds, device)
    print("\ninference", "against", "ratio", "quartiles", "at_most", sep="\t")
    for ours in OURS:
        print_ratio(ours, post_hoc, seconds, goal)
    print_ratio(DEFAULT, PLAIN_DEFAULT, seconds, DEFAULT_GOAL)


if __name__ == "__main__":
    main()

"""Training of replicates: together or one after the other, on cores side by side, and on a GPU against its memory.

    python benchmarks/bench_training.py [--replicates 10] [--steps 8] [--rounds 5]

All train the published binary architecture, regular, on batches of 100 windows of 1,000 bases with 3-mers, in float32
(with TF32 in convolutions where torch takes it). Rounds alternate in one process and start with one that warms up;
ratios are medians of the ratios of the rounds. What is timed are steps: draws, forward, loss, backward and optimiser,
without validation.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow_scripts"))

from learning.models.devices import keep_freed_memory
from learning.training.binary import BinaryObjective
from learning.training.classification import LabelledSplit, TrainingSplits
from learning.training.compute import ComputeSettings
from learning.training.loop import parameter_groups
from learning.training.options import BinaryTrainingSettings
from learning.training.settings import Training
from learning.training.stacks import drawn_steps, steps_of
from learning.training.state import RandomStreams, TrainingState
from rc_equivariant.descriptions.networks import NetworkDescription
from rc_equivariant.encoding import KmerEncoding
from rc_equivariant.networks.network import build

NETWORK = NetworkDescription.published("binary", "regular", kmer=3)
WINDOWS, BATCH, STEPS_OF_A_TRAINING = 2000, 100, 8000
GPU_STEPS, GPU_GOAL_SECONDS = 400, 3.0


def settings(device: str) -> Training:
    """The published settings."""
    return Training(schedule=BinaryTrainingSettings(batch_size=BATCH), compute=ComputeSettings(device=device))


def random_windows() -> TrainingSplits:
    """Random sequences, of which every second is bound."""
    codes = np.random.default_rng(0).integers(0, 4, (WINDOWS, NETWORK.window))
    kmers = KmerEncoding(NETWORK.symmetry.kmer).indices(torch.from_numpy(codes)).numpy().astype(np.uint8)
    split = LabelledSplit(kmers, np.arange(WINDOWS) % 2)
    return TrainingSplits(split, split)


def trainings(windows: TrainingSplits, replicates: int, device: torch.device) -> list[TrainingState]:
    """So many trainings before their first step."""
    chosen, made = settings(device.type), []
    for seed in range(replicates):
        torch.manual_seed(seed)
        network = build(NETWORK).to(device).train()
        streams = RandomStreams(np.random.default_rng([seed, 0]), np.random.default_rng([seed, 1]))
        optimiser = torch.optim.AdamW(parameter_groups(network, chosen), lr=chosen.learning_rate)
        objective = BinaryObjective(windows, chosen, streams, device)
        made.append(TrainingState(network, optimiser, objective, streams, device, seed))
    return made


def stepper(states: Sequence[TrainingState]) -> Callable[[int], None]:
    """Makes so many steps of trainings that go together."""
    steps, device = steps_of(states), states[0].device

    def run(count: int) -> None:
        for drawn in drawn_steps([state.objective for state in states], count, device):
            steps.optimiser.zero_grad(set_to_none=True)
            steps.losses(drawn).sum().backward()
            steps.optimiser.step()
        if device.type == "cuda":
            torch.cuda.synchronize()

    return run


def seconds_of(job: Callable[[], None]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def print_ratio(name: str, against: str, pairs: Sequence[tuple[float, float]], aim: str) -> None:
    """Median and range of the ratios of times."""
    ratios = sorted(mine / theirs for mine, theirs in pairs)
    row = f"{statistics.median(ratios):.2f}", f"{ratios[0]:.2f}-{ratios[-1]:.2f}", aim
    print(name, against, *row, sep="\t", flush=True)


def compare_stack(windows: TrainingSplits, replicates: int, steps: int, rounds: int, device: torch.device) -> None:
    """All replicates at once against one after the other."""
    together = stepper(trainings(windows, replicates, device))
    apart = [stepper([state]) for state in trainings(windows, replicates, device)]

    def one_by_one() -> None:
        for run in apart:
            run(steps)

    pairs = [(seconds_of(lambda: together(steps)), seconds_of(one_by_one)) for _ in range(rounds + 1)][1:]
    print_ratio(f"{replicates} replicates stacked, {device}", "one after the other", pairs, "below 1 on a GPU")


def start_job(threads: int, steps: int) -> subprocess.Popen:
    """A process that is ready to train on so many threads."""
    command = [sys.executable, __file__, "--job", str(threads), "--steps", str(steps)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    process.stdout.readline()
    return process


def run_job(threads: int, steps: int) -> None:
    """The work of that process: it reports when it is ready, trains when it is asked to, and ends."""
    torch.set_num_threads(threads)
    run = stepper(trainings(random_windows(), 1, torch.device("cpu")))
    run(2)
    print("ready", flush=True)
    sys.stdin.readline()
    run(steps)


def seconds_of_jobs(threads: Sequence[int], steps: int) -> float:
    """Wall time from the start of the first step to the end of the last of processes side by side."""
    jobs = [start_job(each, steps) for each in threads]

    def run() -> None:
        for job in jobs:
            job.stdin.write("\n")
            job.stdin.flush()
        if any(job.wait() for job in jobs):
            raise RuntimeError("a process failed")

    return seconds_of(run)


def compare_cores(steps: int, rounds: int) -> None:
    """Two jobs of one thread against one of two threads that does the work of both."""
    pairs = [(seconds_of_jobs([1, 1], steps), seconds_of_jobs([2], 2 * steps)) for _ in range(rounds)]
    print_ratio("2 jobs of 1 thread", "1 job of 2 threads, twice the steps", pairs, "below 1")


def bytes_of_step(replicates: int) -> float:
    """Bytes that have to move between memory and chip, in float32, if every pass reads and writes each map once.

    Of a block with a map F of its own: its convolution writes F, statistics read it, normalisation reads it and writes
    the activated map; back, sums read both and a gradient, the gradient of F reads the same and is written, and the
    gradient of the kernel reads that. Of a block after a block also, forward, the map before; back, the map before and
    the gradient of F again, and the gradient of the map before is written. Then strands and maximum: the last map is
    read, half of it written and read, and the same back.
    """
    positions, total, before = NETWORK.window - NETWORK.symmetry.kmer + 1, 0, 0
    for width in NETWORK.trunk.kernel_widths:
        positions -= width - 1
        total += 12 * positions + (positions + 3 * before if before else 0)
        before = positions
    return 4 * replicates * BATCH * NETWORK.symmetry.channels * (total + 4 * positions)


def copied_bytes_per_second(device: torch.device) -> float:
    """Bytes read and written by a copy of a gigabyte, the best of ten."""
    source = torch.zeros(2**28, device=device)
    target = torch.empty_like(source)

    def copy() -> None:
        target.copy_(source)
        torch.cuda.synchronize()

    copy()
    return 2 * source.nbytes / min(seconds_of(copy) for _ in range(10))


def measure_gpu(windows: TrainingSplits, replicates: int) -> None:
    """Seconds a replicate of a published training, beside what the memory allows."""
    device = torch.device("cuda")
    run = stepper(trainings(windows, replicates, device))
    run(20)
    seconds = seconds_of(lambda: run(GPU_STEPS)) / GPU_STEPS
    floor = bytes_of_step(replicates) / copied_bytes_per_second(device)
    precision = "float32, TF32 in convolutions" if torch.backends.cudnn.allow_tf32 else "float32"
    print(f"\n{torch.cuda.get_device_name()}, {precision}, {replicates} replicates stacked, {GPU_STEPS} steps measured")
    per_replicate = STEPS_OF_A_TRAINING / replicates
    print(f"seconds a replicate of {STEPS_OF_A_TRAINING} steps\t{seconds * per_replicate:.2f}\taim {GPU_GOAL_SECONDS}")
    print(f"the same at the speed of memory\t{floor * per_replicate:.2f}")
    print(f"windows a second\t{replicates * BATCH / seconds:.0f}")


def main() -> None:
    """Print the table, and the figures of a GPU where there is one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replicates", type=int, default=10)
    parser.add_argument("--steps", type=int, default=8, help="of each training in a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--job", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    keep_freed_memory()
    if options.job:
        run_job(options.job, options.steps)
        return
    torch.set_num_threads(1)
    windows, has_gpu = random_windows(), torch.cuda.is_available()
    print("training", "against", "ratio of times", "range", "aim", sep="\t")
    device = torch.device("cuda" if has_gpu else "cpu")
    compare_stack(windows, options.replicates, options.steps, options.rounds, device)
    compare_cores(options.steps, options.rounds)
    if has_gpu:
        measure_gpu(windows, options.replicates)
    else:
        print("\ntorch sees no GPU: seconds a replicate, windows a second and the floor of memory are open")


if __name__ == "__main__":
    main()

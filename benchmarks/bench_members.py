"""The gain from a bag of k-mers beside the default network, if both are trained apart and their logits averaged.

    python benchmarks/bench_members.py results/Max/tasks/Max --steps 68
    python benchmarks/bench_members.py results/gue_mouse_tf_2/tasks/mouse_tf_2 --sequences 8000 --epochs 10

Two default networks and two bags are trained apart, as members of one network, on the windows of a task that a run has
prepared. They do not depend on each other, so the logits of each show every mean of some. A row has an arm, the start
of its networks, and of its best epoch on the validation split the AUROC and the Matthews correlation (at a probability
of 0.5) with the weights of the calibration, and the AUROC of the plain mean; then the processor time of all steps.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from timeit import timeit

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow_scripts"))

from genome_data.windows.table import read_windows
from learning.evaluation.metrics import auroc, mcc
from learning.models.inputs import predict_logits
from learning.models.networks import trained_apart
from learning.training.binary import BinaryObjective
from learning.training.calibration import calibration_of
from learning.training.classification import LabelledSplit, TrainingSplits
from learning.training.labelled import LabelledObjective
from learning.training.loop import Start, train_together
from learning.training.options import TUNED
from learning.training.settings import Training
from learning.training.state import RandomStreams
from rc_equivariant.descriptions.networks import NETWORKS, NetworkDescription
from rc_equivariant.encoding import KmerEncoding
from rc_equivariant.networks.network import build

KMER, CHANNELS, SMALL_CHANNELS = 3, 64, 32
#: The members of the networks of each arm: default network and bag of the first start, then of the second.
ARMS = {
    "default": ([0], [2]),
    "bag": ([1], [3]),
    "default + bag": ([0, 1], [2, 3]),
    "2 default": ([0, 2],),
    "2 default + bag": ([0, 2, 1], [0, 2, 3]),
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", type=Path, help="folder of a task with windows.tsv and codes.npy")
    parser.add_argument("--epochs", type=int, help="those of the default training if not given")
    parser.add_argument("--steps", type=int, help="of an epoch of a binary task")
    parser.add_argument("--sequences", type=int, help="training windows at most, at random")
    options = parser.parse_args()
    # A labelled task substitutes bases, and makes k-mers of them itself.
    labelled = (options.task / "classes.json").exists()
    kind, kmer = ("labelled", 1) if labelled else ("binary", KMER)
    given = {"epochs": options.epochs, "steps_per_epoch": options.steps}
    changes = {key: value for key, value in given.items() if value} | {"device": "cpu", "threads": 1, "patience": None}
    settings = Training.of_kind(kind, asdict(TUNED[f"default_{kind}"]) | changes)
    table, codes = read_windows(options.task / "windows.tsv"), np.load(options.task / "codes.npy")
    labels, split = table["label"].to_numpy(), table["split"].to_numpy()
    read = codes if labelled else KmerEncoding(kmer).indices(torch.from_numpy(codes)).numpy()
    train = np.random.default_rng(1).permutation(np.flatnonzero(split == "train"))[: options.sequences]
    own = (LabelledSplit(read[rows], labels[rows]) for rows in (np.sort(train), split == "validation"))
    objective = LabelledObjective if labelled else BinaryObjective
    make_objective = partial(objective, TrainingSplits(*own, kmer=kmer), settings)
    default = NetworkDescription.named("default", "regular", KMER, CHANNELS, codes.shape[1], centred=labelled)
    small = replace(default, symmetry=replace(default.symmetry, channels=SMALL_CHANNELS))
    one, bag = NETWORKS["default"], NETWORKS["bag"]
    print("arm", "start", "epoch", "auroc", "mcc", "plain_mean", "seconds", sep="\t")
    for described, beside, arms in ((default, (bag, one, bag), ARMS), (small, (one,), {"small": ([0], [1])})):
        apart = replace(described, beside=beside, apart=True)
        of_epochs, steps = logits_of_epochs(apart, make_objective, settings)
        seconds = [steps * seconds_of_a_step(member, make_objective) for member in apart.members[:2]]
        for name, starts in arms.items():
            for start, chosen in enumerate(starts, start=1):
                rows = [scores(labels[split == "validation"], logits[chosen]) for logits in of_epochs]
                best = max(range(len(rows)), key=lambda epoch: rows[epoch][0])
                taken = sum(seconds[each % 2] for each in chosen)
                print(name, start, best + 1, *(f"{value:.4f}" for value in rows[best]), f"{taken:.0f}", sep="\t")


def logits_of_epochs(described: NetworkDescription, make_objective: Callable, settings: Training) -> tuple[list, int]:
    """The validation logits after each epoch, one row per member, and the number of steps."""
    found = []

    def recording(*where: object) -> object:
        objective = make_objective(*where)
        validate, inputs = objective.validate, objective._validation_inputs
        objective.validate = lambda network: (
            found.append(np.stack([predict_logits(each, inputs(network)) for each in trained_apart(network)]))
            or validate(network)
        )
        return objective

    (state,) = train_together(partial(build, described), settings, [Start(1, recording)])
    return found, len(state.history) * state.objective.steps_per_epoch


def scores(labels: np.ndarray, logits: np.ndarray) -> tuple[float, float, float]:
    """AUROC and Matthews correlation of the calibrated mean, and the AUROC of the plain one."""
    calibrated = calibration_of(labels, *logits).applied(*logits)
    return auroc(labels, calibrated), mcc(labels, calibrated, 0.0), auroc(labels, logits.mean(axis=0))


def seconds_of_a_step(described: NetworkDescription, make_objective: Callable) -> float:
    """The processor time of a training step of a single network."""
    objective = make_objective(RandomStreams(*map(np.random.default_rng, (0, 1))), torch.device("cpu"))
    network = build(described)
    optimiser = torch.optim.AdamW(network.parameters())

    def step() -> None:
        optimiser.zero_grad()
        objective.loss(network, tuple(map(torch.from_numpy, objective.draw()))).backward()
        optimiser.step()

    step()
    return timeit(step, timer=time.process_time, number=20) / 20


if __name__ == "__main__":
    main()

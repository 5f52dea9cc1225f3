"""What calibration on the validation split changes, for the default network and training on the windows of a run.

    python benchmarks/bench_calibration.py results/demo/tasks/CTCF
    python benchmarks/bench_calibration.py results/gue_mouse_tf_0/tasks/mouse_tf_0 --kind labelled --epochs 12

One network is trained on the windows that the run has prepared, by the code of the jobs. A row has a split, whether
the logits are calibrated, the Matthews correlation of calls from a probability of 0.5 on, the expected calibration
error and the AUROC.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow_scripts"))

from genome_data.windows.table import read_windows
from learning.evaluation.metrics import auroc, calibration_table, expected_calibration_error, mcc, sigmoid
from learning.models.inputs import predict_logits
from learning.training.binary import BinaryObjective
from learning.training.calibration import calibrate
from learning.training.classification import LabelledSplit, TrainingSplits
from learning.training.labelled import LabelledObjective
from learning.training.loop import train
from learning.training.options import TUNED
from learning.training.platt import calibration_of
from learning.training.settings import Training
from rc_equivariant.descriptions.networks import NetworkDescription
from rc_equivariant.encoding import KmerEncoding
from rc_equivariant.networks.network import build

KMER, CHANNELS = 3, 64
OBJECTIVES = {"binary": BinaryObjective, "labelled": LabelledObjective}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", type=Path, help="folder of a task with windows.tsv and codes.npy")
    parser.add_argument("--kind", choices=tuple(OBJECTIVES), default="binary")
    parser.add_argument("--epochs", type=int, help="those of the default training if not given")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    table, codes = read_windows(options.task / "windows.tsv"), np.load(options.task / "codes.npy")
    kmers = KmerEncoding(KMER).indices(torch.from_numpy(codes)).numpy()
    labels, split = table["label"].to_numpy(), table["split"].to_numpy()
    # A labelled task substitutes bases, and makes k-mers of them itself.
    read = codes if options.kind == "labelled" else kmers
    own = (LabelledSplit(read[split == name], labels[split == name]) for name in ("train", "validation"))
    splits = TrainingSplits(*own, kmer=1 if options.kind == "labelled" else KMER)
    values = asdict(TUNED[f"default_{options.kind}"]) | {"device": "cpu", "threads": 1}
    settings = Training.of_kind(options.kind, values | ({"epochs": options.epochs} if options.epochs else {}))
    centred = options.kind == "labelled"
    described = NetworkDescription.named("default", "regular", KMER, CHANNELS, codes.shape[1], centred=centred)
    objective = partial(OBJECTIVES[options.kind], splits, settings)
    network = train(partial(build, described), objective, settings, options.seed).network
    print("split", "calibrated", "mcc_0.5", "ece", "auroc", sep="\t")
    for is_calibrated in (False, True):
        logits = predict_logits(network, torch.from_numpy(kmers))
        for name in ("validation", "test"):
            rows = split == name
            bins = calibration_table(labels[rows], sigmoid(logits[rows]))
            measures = mcc(labels[rows], logits[rows], 0.0), expected_calibration_error(bins)
            found = (*measures, auroc(labels[rows], logits[rows]))
            print(name, is_calibrated, *(f"{value:.4f}" for value in found), sep="\t")
        if not is_calibrated:
            of_validation = labels[split == "validation"], logits[split == "validation"]
            (factor,), shift = calibration_of(*of_validation)
            print(f"# factor {factor:.3f}, shift {shift:.3f}")
            calibrate(network, *of_validation)


if __name__ == "__main__":
    main()

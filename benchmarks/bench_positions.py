"""What becomes of scores when the site is not in the middle of the window: all test windows of a run, moved.

Usage: python benchmarks/bench_positions.py results/RUN [ARM]

Prints, for several distances and the mean of both directions, the AUROC and the mean logits of bound and unbound
windows, of the mean of all replicates of an arm.
"""

import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow_scripts"))

from genome_data.genome import Genome
from genome_data.windows.table import read_windows
from learning.evaluation.averages import load_classifiers
from learning.evaluation.metrics import auroc
from learning.models.inputs import predict_logits
from learning.models.networks import encoding_of

DISTANCES = (0, 5, 10, 20, 30, 40, 50, 60, 80)


def main(run: Path, arm: str) -> None:
    (task,) = (run / "tasks").iterdir()
    weights = task / "models" / arm / "all" / "weights.safetensors"
    networks = load_classifiers([weights], [weights.with_name("models.json")], torch.device("cpu"))
    (fasta,) = (run / "genomes").glob("*/genome.fa")
    genome = Genome(fasta)
    windows = read_windows(task / "windows.tsv").query("split == 'test'")
    width = int((windows["end"] - windows["start"]).iloc[0])
    is_bound = windows["label"].to_numpy() == 1
    print("bases\tAUROC\tbound\tunbound")
    for distance in DISTANCES:
        found = [
            _measures(networks, genome.codes(windows["contig"], windows["start"] + moved, width), is_bound)
            for moved in {distance, -distance}
        ]
        print(distance, *(f"{value:.3f}" for value in np.mean(found, axis=0)), sep="\t")


def _measures(networks: list[torch.nn.Module], codes: np.ndarray, is_bound: np.ndarray) -> tuple[float, float, float]:
    """AUROC and the mean logits of bound and unbound windows."""
    kmers = [encoding_of(network).indices(torch.from_numpy(codes.astype(np.int64))) for network in networks]
    logits = np.mean([predict_logits(*each) for each in zip(networks, kmers, strict=True)], axis=0)
    return auroc(is_bound, logits), logits[is_bound].mean(), logits[~is_bound].mean()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "default")

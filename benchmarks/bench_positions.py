"""The scores of windows whose site is not in the middle: all windows of a split of a run, moved.

Usage: python benchmarks/bench_positions.py results/RUN [SPLIT [ARM ...]]

Prints, for several distances and the mean of both directions, the AUROC and the mean logits of bound and unbound
windows, of the mean of all replicates of each arm. The split is ``test`` and the arm ``default`` if none is given.
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
from learning.evaluation.predict import logits_of_each

DISTANCES = (0, 5, 10, 20, 30, 40, 50, 60, 80)


def main(run: Path, split: str, arms: list[str]) -> None:
    (task,) = (run / "tasks").iterdir()
    (fasta,) = (run / "genomes").glob("*/genome.fa")
    genome = Genome(fasta)
    windows = read_windows(task / "windows.tsv").query("split == @split")
    width = int((windows["end"] - windows["start"]).iloc[0])
    is_bound = windows["label"].to_numpy() == 1
    moves = [(distance, moved) for distance in DISTANCES for moved in sorted({distance, -distance})]
    codes = [genome.codes(windows["contig"], windows["start"] + moved, width) for _, moved in moves]
    print("arm\tbases\tAUROC\tbound\tunbound")
    for arm in arms:
        weights = task / "models" / arm / "all" / "weights.safetensors"
        networks = load_classifiers([weights], [weights.with_name("models.json")], torch.device("cpu"))
        found = [_measures(networks, each, is_bound) for each in codes]
        for distance in DISTANCES:
            of_distance = [each for each, (moved, _) in zip(found, moves, strict=True) if moved == distance]
            print(arm, distance, *(f"{value:.3f}" for value in np.mean(of_distance, axis=0)), sep="\t")


def _measures(networks: list[torch.nn.Module], codes: np.ndarray, is_bound: np.ndarray) -> tuple[float, float, float]:
    """AUROC and the mean logits of bound and unbound windows."""
    logits = np.mean(logits_of_each(networks, codes), axis=0)
    return auroc(is_bound, logits), logits[is_bound].mean(), logits[~is_bound].mean()


if __name__ == "__main__":
    run, *rest = sys.argv[1:]
    main(Path(run), rest[0] if rest else "test", rest[1:] or ["default"])

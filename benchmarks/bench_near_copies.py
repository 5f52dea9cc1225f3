"""Near-copies of runs, and how well those who know the training sequences by heart do with and without them.

    python benchmarks/bench_near_copies.py results/RUN [results/RUN ...]

Needs tasks/<task>/{windows.tsv,codes.npy,near_copies.npy} and the 6-mer baseline of every task. The nearest neighbour
answers with the class of the training sequence that has most 32-mers in common with a test sequence, on either strand
(the mean of all such sequences); to a sequence that shares none, with the share of class 1 among training sequences. So
its AUROC is 0.5 without near-copies, whatever the task.
"""

import json
import sys
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow_scripts"))

from genome_data.windows.near_copies import canonical_kmers
from genome_data.windows.table import read_windows
from learning.models.classes import auroc
from workflow_support.metrics import BASELINE_ARM, WITHOUT_NEAR_COPIES

BLOCK = 2_000


def neighbour_scores(codes: np.ndarray, near: np.ndarray, training: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The mean label of the training rows that have most 32-mers in common with each of the ``near`` rows."""
    kmers, is_known = canonical_kmers(codes[near])
    of_training = labels[training].mean()
    of_rows = [set(row[known].tolist()) for row, known in zip(kmers, is_known, strict=True)]
    asked = np.unique(kmers[is_known])
    rows_with_kmer = defaultdict(set)
    for start in range(0, len(training), BLOCK):
        rows = training[start : start + BLOCK]
        others, known = canonical_kmers(codes[rows])
        for row, place in np.argwhere(np.isin(others, asked) & known):
            rows_with_kmer[int(others[row, place])].add(rows[row])
    scores = []
    for of_row in of_rows:
        shared = Counter(row for kmer in of_row for row in rows_with_kmer.get(kmer, ()))
        most = max(shared.values(), default=0)
        # A sequence that equals one of training may be too short for a 32-mer.
        scores.append(np.mean([labels[row] for row, count in shared.items() if count == most] or [of_training]))
    return np.array(scores)


def measure(task: Path) -> dict[str, str]:
    """One row of the table: numbers of a task."""
    windows, near_copies = read_windows(task / "windows.tsv"), np.load(task / "near_copies.npy")
    codes, labels, splits = np.load(task / "codes.npy"), windows["label"].to_numpy(), windows["split"].to_numpy()
    test, training = np.flatnonzero(splits == "test"), np.flatnonzero(splits == "train")
    near, of_test = test[near_copies[test]], labels[test]
    scores = np.full(len(labels), labels[training].mean())
    scores[near] = neighbour_scores(codes, near, training, labels)
    right = int(((scores[near] > 0.5) == labels[near]).sum())
    model = task / "models" / BASELINE_ARM
    (evaluation,) = json.loads((model / "evaluation.json").read_text())
    logits = pd.read_csv(model / "predictions.tsv", sep="\t")["logit"].to_numpy()
    whole, rest = evaluation["metrics"], evaluation["subsets"][WITHOUT_NEAR_COPIES]["metrics"]
    mcc = "MCC 0.5" if "MCC 0.5" in whole else "MCC"
    is_near = near_copies[test]
    of_near = auroc(of_test[is_near], logits[is_near]) if np.unique(of_test[is_near]).size == 2 else np.nan
    return {
        "task": task.name,
        "test": f"{len(test):,}",
        "near-copies": f"{len(near):,} ({len(near) / len(test):.1%})",
        "of class 1": f"{labels[near].mean():.2f}",
        "6-mers AUROC": f"{whole['AUROC']:.4f}",
        "without": f"{rest['AUROC']:.4f}",
        "near-copies alone": f"{of_near:.4f}",
        f"6-mers {mcc}": f"{whole[mcc]:.4f}",
        f"{mcc} without": f"{rest[mcc]:.4f}",
        "neighbour AUROC": f"{auroc(of_test, scores[test]):.4f}",
        "neighbour right": f"{right} of {len(near)}",
    }


if __name__ == "__main__":
    for run in sys.argv[1:]:
        for folder in sorted((Path(run) / "tasks").iterdir()):
            print(" | ".join(f"{name} {value}" for name, value in measure(folder).items()))

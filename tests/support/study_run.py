"""Files of a study whose truth is known, of models that never were."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from learning.evaluation.metrics import auroc, calibration_table, sigmoid
from workflow_support.metrics import BASELINE_ARM

ARMS = [
    {"arm": "standard", "representation": "standard", "kmer": 1, "strands": "plain"},
    {"arm": "augmented", "representation": "standard", "kmer": 1, "strands": "augmented"},
    {"arm": "rcps", "representation": "rcps", "kmer": 1, "strands": "plain"},
    *({"arm": f"regular_k{k}", "family": "regular", "representation": "regular", "kmer": k} for k in (1, 2, 3, 4)),
    *(
        {"arm": f"irrep_p{p:g}", "family": "irrep", "representation": "irrep", "kmer": 3, "plus_fraction": p}
        for p in (0.0, 0.25, 0.5, 0.75, 1.0)
    ),
    {"arm": "post_hoc", "combination": "augmented, both strands"},
    {"arm": "best_equivariant", "combination": "best of regular"},
]
COMMON = {"kinds": "binary", "channels": 32, "network": "published", "curvature": None, "linear_map": None}
ROWS = [{"family": arm["arm"]} | COMMON | arm for arm in ARMS]
#: Lead of positives over negatives in standard deviations, with all windows.
LEADS = dict(
    zip(
        [arm["arm"] for arm in ARMS],
        [1.5, 1.55, 1.65, 1.65, 1.7, 1.8, 1.72, 1.5, 1.6, 1.7, 1.82, 1.65, 1.65, 1.8],
        strict=True,
    )
)
SHARE = {"1000": 0.6, "4000": 0.85, "all": 1.0}
TRAIN_SIZES = {"1000": 1000, "4000": 4000, "all": 16000}
STUDY = {
    "reference": {"binary": "standard"},
    "metric": {"binary": "AUROC"},
    "claims": [
        {"better": "best_equivariant", "than": "post_hoc"},
        {"better": "standard", "than": "best_equivariant"},
        {"better": "regular_k3", "than": "regular_k3"},
        {"better": "best_equivariant", "than": "standard", "wider_at": 1000},
    ],
    "groups": {},
    "chosen": ["best_equivariant"],
    "networks": {},
    "published": [{"task": "CTCF", "metric": "AUROC", "value": 0.5, "source": "chance"}],
}


class MockStudy:
    """Evaluations and predictions of every replicate below ``folder``, and a window table of each task."""

    def __init__(self, folder: Path, tasks=("CTCF", "SPI1"), sizes=tuple(SHARE), seeds=range(8), windows=400) -> None:
        self.rng = np.random.default_rng(7)
        self.tasks, self.labels = list(tasks), (np.arange(windows) % 3 == 0).astype(int)
        self.evaluations, self.predictions = [], []
        for task in tasks:
            # What makes a window hard is the same for all models.
            hardness = self.rng.normal(size=windows)
            for arm in LEADS:
                step = 2 if arm == "post_hoc" else 1
                for size in sizes:
                    self._write_arm(folder, task, arm, size, list(seeds)[::step], hardness)
            for size in sizes:
                self._write_arm(folder, task, BASELINE_ARM, size, list(seeds), hardness)
        self.windows = [self._write_windows(folder / task / "windows.tsv") for task in tasks]
        self.kinds = dict.fromkeys(tasks, "binary")

    def _without_near_copies(self, logits):
        """The metrics without the first tenth of the test windows."""
        rest = slice(len(logits) // 10, None)
        auroc_of_rest = auroc(self.labels[rest], logits[rest])
        return {"windows": len(logits[rest]), "metrics": {"AUROC": auroc_of_rest, "MCC": auroc_of_rest / 2}}

    def write_near_copies(self, path):
        """The table of near-copies: 12 of 100 test windows of each task, and 3 shared by the first with the last."""
        rows = [
            (task, "test", other, 32, 100, 12 if task == other else 0) for task in self.tasks for other in self.tasks
        ]
        table = pd.DataFrame(rows, columns=["task", "split", "training_task", "k", "sequences", "near_copies"])
        is_pair = (table["task"] == self.tasks[0]) & (table["training_task"] == self.tasks[-1])
        table.loc[is_pair & (table["task"] != table["training_task"]), "near_copies"] = 3
        table.assign(share=table["near_copies"] / table["sequences"]).to_csv(path, sep="\t", index=False)
        return path

    def _write_arm(self, folder, task, arm, size, seeds, hardness):
        path = folder / task / arm / size
        path.mkdir(parents=True)
        records, tables = zip(*(self._replicate(task, arm, size, seed, hardness) for seed in seeds), strict=True)
        (path / "evaluation.json").write_text(json.dumps(records))
        pd.concat(tables).to_csv(path / "predictions.tsv", sep="\t", index=False, float_format="%.6g")
        self.evaluations.append(path / "evaluation.json")
        self.predictions.append(path / "predictions.tsv")

    def _replicate(self, task, arm, size, seed, hardness):
        lead = LEADS.get(arm, 1.0) * SHARE[size] + self.rng.normal(0, 0.02)
        logits = lead * self.labels - 1.0 + 0.9 * hardness + self.rng.normal(0, 0.2, len(hardness))
        evaluation = {
            "task": task,
            "arm": arm,
            "size": size,
            "seed": seed,
            "train_size": TRAIN_SIZES[size],
            "members": 1,
            "parameters": 1_234_567,
            "multiply_adds": 45_000_000,
            "validation_quality": 0.7 + lead / 10,
            "metrics": {"AUROC": auroc(self.labels, logits), "MCC": lead / 3},
            "calibration": calibration_table(self.labels, sigmoid(logits)),
            "subsets": {"without near-copies": self._without_near_copies(logits)},
        }
        if arm != BASELINE_ARM:
            flipped = float(self.rng.uniform(0.01, 0.06)) if arm in ("standard", "augmented") else 0.0
            aurocs = {distance: evaluation["metrics"]["AUROC"] - distance / 2_000 for distance in (0, 250, 500)}
            evaluation["positions"] = [
                {"distance": distance, "auroc": value, "mean_logit": 1 - distance / 500, "called": 0.5}
                for distance, value in aurocs.items()
            ]
            evaluation["reverse_complement"] = {"largest_absolute": 3 * flipped, "flipped": flipped}
        if arm == "best_equivariant":
            # Of eight seeds one half chooses the one, the other half the other.
            best, other = ("regular_k3", "regular_k4") if seed % 2 == 0 else ("regular_k4", "regular_k3")
            evaluation |= {"chosen": [best], "candidates": {best: 0.9, other: 0.88}}
        names = {"name": [f"w{i}" for i in range(len(logits))], "contig": "chr1"}
        names["start"] = 2000 * np.arange(len(logits))
        names["end"] = names["start"] + 1000
        scores = {"split": "test", "label": self.labels, "logit": logits, "probability": sigmoid(logits)}
        return evaluation, pd.DataFrame(names | scores).assign(seed=seed)

    def _write_windows(self, path):
        splits = np.repeat(["train", "validation", "test"], [600, 200, len(self.labels)])
        frame = pd.DataFrame({"contig": "chr1", "start": 0, "end": 1000, "name": "w", "label": 0, "split": splits})
        frame.loc[::3, "label"] = 1
        frame.assign(gc=0.5).to_csv(path, sep="\t", index=False)
        return path

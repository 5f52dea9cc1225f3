"""Tables as a run leaves them, of models that never were, for tests of figures."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from learning.evaluation.metrics import auprc, auroc, sigmoid

TASKS = ["CTCF", "SPI1"]
GROUPS = {"standard": "standard", "regular_k1": "regular", "regular_k3": "regular", "irrep_k3": "irrep"}
ARMS = list(GROUPS)
SEEDS = [1, 2, 3]
BASELINE = "kmer_logistic_regression"
SEPARATION = dict(zip([*ARMS, BASELINE], [1.9, 2.1, 2.3, 2.2, 1.0], strict=True))
RC_ERRORS = {"standard": 2.5, "regular_k1": 0.0, "regular_k3": 4e-7, "irrep_k3": 9e-7}
WINDOWS = 900


class MockRun:
    """Files of every model of a run below ``folder``; scores are normal, positives shifted by the arm's separation."""

    def __init__(self, folder: Path, tasks: list[str] = TASKS) -> None:
        self.rng = np.random.default_rng(7)
        self.tasks, self.arms = tasks, GROUPS
        self.evaluations, self.predictions, self.network_evaluations, self.histories = [], [], [], []
        self.models = []
        for task in tasks:
            for arm in ARMS:
                model = folder / task / arm
                self._write_arm(model, task, arm, SEEDS)
                self.network_evaluations.append(model / "evaluation.json")
                self.histories.append(self._write_history(model / "history.tsv"))
                self.models.append(model / "models.json")
            self._write_arm(folder / task / BASELINE, task, BASELINE, [1])
        self.counts = [self._write_counts(folder / task / "peak_counts.tsv") for task in tasks]
        self.windows = [self._write_windows(folder / task / "windows.tsv") for task in tasks]

    def _write_arm(self, folder: Path, task: str, arm: str, seeds: list[int]) -> None:
        folder.mkdir(parents=True)
        records, tables = zip(*(self._replicate(task, arm, seed) for seed in seeds), strict=True)
        (folder / "evaluation.json").write_text(json.dumps(records))
        pd.concat(tables).to_csv(folder / "predictions.tsv", sep="\t", index=False)
        self.evaluations.append(folder / "evaluation.json")
        self.predictions.append(folder / "predictions.tsv")

    def _replicate(self, task: str, arm: str, seed: int) -> tuple[dict, pd.DataFrame]:
        labels = (np.arange(WINDOWS) % 3 == 0).astype(int)
        logits = self.rng.normal(labels * SEPARATION[arm], 1) - 1.5
        evaluation = {
            "task": task,
            "arm": arm,
            "seed": seed,
            "metrics": {"AUROC": auroc(labels, logits), "AUPRC": auprc(labels, logits)},
        }
        if arm != BASELINE:
            error = RC_ERRORS[arm] * self.rng.uniform(0.5, 2)
            evaluation["reverse_complement"] = {"largest_absolute": error}
        return evaluation, pd.DataFrame(
            {"seed": seed, "label": labels, "logit": logits, "probability": sigmoid(logits)}
        )

    def _write_history(self, path: Path) -> Path:
        rows = pd.DataFrame([(seed, epoch) for seed in SEEDS for epoch in range(1, 13)], columns=["seed", "epoch"])
        (path.parent / "models.json").write_text(
            json.dumps([{"seed": seed, "fold": None, "best_epoch": 9} for seed in SEEDS])
        )
        rise = 0.9 - 0.4 * np.exp(-rows["epoch"] / 3) + self.rng.normal(0, 0.01, len(rows))
        rows.assign(train_loss=1 - rise, validation_auroc=rise).to_csv(path, sep="\t", index=False)
        return path

    def _write_counts(self, path: Path) -> Path:
        dropped = {"contig_not_in_genome": 412, "beyond_contig_end": 1, "blacklisted": 0, "straddles_splits": 23}
        rows = {"in": 1700, **dropped, "kept": 1700 - sum(dropped.values())}
        table = pd.DataFrame({"reason": rows.keys(), "rows": rows.values(), "format": "narrowPeak, centred on summits"})
        table.to_csv(path, sep="\t", index=False)
        return path

    def _write_windows(self, path: Path) -> Path:
        frame = pd.DataFrame(
            {
                "split": self.rng.choice(["train", "validation", "test"], 3000, p=[0.6, 0.2, 0.2]),
                "label": self.rng.choice([0, 1], 3000, p=[0.67, 0.33]),
                "gc": self.rng.normal(0.48, 0.05, 3000),
            }
        )
        frame.to_csv(path, sep="\t", index=False)
        return path

"""Files of a profile task whose windows hold a motif with known footprints."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from genome_data.windows.table import write_windows

GROUPS, SEEDS = {"standard": "standard", "regular_k3": "regular"}, [1, 2]
ARMS = list(GROUPS)
WINDOW, WIDTH, OUTPUT = 700, 460, 440
WINDOWS, TEST = 30, 12
# Of the strand of the motif, and of the other one, from its middle.
UPSTREAM, DOWNSTREAM = -12, 9


class ProfileRun:
    """Files of a task whose windows hold a motif, on either strand, up to 20 bases from the summit."""

    def __init__(self, folder: Path) -> None:
        self.folder, rng = folder, np.random.default_rng(4)
        start = np.arange(WINDOWS) * 5_000 + 1_000
        table = pd.DataFrame({"contig": "chrA", "start": start, "end": start + WINDOW, "label": 1, "gc": 0.5})
        table["name"] = [f"peak_{row}" for row in table.index]
        table["split"] = ["test" if row % 5 < 2 else "train" for row in table.index]
        write_windows(table, folder / "windows.tsv")
        counts = rng.poisson(0.02, (WINDOWS, 2, WIDTH)).astype(np.uint16)
        self.middles, is_reverse = start + WINDOW // 2 + rng.integers(-20, 21, WINDOWS), rng.random(WINDOWS) < 0.5
        for row, middle in enumerate(self.middles - start - (WINDOW - WIDTH) // 2):
            plus, minus = (-DOWNSTREAM, -UPSTREAM) if is_reverse[row] else (UPSTREAM, DOWNSTREAM)
            counts[row, 0, middle + plus] += 50
            counts[row, 1, middle + minus] += 30
        np.save(folder / "counts.npy", counts)
        self.sites = pd.DataFrame({"contig": "chrA", "start": self.middles - 4, "end": self.middles + 5})
        self.sites["strand"] = np.where(is_reverse, "-", "+")
        self.sites.assign(kind="site").to_csv(folder / "sites.tsv", sep="\t", index=False)
        strands = {"sigma": 5.0, "flank": 200, "shift": {"plus": -11, "minus": 11}}
        (folder / "strands.json").write_text(json.dumps(strands))
        self._write_predictions(table, counts, rng)
        self.models = [self._write_arm(arm, rng) for arm in ARMS]

    def _write_predictions(self, table: pd.DataFrame, counts: np.ndarray, rng: np.random.Generator) -> None:
        profiles = rng.dirichlet(np.ones(OUTPUT), (len(SEEDS), TEST, 2)).astype(np.float32)
        np.save(self.folder / "profiles.npy", profiles)
        self.test = np.flatnonzero(table["split"] == "test")
        rows = table.iloc[self.test].assign(reads=np.arange(100, 100 + TEST))
        # The second replicate, which is not drawn, is best where the first is worst.
        divergences = dict(zip(SEEDS, ([0.5, 0.1], [0.1, 0.5]), strict=True))
        tables = [rows.assign(seed=seed, JSD=np.linspace(*ends, TEST)) for seed, ends in divergences.items()]
        pd.concat(tables).to_csv(self.folder / "predictions.tsv", sep="\t", index=False)

    def _write_arm(self, arm: str, rng: np.random.Generator) -> Path:
        model = self.folder / arm
        model.mkdir(parents=True)
        values = {"JSD": 0.3, "JSD floor": 0.4, "JSD ceiling": 0.2, "Spearman 1 bp": 0.5, "Count Pearson": 0.6}
        records = [
            {"task": "Max", "arm": arm, "seed": seed}
            | {"metrics": {name: value + rng.uniform(0, 0.05) for name, value in values.items()}}
            for seed in SEEDS
        ]
        (model / "evaluation.json").write_text(json.dumps(records))
        epochs = pd.DataFrame([(seed, epoch) for seed in SEEDS for epoch in range(1, 6)], columns=["seed", "epoch"])
        (model / "models.json").write_text(
            json.dumps([{"seed": seed, "fold": None, "best_epoch": 4} for seed in SEEDS])
        )
        losses = {"train_loss": 901 / epochs["epoch"]}
        losses |= {"validation_profile_loss": 900 / epochs["epoch"], "validation_count_loss": 1 / epochs["epoch"]}
        epochs.assign(**losses).to_csv(model / "history.tsv", sep="\t", index=False)
        return model

    def inputs(self, name: str) -> dict:
        evaluations = [model / "evaluation.json" for model in self.models]
        of_task = {each: self.folder / f"{each}.{end}" for each, end in (("windows", "tsv"), ("counts", "npy"))}
        examples = {"predictions": self.folder / "predictions.tsv", "profiles": self.folder / "profiles.npy"}
        footprint = {"strands": self.folder / "strands.json", "sites": self.folder / "sites.tsv"}
        return {
            "profile_performance": {"evaluations": evaluations, "arms": GROUPS},
            "profile_training_curves": {
                "arms": GROUPS,
                "evaluations": evaluations,
                "histories": [model / "history.tsv" for model in self.models],
                "models": [model / "models.json" for model in self.models],
            },
            "profile_examples": of_task | examples,
            "strand_footprint": of_task | footprint,
        }[name]

"""Tables of a study whose arms differ by known leads."""

import numpy as np
import pandas as pd
from study_run import LEADS, ROWS

from study.evaluations import means_table
from workflow_support.metrics import BASELINE_ARM

SHOWN = ["standard", "augmented", "rcps", "regular_k3", "irrep_p0.75", "post_hoc", "best_equivariant"]
SIZES = {"1000": 1000, "all": 20_000}
ARMS = pd.DataFrame(ROWS).fillna({"combination": "", "representation": "", "training": ""})
GROUPS = dict(zip(ARMS["arm"], ARMS["representation"].replace("", "combination"), strict=True))


class StudyTables:
    """The tables of a study in which an arm's metric is 0.7 + its lead / 20, less with 1,000 windows."""

    def __init__(self, tasks, seeds, without=()):
        generator = np.random.default_rng(0)
        models = [(t, a, s, seed) for t in tasks for a in LEADS for s in SIZES for seed in range(seeds)]
        frame = pd.DataFrame(models, columns=["task", "arm", "size", "seed"])
        frame = frame[~frame["arm"].isin(without)]
        frame["train_size"] = frame["size"].map(SIZES)
        noise = generator.normal(0, 0.002, len(frame))
        value = 0.7 + frame["arm"].map(LEADS) / 20 - 0.05 * (frame["size"] == "1000") + noise
        is_plain = frame["arm"].isin(["standard", "augmented"])
        flips = np.where(is_plain, generator.uniform(0.01, 0.05, len(frame)), 0)
        self.replicates = pd.concat(
            [frame.assign(metric="AUROC", value=value), frame.assign(metric="RC flips", value=flips)]
        )
        self.means, self.table, self.tasks, self.shown = means_table(self.replicates), ARMS, list(tasks), SHOWN
        self.arms = {arm: group for arm, group in GROUPS.items() if arm not in without}
        self.shown = [arm for arm in SHOWN if arm not in without]
        self.metrics, self.references = dict.fromkeys(tasks, "AUROC"), dict.fromkeys(tasks, "standard")
        self.comparisons = self._comparisons()
        self.intervals = self._intervals()
        self.positions = self._positions()

    def _intervals(self):
        """Intervals over seeds and windows, 0.01 to either side, and a floor of 0.71."""
        table = self.means[self.means["metric"] == "AUROC"].assign(metric="AUROC")
        floors = table[table["arm"] == "standard"].assign(arm=BASELINE_ARM, mean=0.71)
        table = pd.concat([table, floors])[["task", "arm", "size", "metric", "replicates", "mean"]]
        return table.assign(low=table["mean"] - 0.01, high=table["mean"] + 0.01)

    def _positions(self):
        """AUROC falls by 0.002 per base, and the mean score by 0.05."""
        at_middle = self.means[self.means["metric"] == "AUROC"].drop(columns=["metric", "low", "high", "sd"])
        moved = at_middle.merge(pd.DataFrame({"distance": [0, 25, 50, 100]}), how="cross")
        values = {"auroc": moved["mean"] - 0.002 * moved["distance"], "mean_logit": 3 - 0.05 * moved["distance"]}
        return moved.assign(**values, called=0.5)

    def _comparisons(self):
        means = self.means[self.means["metric"] == "AUROC"].set_index(["task", "size", "arm"])["mean"]
        rows = [
            {"task": t, "size": s, "metric": "AUROC", "arm": a, "reference": "standard", "difference": mean}
            for (t, s, a), mean in (means - means.xs("standard", level="arm")).items()
            if a != "standard"
        ]
        table = pd.DataFrame(rows)
        reach = {"low": -0.006, "high": 0.006}
        return table.assign(**{name: table["difference"] + by for name, by in reach.items()})

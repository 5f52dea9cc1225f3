"""Replicates of two arms, paired by seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .predictions import Replicate
from .statistics import percentile_interval, t_interval


@dataclass(frozen=True)
class Pairs:
    """Values of two arms for the same seeds.

    Attributes
    ----------
    first, second
        Values by seed.
    resampled
        Bootstrap values (resamples,) of the mean difference first - second; None if windows were not resampled.
    """

    first: pd.Series
    second: pd.Series
    resampled: np.ndarray | None

    @property
    def differences(self) -> np.ndarray:
        return (self.first - self.second).to_numpy()

    def seed_interval(self) -> tuple[float, float]:
        return t_interval(self.differences)

    def window_interval(self) -> tuple[float, float]:
        return (np.nan, np.nan) if self.resampled is None else percentile_interval(self.resampled)


class Measurements:
    """The study metric of every replicate of a run, and its bootstrap values.

    Parameters
    ----------
    replicates
        ``task, arm, size, seed, metric, value``.
    metrics
        The study metric of each task.
    resampled
        Bootstrap values (resamples,) of some or all replicates.
    """

    def __init__(
        self, replicates: pd.DataFrame, metrics: Mapping[str, str], resampled: Mapping[Replicate, np.ndarray]
    ) -> None:
        of_study = replicates[replicates["metric"] == replicates["task"].map(metrics)]
        self._values = {
            model: of_model.set_index("seed")["value"]
            for model, of_model in of_study.groupby(["task", "arm", "size"], sort=False)
        }
        self._resampled = resampled
        self.models = list(self._values)

    def sizes(self, task: str, first: str, second: str) -> list[str]:
        """The sizes at which two arms have at least one seed in common."""
        sizes = dict.fromkeys(size for of_task, _, size in self.models if of_task == task)
        return [size for size in sizes if len(self._common_seeds(task, first, second, size))]

    def pairs(self, task: str, first: str, second: str, size: str) -> Pairs:
        """The values of two arms for their common seeds."""
        seeds = self._common_seeds(task, first, second, size)
        resampled = [
            self._difference((task, first, size, seed), (task, second, size, seed))
            for seed in seeds
            if {(task, first, size, seed), (task, second, size, seed)} <= self._resampled.keys()
        ]
        ours, theirs = (self._values[task, arm, size][seeds] for arm in (first, second))
        return Pairs(ours, theirs, np.mean(resampled, axis=0) if len(resampled) == len(seeds) else None)

    def _common_seeds(self, task: str, first: str, second: str, size: str) -> pd.Index:
        none = pd.Series(dtype="float64")
        ours, theirs = (self._values.get((task, arm, size), none).index for arm in (first, second))
        return ours.intersection(theirs)

    def _difference(self, first: Replicate, second: Replicate) -> np.ndarray:
        return self._resampled[first] - self._resampled[second]


def widening(at: Pairs, against: Pairs) -> Pairs:
    """Pairs of differences: those of ``at`` and, for the same seeds, those of ``against``."""
    seeds = at.first.index.intersection(against.first.index)
    differences = [(pairs.first - pairs.second)[seeds] for pairs in (at, against)]
    # The test windows of a task are drawn once for all sizes, so that draws can be subtracted.
    both = at.resampled is not None and against.resampled is not None
    return Pairs(*differences, at.resampled - against.resampled if both else None)

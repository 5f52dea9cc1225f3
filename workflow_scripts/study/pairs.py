"""Replicates of arms, alone or paired by seed, and the evidence that they give."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from .evidence import Evidence, covariance_of_tasks, influences, of_one_task, over_tasks
from .predictions import WindowValues

Differences = TypeVar("Differences", np.ndarray, pd.Series)

_ROUNDING = 1e-12
"""A difference that is a smaller share of the values is due to the rounding of sums, and counts as none."""


@dataclass(frozen=True, eq=False)
class Values:
    """Values of one task by seed, of an arm or differences of two, and how the test windows make up their mean.

    Attributes
    ----------
    by_seed
        One value per seed (seeds,).
    windows
        The mean over seeds of the values of test windows (windows,); None if the values of any seed are not known.
    strata, keys, places
        The class, the key and the place of each of these windows.
    is_chosen
        Whether the networks of some seeds were chosen by other seeds.
    size
        The largest absolute value, of a difference that of the values that it is made of.
    """

    by_seed: pd.Series
    windows: np.ndarray | None
    strata: np.ndarray | None
    keys: np.ndarray | None
    places: np.ndarray | None
    is_chosen: bool
    size: float

    def evidence(self) -> Evidence | None:
        """The evidence on this task; None if nothing is known about windows."""
        if self.windows is None:
            return None
        return of_one_task(self.by_seed.to_numpy(), self.windows, self.strata, self.is_chosen, self.places)

    def classes_of_places(self) -> np.ndarray:
        """The class of each place (places,); of one with windows of several classes, each of them."""
        if self.places is None:
            return self.strata
        return np.unique(np.stack([self.strata, self.places]), axis=1)[0]

    def times(self, factor: float) -> Values:
        """All values times a factor."""
        windows = None if self.windows is None else factor * self.windows
        return replace(self, by_seed=factor * self.by_seed, windows=windows, size=abs(factor) * self.size)

    def minus(self, other: Values) -> Values:
        """The difference from values of the same task, for the seeds that both have.

        Differences by rounding alone are 0. They may be alike in all seeds and windows, and would then be certain.
        """
        size = max(self.size, other.size)
        by_seed = (self.by_seed - other.by_seed).dropna()
        # The test windows of a task are the same for all sizes, so that their values can be subtracted.
        known = self.windows is not None and other.windows is not None
        return replace(
            self,
            by_seed=_without_rounding(by_seed, size),
            windows=_without_rounding(self.windows - other.windows, size) if known else None,
            is_chosen=self.is_chosen or other.is_chosen,
            size=size,
        )


def evidence_of_tasks(values: Sequence[Values]) -> Evidence:
    """The evidence of several tasks on tasks like them.

    If the test windows of some tasks are not known, the tasks are taken to have none in common.
    """
    means = np.array([of_task.by_seed.mean() for of_task in values])
    if any(of_task.windows is None for of_task in values):
        return over_tasks(means)
    added = np.concatenate([influences(of_task.windows, of_task.strata) for of_task in values])
    return over_tasks(means, *covariance_of_tasks(added, np.concatenate([each.keys for each in values]), len(values)))


class Measurements:
    """The study metric of every replicate of a run, and what test windows add to it.

    Parameters
    ----------
    replicates
        ``task, arm, size, seed, metric, value``.
    metrics
        The study metric of each task.
    windows
        The values of test windows, of some or all replicates.
    chosen
        The "best of" combinations.
    """

    def __init__(
        self,
        replicates: pd.DataFrame,
        metrics: Mapping[str, str],
        windows: WindowValues | None = None,
        chosen: Collection[str] = (),
    ) -> None:
        of_study = replicates[replicates["metric"] == replicates["task"].map(metrics)]
        self._values = {
            model: of_model.set_index("seed")["value"]
            for model, of_model in of_study.groupby(["task", "arm", "size"], sort=False)
        }
        self._windows, self._chosen = windows or WindowValues(), chosen
        self.models = list(self._values)

    def sizes(self, task: str, first: str, second: str) -> list[str]:
        """The sizes at which two arms have at least one seed in common."""
        sizes = dict.fromkeys(size for of_task, _, size in self.models if of_task == task)
        return [size for size in sizes if len(self._common_seeds(task, first, second, size))]

    def of_arm(self, task: str, arm: str, size: str, seeds: pd.Index | None = None) -> Values:
        """The values of an arm, for all its seeds or for some of them."""
        by_seed = self._values[task, arm, size] if seeds is None else self._values[task, arm, size][seeds]
        found = [self._windows.values.get((task, arm, size, seed)) for seed in by_seed.index]
        windows = None if any(each is None for each in found) else np.mean(found, axis=0, dtype=np.float64)
        of_windows = self._windows.strata, self._windows.keys, self._windows.places
        strata, keys, places = (of_tasks.get(task) for of_tasks in of_windows)
        size = max(map(_size, (by_seed.to_numpy(), [] if windows is None else windows)))
        return Values(by_seed, windows, strata, keys, places, arm in self._chosen, size)

    def difference(self, task: str, first: str, second: str, size: str) -> Values:
        """The differences first - second of two arms for their common seeds."""
        seeds = self._common_seeds(task, first, second, size)
        return self.of_arm(task, first, size, seeds).minus(self.of_arm(task, second, size, seeds))

    def _common_seeds(self, task: str, first: str, second: str, size: str) -> pd.Index:
        none = pd.Series(dtype="float64")
        ours, theirs = (self._values.get((task, arm, size), none).index for arm in (first, second))
        return ours.intersection(theirs)


def _size(values: npt.ArrayLike) -> float:
    """The largest absolute value; a window or seed without a value has NaN."""
    return float(np.max(np.abs(values), initial=0.0, where=np.isfinite(values)))


def _without_rounding(differences: Differences, size: float) -> Differences:
    """Differences, but 0 where they are due to rounding."""
    return differences * (abs(differences) > _ROUNDING * size)

"""The evidence for a claim: its mean gain, and the variance of that mean by source.

The gain of task t with seed s on the test windows of t is modelled as

    gain[t, s] = mean + task[t] + seed[t, s] + windows[t].

The test windows are the same for all seeds, so more seeds do not average their noise away. A claim about one task is
about ``mean + task[t]``: its variance is that over seeds, divided by their number, plus that over test windows. A claim
about tasks like those that were studied is about ``mean``. The means of the tasks vary for all three reasons, so their
variance over tasks has everything in it, and tasks may differ in their noise. Only what tasks have in common does not
show in it: if they have test windows in common, the covariance that these cause is added.

All functions broadcast over leading axes. ``docs/error_rates.md`` has the rates of false verdicts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .statistics import combined_p, combined_reach

LEAST_SEEDS = 3
"""The smallest number of seeds, or groups of seeds, with a verdict on one task."""
LEAST_TASKS = 3
"""The smallest number of tasks with a verdict on tasks like them."""
CHOICE_COVARIANCE = 0.36
"""The largest correlation between the means of two halves of replicates, each served by the best of the other half.

Of C equal candidates it is m² / (C - 1), where m is the mean of the largest of C standard normal numbers, which is
largest for three (:mod:`learning.evaluation.choices`).
"""


@dataclass(frozen=True, eq=False)
class Evidence:
    """A mean (...), its variances by source (..., sources), and the degrees of freedom of each estimate (sources,).

    The sources are seeds and each class of test windows; or tasks, and test windows that tasks have in common.
    """

    mean: np.ndarray
    variances: np.ndarray
    degrees: np.ndarray

    def p(self) -> np.ndarray:
        """The two-sided p value of a mean of zero."""
        return combined_p(self.mean, self.variances, self.degrees)

    def interval(self) -> tuple[np.ndarray, np.ndarray]:
        """The 95 % interval of the mean. It leaves 0 out exactly if p is below 0.05."""
        reach = combined_reach(self.variances, self.degrees)
        return self.mean - reach, self.mean + reach

    def error(self, sources: slice = slice(None)) -> np.ndarray:
        """The standard error of the mean due to some of its sources."""
        return np.sqrt(self.variances[..., sources].sum(axis=-1))


def of_one_task(
    by_seed: np.ndarray,
    windows: np.ndarray,
    strata: np.ndarray,
    is_chosen: bool = False,
    places: np.ndarray | None = None,
) -> Evidence:
    """The evidence from the seeds of one task; the seeds are the first source.

    Windows of one place share bases, and count as one draw: the variance over windows is that of the sums of places, as
    if places were drawn again with all of their windows (Obuchowski 1997).

    Parameters
    ----------
    by_seed
        One value per seed (..., seeds).
    windows
        The values of test windows (..., windows) whose mean this is, averaged over seeds, as
        :mod:`study.window_values` defines them.
    strata
        The class of each window (windows,). Classes keep their sizes.
    is_chosen
        Whether seeds chose among candidates for each other, which ties them. Their variance is then scaled up.
    places
        The place of each window (windows,): equal integers are one place. By default, each window is a place.
    """
    seeds = by_seed.shape[-1]
    of_seeds = _variance_of_mean(by_seed)
    if is_chosen:
        of_seeds = of_seeds * choice_factor(seeds)
    places = np.arange(len(strata)) if places is None else places
    members = [np.flatnonzero(strata == stratum) for stratum in np.unique(strata)]
    of_windows = [_variance_over_places(windows[..., rows], places[rows]) for rows in members]
    numbers = [np.unique(places[rows]).size for rows in members]
    degrees = [max(number - 1, 1) for number in (seeds, *numbers)]
    return Evidence(by_seed.mean(axis=-1), np.stack([of_seeds, *of_windows], axis=-1), np.array(degrees))


def over_tasks(means: np.ndarray, common: np.ndarray | float = 0.0, windows: int = 0) -> Evidence:
    """The evidence on other tasks from the mean gains of tasks (..., tasks), which count alike.

    Parameters
    ----------
    common, windows
        The covariance (...) of :func:`covariance_of_tasks`, and the number of windows that it comes from.
    """
    tasks = means.shape[-1]
    of_tasks = _variance_of_mean(means)
    variances = np.stack([of_tasks, np.broadcast_to(np.maximum(common, 0.0), of_tasks.shape)], axis=-1)
    return Evidence(means.mean(axis=-1), variances, np.array([tasks - 1, max(windows, tasks) - 1]))


def influences(windows: np.ndarray, strata: np.ndarray) -> np.ndarray:
    """The part of each test window in the mean of a task (..., windows); the squares add up to its variance."""
    found = np.empty(windows.shape)
    for stratum in np.unique(strata):
        rows = np.flatnonzero(strata == stratum)
        of_class = windows[..., rows]
        scale = np.sqrt(len(rows) * max(len(rows) - 1, 1))
        found[..., rows] = (of_class - of_class.mean(axis=-1, keepdims=True)) / scale
    return found


def covariance_of_tasks(added: np.ndarray, keys: np.ndarray, tasks: int) -> tuple[np.ndarray, int]:
    """The mean covariance (...) of two tasks that is due to test windows in common, and the number of these windows.

    Parameters
    ----------
    added
        The influences of the windows of all tasks, one task after the other (..., windows of all tasks).
    keys
        What identifies a window (windows of all tasks,): equal ones are the same window in several tasks.
    """
    order = np.argsort(keys, kind="stable")
    starts = np.flatnonzero(np.diff(keys[order], prepend=keys[order][0] - 1))
    sizes = np.diff(starts, append=len(keys))
    if sizes.max() == 1:
        return np.zeros(added.shape[:-1]), 0
    sums = np.add.reduceat(added[..., order], starts, axis=-1)
    of_pairs = (sums**2).sum(axis=-1) - (added**2).sum(axis=-1)
    return of_pairs / (tasks * (tasks - 1)), int((sizes > 1).sum())


def choice_factor(seeds: int) -> float:
    """The factor that makes the variance over seeds, divided by their number, that of the mean of chosen networks.

    The halves that choose for each other vary together, which their mean shows and the variance within them does not.
    """
    return (1 + CHOICE_COVARIANCE) / (1 - CHOICE_COVARIANCE / max(seeds - 1, 1))


def _variance_over_places(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    """The variance of a mean over the last axis, whose values are drawn place by place; NaN for a single place."""
    order = np.argsort(places, kind="stable")
    starts = np.flatnonzero(np.diff(places[order], prepend=places[order][0] - 1))
    if len(starts) == len(places):
        return _variance_of_mean(values)
    if len(starts) < 2:
        return np.full(values.shape[:-1], np.nan)
    distances = values - values.mean(axis=-1, keepdims=True)
    sums = np.add.reduceat(distances[..., order], starts, axis=-1)
    return (sums**2).sum(axis=-1) * len(starts) / (len(starts) - 1) / values.shape[-1] ** 2


def _variance_of_mean(values: np.ndarray) -> np.ndarray:
    """The variance of a mean over the last axis; NaN for a single value, which does not show it."""
    if values.shape[-1] < 2:
        return np.full(values.shape[:-1], np.nan)
    return values.var(axis=-1, ddof=1) / values.shape[-1]

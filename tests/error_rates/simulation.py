"""Gains of simulated studies, and how often their verdicts are false.

The unit is the standard deviation of one network over seeds. All arms are equal on average, unless said otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from learning.evaluation.choices import choose, qualities_of_others
from study.claims import FAILS, HOLDS, line_weights, verdicts
from study.evidence import LEAST_TASKS, Evidence, covariance_of_tasks, influences, of_one_task, over_tasks
from study.statistics import CONFIDENCE, combined_reach, holm

POSITIVES, NEGATIVES = 20, 80
STRATA = np.repeat([1, 0], [POSITIVES, NEGATIVES])
LUCK = 0.9
"""Correlation, over seeds, of the quality of a network on the validation split and on the test split."""
STUDIES_AT_ONCE = 250
HALF, OTHERS, ALL = "the other half", "all others", "all"


@dataclass(frozen=True)
class Design:
    """The size of a study and the noise in it.

    Parameters
    ----------
    seeds, tasks
        Their numbers.
    arms
        All pairs of arms are claims: 4 arms make 6 claims, 7 arms 21.
    candidates
        If not 0, the one claim is that the best of so many arms is better than another arm.
    way
        The seeds that choose it for each seed: the other half, as studies do, or all others, or all.
    windows
        Standard deviation of what the test windows add to an arm. It is the same for all seeds.
    between_tasks
        Standard deviation, between tasks, of the true quality of an arm. Its mean over all tasks is that of the others.
    shared
        The share of the variance over windows that all tasks have in common, if it is not 0; the windows are then the
        same.
    """

    seeds: int
    tasks: int
    arms: int = 2
    candidates: int = 0
    way: str = HALF
    windows: float = 0.5
    between_tasks: float = 0.0
    shared: float = 0.0

    @property
    def claims(self) -> int:
        return 1 if self.candidates else self.arms * (self.arms - 1) // 2


@dataclass(frozen=True, eq=False)
class Gains:
    """Simulated gains: by seed (studies, claims, tasks, seeds), of windows (…, tasks, windows), and true (…, tasks)."""

    by_seed: np.ndarray
    windows: np.ndarray
    true: np.ndarray
    is_chosen: bool = False
    has_common_windows: bool = False


def false_rate(design: Design, studies: int) -> float:
    """The share of studies with at least one false verdict.

    A verdict is false if its claim is not true in the direction of the verdict. Claims about tasks together are never
    true here.
    """
    return float(np.mean([wrong for gains in simulated(design, studies) for wrong in has_false_verdict(gains)]))


def has_false_verdict(gains: Gains) -> np.ndarray:
    """Whether a study (studies,) has a false verdict, after Holm's correction over its lines."""
    of_lines, claims, tasks = list(lines(gains)), *gains.true.shape[1:]
    p, means = (
        np.concatenate([values.reshape(len(values), -1) for values in of_all], axis=1)
        for of_all in zip(*((evidence.p(), evidence.mean) for evidence in of_lines), strict=True)
    )
    true = gains.true.reshape(len(p), -1)
    if tasks >= LEAST_TASKS:
        true = np.concatenate([true, np.zeros((len(p), claims))], axis=1)
    found = verdicts(means, holm(p, weights_of(claims, tasks)))
    return (((found == HOLDS) & (true <= 0)) | ((found == FAILS) & (true >= 0))).any(axis=1)


def weights_of(claims: int, tasks: int) -> np.ndarray:
    """The weights of the lines of :func:`lines` in Holm's correction."""
    together = claims if tasks >= LEAST_TASKS else 0
    of_claims = pd.Series([*np.repeat(range(claims), tasks), *range(together)])
    return line_weights(of_claims, of_claims.index >= claims * tasks).to_numpy()


def lines(gains: Gains) -> Iterator[Evidence]:
    """Yield the evidence of the lines of a table of claims: on single tasks, and from three on, on tasks together."""
    yield of_one_task(gains.by_seed, gains.windows, STRATA, gains.is_chosen)
    tasks = gains.by_seed.shape[2]
    if tasks >= LEAST_TASKS:
        added = influences(gains.windows, STRATA).reshape(*gains.windows.shape[:2], -1)
        yield over_tasks(gains.by_seed.mean(axis=-1), *covariance_of_tasks(added, keys_of(gains), tasks))


def keys_of(gains: Gains) -> np.ndarray:
    """The keys of the windows of all tasks, one task after the other."""
    tasks, windows = gains.windows.shape[2:]
    return np.tile(np.arange(windows), tasks) if gains.has_common_windows else np.arange(tasks * windows)


def needed_gain(design: Design, claims: int, power: float = 0.8) -> float:
    """The true gain with which a claim holds in a share ``power`` of studies with so many claims.

    It is that of tasks together if there are enough of them, and otherwise that of a single task. Its p value is as
    small as Holm's correction asks of the smallest one.
    """
    weights, needed = weights_of(claims, design.tasks), []
    for gains in simulated(design, 8 * STUDIES_AT_ONCE):
        *_, evidence = lines(gains)
        level = (1 - CONFIDENCE) * weights[-1] / weights.sum()
        reach = combined_reach(evidence.variances, evidence.degrees, 1 - level)
        needed.append((reach - evidence.mean).ravel())
    return float(np.quantile(np.concatenate(needed), power))


def simulated(design: Design, studies: int) -> Iterator[Gains]:
    """Yield the gains of simulated studies, many at a time; the same for the same design."""
    values = (design.seeds, design.tasks, design.arms, design.candidates, design.windows, design.between_tasks)
    generator = np.random.default_rng([int(100 * value) for value in (*values, design.shared)])
    for _ in range(studies // STUDIES_AT_ONCE):
        yield (_of_best if design.candidates else _of_pairs)(design, generator)


def _of_pairs(design: Design, generator: np.random.Generator) -> Gains:
    by_seed, windows, true = _arms(design, design.arms, generator)
    first, second = np.array(list(combinations(range(design.arms), 2))).T
    differences = (values[:, first] - values[:, second] for values in (by_seed, windows, true))
    return Gains(*differences, has_common_windows=design.shared > 0)


def _of_best(design: Design, generator: np.random.Generator) -> Gains:
    by_seed, windows, true = _arms(design, 1 + design.candidates, generator)
    # What makes a network lucky is what its seed does, not the test windows.
    luck = by_seed - _of_windows(windows)[..., None]
    quality = LUCK * luck + np.sqrt(1 - LUCK**2) * luck.std() * generator.normal(size=luck.shape)
    of_candidates = np.moveaxis(quality[:, 1:], 1, 2)
    taken = 1 + choose(_qualities(of_candidates, design.way))
    chosen = np.take_along_axis(by_seed, taken[:, None], axis=1)
    # The windows of the networks that were chosen, averaged over seeds.
    of_seeds = [np.take_along_axis(windows, taken[:, None, :, seed, None], axis=1) for seed in range(design.seeds)]
    others = (values[:, :1] for values in (by_seed, windows, true))
    ours = (chosen, np.mean(of_seeds, axis=0), true[:, :1])
    return Gains(*(one - other for one, other in zip(ours, others, strict=True)), is_chosen=design.way == HALF)


def _qualities(qualities: np.ndarray, way: str) -> np.ndarray:
    """The mean quality (..., candidates, seeds) by which each seed chooses."""
    seeds = qualities.shape[-1]
    if way == HALF:
        return qualities_of_others(qualities, [[seed] for seed in range(seeds)])
    total = qualities.sum(axis=-1, keepdims=True)
    return (total - qualities) / (seeds - 1) if way == OTHERS else np.broadcast_to(total / seeds, qualities.shape)


def _arms(design: Design, arms: int, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values of arms by seed, of test windows, and true ones; tasks differ four-fold in their noise."""
    shape = (STUDIES_AT_ONCE, arms, design.tasks)
    scale = np.geomspace(0.5, 2, design.tasks)[:, None] if design.tasks > 1 else 1.0
    true = design.between_tasks * generator.normal(size=shape)
    # Two classes of windows add up, so that each has half of the variance.
    spread = design.windows * np.sqrt(np.where(STRATA == 1, POSITIVES, NEGATIVES) / 2)
    own, common = (generator.normal(size=(*of_some, len(STRATA))) for of_some in (shape, (*shape[:2], 1)))
    windows = scale * spread * (np.sqrt(1 - design.shared) * own + np.sqrt(design.shared) * common)
    seeds = scale * generator.normal(size=(*shape, design.seeds))
    return true[..., None] + seeds + _of_windows(windows)[..., None], windows, true


def _of_windows(windows: np.ndarray) -> np.ndarray:
    """What the windows add to a metric: the mean over each class."""
    return windows[..., STRATA == 1].mean(axis=-1) + windows[..., STRATA == 0].mean(axis=-1)

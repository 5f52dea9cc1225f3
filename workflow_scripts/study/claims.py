"""Tests of claims: one arm is better than another, or its lead is wider with fewer training windows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workflow_support.metrics import gain_sign

from .evaluations import ALL
from .formatting import claim_sentence, group_scope, is_of_group
from .pairs import Measurements, Pairs, widening
from .statistics import holm, percentile_interval, t_interval, wilcoxon_p

ALL_TASKS = "all tasks"
LEAST_TASKS = 3
"""The smallest number of tasks with an interval over tasks."""
PAIRS_FOR_VERDICT = 3
"""The smallest number of pairs with a verdict."""
LEVEL = 0.05
COLUMNS = [
    "claim", "better", "than", "size", "wider_than", "metric", "scope", "tasks", "pairs", "difference", "low", "high",
    "window_low", "window_high", "task_low", "task_high", "wilcoxon_p", "holm_p", "verdict",
]  # fmt: skip


@dataclass(frozen=True)
class Claim:
    """The claim that ``better`` is better than ``than`` at ``size``; with ``wider_than``, by more than at that size."""

    better: str
    than: str
    size: str
    wider_than: str = ""


@dataclass(frozen=True)
class Gains:
    """The gains of a claim at one task: one per seed (pairs,) and resampled (resamples,) or None.

    A positive gain supports the claim.
    """

    by_seed: np.ndarray
    resampled: np.ndarray | None


def claims_table(
    measurements: Measurements,
    metrics: Mapping[str, str],
    claims: Iterable[Mapping],
    kinds: Mapping[str, str],
    groups: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Test the claims, one row per claim and scope.

    The scopes are the single tasks, and several tasks of one kind together, paired over task and seed: the tasks of
    each group, or all tasks of the kind if none of them is in a group.

    Parameters
    ----------
    metrics
        The study metric of each task.
    claims
        Mappings with ``better, than`` and, for a claim of a wider lead, ``wider_at``.
    kinds
        The kind of each task.
    groups
        The group of each task that belongs to a group.
    """
    rows = []
    for stated in claims:
        tested = [task for task in metrics if measurements.sizes(task, stated["better"], stated["than"])]
        for kind in (of_both := dict.fromkeys(kinds[task] for task in tested)):
            tasks = [task for task in tested if kinds[task] == kind]
            scope = ALL_TASKS if len(of_both) == 1 else scope_of_kind(kind)
            rows += _rows(measurements, metrics[tasks[0]], _pools(tasks, groups or {}, scope), stated)
    return with_verdicts(pd.DataFrame(rows, columns=COLUMNS[:-2]))


def claim_gains(measurements: Measurements, task: str, metric: str, stated: Mapping) -> Iterable[tuple[Claim, Gains]]:
    """Yield a stated claim and its gains for each size at which both arms were evaluated on the task."""
    better, than = stated["better"], stated["than"]
    by_size = {size: measurements.pairs(task, better, than, size) for size in measurements.sizes(task, better, than)}
    if "wider_at" in stated:
        size = str(stated["wider_at"])
        if {size, ALL} <= by_size.keys():
            yield Claim(better, than, size, ALL), _oriented(widening(by_size[size], by_size[ALL]), metric)
        return
    for size, pairs in by_size.items():
        yield Claim(better, than, size), _oriented(pairs, metric)


def pooled_row(claim: Claim, metric: str, gains: Sequence[Gains], scope: str) -> tuple:
    """The row of a claim, without its verdict, from the gains of one task or of several tasks together."""
    by_seed = np.concatenate([of_task.by_seed for of_task in gains])
    resampled = [of_task.resampled for of_task in gains]
    complete = all(values is not None for values in resampled)
    # Windows were drawn independently for each task. Tasks are weighted by their pairs, as in the mean.
    weights = [len(of_task.by_seed) for of_task in gains]
    windows = percentile_interval(np.average(resampled, axis=0, weights=weights)) if complete else (np.nan, np.nan)
    means = np.array([of_task.by_seed.mean() for of_task in gains])
    over_tasks = t_interval(means) if len(gains) >= LEAST_TASKS else (np.nan, np.nan)
    return (
        claim_sentence(claim.better, claim.than, claim.size, claim.wider_than),
        claim.better,
        claim.than,
        claim.size,
        claim.wider_than,
        metric,
        scope,
        len(gains),
        len(by_seed),
        by_seed.mean(),
        *t_interval(by_seed),
        *windows,
        *over_tasks,
        wilcoxon_p(by_seed),
    )


def with_verdicts(claims: pd.DataFrame) -> pd.DataFrame:
    """Add ``holm_p``, corrected for all claims of the same scope, and ``verdict``.

    All groups count as one scope, because a reader looks for the groups in which a claim holds among all of them.

    A claim holds if all its intervals, over seeds, windows and tasks, lie above 0, and its corrected p, if it has one,
    is below 0.05. It fails if all its intervals lie below 0, with the same condition on p. Otherwise, or with fewer
    than three pairs, it is undecided.
    """
    families = claims["scope"].mask(claims["scope"].map(is_of_group).astype(bool), "groups")
    corrected = claims.groupby(families, sort=False)["wilcoxon_p"].transform(lambda p: holm(p.to_numpy()))
    judged = claims.assign(holm_p=corrected)
    lows, highs = (judged[[f"{kind}{end}" for kind in ("", "window_", "task_")]] for end in ("low", "high"))
    # A missing interval contradicts nothing.
    is_testable = (judged["pairs"] >= PAIRS_FOR_VERDICT) & ~(corrected >= LEVEL)
    holds = is_testable & ~(lows <= 0).any(axis=1)
    fails = is_testable & ~(highs >= 0).any(axis=1)
    return judged.assign(verdict=np.select([holds, fails], ["holds", "fails"], "undecided"))[COLUMNS]


def scope_of_kind(kind: str) -> str:
    """The scope of all tasks of a kind, where a claim is tested on tasks of several kinds."""
    return f"all {kind} tasks"


def is_of_all(scope: str) -> bool:
    """Return True for the scope of all tasks, or of all tasks of a kind; names of tasks have no spaces."""
    return scope.startswith("all ") and scope.endswith("tasks")


def _pools(tasks: Sequence[str], groups: Mapping[str, str], scope: str) -> dict[str, str]:
    """The scope in which each task is pooled; "" for a task without a group if other tasks have one."""
    if groups.keys().isdisjoint(tasks):
        return dict.fromkeys(tasks, scope)
    return {task: group_scope(groups[task]) if task in groups else "" for task in tasks}


def _rows(measurements: Measurements, metric: str, pools: Mapping[str, str], stated: Mapping) -> list[tuple]:
    """The rows of one stated claim on the tasks of ``pools``, which gives the scope in which each is pooled."""
    by_claim: dict[Claim, dict[str, Gains]] = {}
    for task in pools:
        for claim, gains in claim_gains(measurements, task, metric, stated):
            by_claim.setdefault(claim, {})[task] = gains
    rows = []
    for claim, by_task in by_claim.items():
        rows += [pooled_row(claim, metric, [gains], task) for task, gains in by_task.items()]
        for scope in filter(None, dict.fromkeys(map(pools.__getitem__, by_task))):
            together = [gains for task, gains in by_task.items() if pools[task] == scope]
            if len(together) > 1:
                rows.append(pooled_row(claim, metric, together, scope))
    return rows


def _oriented(pairs: Pairs, metric: str) -> Gains:
    sign = gain_sign(metric)
    return Gains(sign * pairs.differences, None if pairs.resampled is None else sign * pairs.resampled)

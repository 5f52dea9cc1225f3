"""Tests of claims: one arm is better than another, or its lead is wider with fewer training windows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workflow_support.metrics import gain_sign

from .evaluations import ALL
from .evidence import LEAST_SEEDS, LEAST_TASKS, Evidence
from .formatting import ALL_TASKS, claim_sentence, group_scope, scope_of_kind
from .pairs import Measurements, Values, evidence_of_tasks
from .statistics import holm

LEVEL = 0.05
"""The largest probability that any verdict of a run is false."""
HOLDS, FAILS, UNDECIDED, NOT_TESTED = "holds", "fails", "undecided", "not tested"
COLUMNS = [
    "claim", "better", "than", "size", "wider_than", "metric", "scope", "tasks", "pairs", "difference",
    "seed_error", "window_error", "task_error", "low", "high", "p", "holm_p", "verdict", "why",
]  # fmt: skip


@dataclass(frozen=True)
class Claim:
    """The claim that ``better`` is better than ``than`` at ``size``; with ``wider_than``, by more than at that size."""

    better: str
    than: str
    size: str
    wider_than: str = ""


def claims_table(
    measurements: Measurements,
    metrics: Mapping[str, str],
    claims: Iterable[Mapping],
    kinds: Mapping[str, str],
    groups: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Test the claims, one row per claim and scope.

    The scopes are the single tasks, and several tasks of one kind together: the tasks of each group, or all tasks of
    the kind if none of them is in a group.

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
    return with_verdicts(pd.DataFrame(rows, columns=COLUMNS))


def claim_gains(measurements: Measurements, task: str, metric: str, stated: Mapping) -> Iterable[tuple[Claim, Values]]:
    """Yield a stated claim and its gains for each size at which both arms were evaluated on the task.

    A positive gain supports the claim.
    """
    better, than, sign = stated["better"], stated["than"], gain_sign(metric)
    by_size = {
        size: measurements.difference(task, better, than, size).times(sign)
        for size in measurements.sizes(task, better, than)
    }
    if "wider_at" in stated:
        size = str(stated["wider_at"])
        if {size, ALL} <= by_size.keys():
            yield Claim(better, than, size, ALL), by_size[size].minus(by_size[ALL])
        return
    for size, gains in by_size.items():
        yield Claim(better, than, size), gains


def task_row(claim: Claim, metric: str, gains: Values, task: str) -> dict[str, object]:
    """The row of a claim about one task, without its verdict."""
    seeds, evidence = len(gains.by_seed), gains.evidence()
    row = _row(claim, metric, task, [gains])
    if evidence is None:
        return row | {"why": "the values of single test windows are not known"}
    row |= {"seed_error": evidence.error(slice(0, 1)), "window_error": evidence.error(slice(1, None))}
    if seeds < LEAST_SEEDS:
        return row | {"why": f"{seeds} of at least {LEAST_SEEDS} pairs of networks"}
    if np.isnan(row["window_error"]):
        return row | {"why": "a class has a single test window"}
    return row | _tested(evidence)


def pooled_row(claim: Claim, metric: str, gains: Sequence[Values], scope: str) -> dict[str, object]:
    """The row of a claim about tasks like several that were studied, without its verdict."""
    row = _row(claim, metric, scope, gains)
    if len(gains) < LEAST_TASKS:
        return row | {"why": f"{len(gains)} of at least {LEAST_TASKS} tasks"}
    evidence = evidence_of_tasks(gains)
    errors = {"task_error": evidence.error(slice(0, 1)), "window_error": evidence.error(slice(1, None))}
    return row | errors | _tested(evidence)


def with_verdicts(claims: pd.DataFrame) -> pd.DataFrame:
    """Fill in ``holm_p``, corrected for all rows that have a p value, and ``verdict``."""
    tested = claims[claims["p"].notna()]
    weights = line_weights(tested["claim"], tested["tasks"] > 1).reindex(claims.index, fill_value=1.0)
    corrected = holm(claims["p"].to_numpy(dtype=np.float64), weights.to_numpy())
    found = verdicts(claims["difference"].to_numpy(dtype=np.float64), corrected)
    return claims.assign(holm_p=corrected, verdict=found)


def line_weights(claims: pd.Series, is_together: pd.Series) -> pd.Series:
    """The weight of each line of a table in Holm's correction.

    All claims count alike, whatever the number of their lines. Half of the weight of a claim is on its lines on several
    tasks together, and half on its lines on single tasks, so that the many tasks do not drown what they say together.
    """
    lines = pd.DataFrame({"claim": claims, "is_together": is_together})
    of_sort = lines.groupby(["claim", "is_together"])["claim"].transform("size")
    sorts = lines.groupby("claim")["is_together"].transform("nunique")
    return 2.0 / (sorts * of_sort)


def verdicts(gains: np.ndarray, corrected: np.ndarray) -> np.ndarray:
    """The verdict of each mean gain (...) from its corrected p value.

    A claim holds if its gain is positive and the corrected p below 0.05. It fails, and its opposite is true, if the
    gain is negative and the corrected p below 0.05. It is undecided with a larger p, and not tested without one.
    """
    is_decided = corrected < LEVEL
    conditions = [is_decided & (gains > 0), is_decided, np.isnan(corrected)]
    return np.select(conditions, [HOLDS, FAILS, NOT_TESTED], UNDECIDED)


def _pools(tasks: Sequence[str], groups: Mapping[str, str], scope: str) -> dict[str, str]:
    """The scope in which each task is pooled; "" for a task without a group if other tasks have one."""
    if groups.keys().isdisjoint(tasks):
        return dict.fromkeys(tasks, scope)
    return {task: group_scope(groups[task]) if task in groups else "" for task in tasks}


def _rows(measurements: Measurements, metric: str, pools: Mapping[str, str], stated: Mapping) -> list[dict]:
    """The rows of one stated claim on the tasks of ``pools``, which gives the scope in which each is pooled."""
    by_claim: dict[Claim, dict[str, Values]] = {}
    for task in pools:
        for claim, gains in claim_gains(measurements, task, metric, stated):
            by_claim.setdefault(claim, {})[task] = gains
    rows = []
    for claim, by_task in by_claim.items():
        rows += [task_row(claim, metric, gains, task) for task, gains in by_task.items()]
        for scope in filter(None, dict.fromkeys(map(pools.__getitem__, by_task))):
            together = [gains for task, gains in by_task.items() if pools[task] == scope]
            if len(together) > 1:
                rows.append(pooled_row(claim, metric, together, scope))
    return rows


def _row(claim: Claim, metric: str, scope: str, gains: Sequence[Values]) -> dict[str, object]:
    """The cells that a row has even if it cannot be tested. Tasks count alike."""
    return {
        "claim": claim_sentence(claim.better, claim.than, claim.size, claim.wider_than),
        "better": claim.better,
        "than": claim.than,
        "size": claim.size,
        "wider_than": claim.wider_than,
        "metric": metric,
        "scope": scope,
        "tasks": len(gains),
        "pairs": sum(len(of_task.by_seed) for of_task in gains),
        "difference": np.mean([of_task.by_seed.mean() for of_task in gains]),
        "why": "",
    }


def _tested(evidence: Evidence) -> dict[str, object]:
    low, high = evidence.interval()
    return {"low": low, "high": high, "p": evidence.p()}

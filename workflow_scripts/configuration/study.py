"""The comparisons of a study: arms and their combinations, training sizes and references."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import product
from typing import Any, NamedTuple

from workflow_support.kinds import KINDS, LOGITS
from workflow_support.metrics import BASELINE_ARM
from workflow_support.origins import KeyPath, Origins, dotted, require_name

from .arms import kinds_of_arm

Settings = Mapping[str, Any]

ALL, SMALLEST = "all", "smallest"


def kinds_of(settings: Settings, name: str) -> list[str]:
    """List the kinds of task that an arm or the baseline serves, or that all arms of a combination serve."""
    if name == BASELINE_ARM:
        return [kind for kind, each in KINDS.items() if each.answers == LOGITS]
    members = members_of(settings["study"], name)
    return [kind for kind in KINDS if all(kind in kinds_of_arm(settings, arm) for arm in members)]


def contestants(study: Settings) -> list[str]:
    """List all arms, followed by all combinations, which are evaluated in the same way."""
    return [*study["arms"], *study["combinations"]]


def contestants_for(settings: Settings, task: str) -> list[str]:
    """List the arms, followed by the combinations, that serve a task."""
    kind = settings["tasks"][task]["kind"]
    return [name for name in contestants(settings["study"]) if kind in kinds_of(settings, name)]


def with_references(settings: dict[str, Any]) -> dict[str, Any]:
    """Add a reference for each kind of task that an arm serves, and replace the size ``smallest`` in claims."""
    study = settings["study"]
    # A trial stands for its arm, which is the best of its trials.
    first = {
        kind: arm["family"] if "trial" in arm else name
        for name, arm in reversed(study["arms"].items())
        for kind in kinds_of_arm(settings, name)
    }
    present = {task["kind"] for task in settings["tasks"].values()}
    reference = {kind: name for kind, name in first.items() if kind in present} | study["reference"]
    smallest = {"wider_at": study["train_sizes"][0]}
    claims = [claim | smallest if claim.get("wider_at") == SMALLEST else claim for claim in study["claims"]]
    return settings | {"study": study | {"reference": reference, "claims": claims}}


def candidates_of(study: Settings, name: str) -> list[list[str]]:
    """List the arms that are averaged, for each candidate among which a combination chooses; an arm has itself alone.

    Among the ``arms`` of a combination may be others that choose. The candidates are then all products of theirs. The
    quality of a candidate is the mean over its arms, so the best product is made of the best of each.
    """
    combination = study["combinations"].get(name, {"arms": [name]})
    if "best_of" in combination:
        return [[arm] for arm in combination["best_of"]]
    choices = [study["combinations"].get(member, {}).get("best_of", [member]) for member in combination["arms"]]
    return [list(members) for members in product(*choices)]


def chooses(study: Settings, name: str) -> bool:
    """Return True if a combination, or one that it averages, chooses from several arms after they are trained."""
    own = study["combinations"].get(name, {})
    return any("best_of" in study["combinations"].get(each, {}) for each in (name, *own.get("arms", [])))


def members_of(study: Settings, name: str) -> list[str]:
    """List all arms that a combination averages or chooses from, each once; an arm has itself alone."""
    return list(dict.fromkeys(arm for candidate in candidates_of(study, name) for arm in candidate))


class Replicates(NamedTuple):
    """The networks that a combination averages: the arms of each candidate, and the seeds of each replicate."""

    candidates: list[list[str]]
    seeds: list[list[int]]


def replicates_of(study: Settings, name: str) -> Replicates:
    """Return the replicates of a combination, or of an arm, which is treated as the mean of itself alone.

    Seeds are averaged in disjoint groups, so that replicates stay independent. An incomplete last group is left out.
    """
    size, seeds = study["combinations"].get(name, {"replicates": 1})["replicates"], study["seeds"]
    return Replicates(candidates_of(study, name), [seeds[i : i + size] for i in range(0, len(seeds) - size + 1, size)])


def sizes_of_task(settings: Settings, task: str) -> list[str]:
    """List the training sizes of a task, as text."""
    return list(map(str, settings["tasks"][task].get("train_sizes", settings["study"]["train_sizes"])))


def train_sizes(settings: Settings, task: str, name: str) -> list[str]:
    """List the training sizes, as text, at which an arm or combination has networks for a task."""
    study = settings["study"]
    members = [study["arms"][arm] for arm in members_of(study, name)]
    restrictions = [set(map(str, arm["train_sizes"])) for arm in members if "train_sizes" in arm]
    of_task = sizes_of_task(settings, task)
    return [size for size in of_task if all(size in restriction for restriction in restrictions)]


def check_study(settings: Settings, origins: Origins) -> None:
    """Raise an InputError if sizes or references are invalid."""
    study = settings["study"]
    _check_sizes(("study", "train_sizes"), study["train_sizes"], origins)
    for name, task in settings["tasks"].items():
        _check_sizes(("tasks", name, "train_sizes"), task.get("train_sizes", []), origins)
    for kind, name in study["reference"].items():
        path = ("study", "reference", kind)
        require_name(name, dict.fromkeys(contestants(study)), path, origins)
        if kind not in kinds_of(settings, name):
            serving = [other for other in contestants(study) if kind in kinds_of(settings, other)]
            raise origins.error(
                path,
                f"`{dotted(path)}` does not serve tasks of kind {kind}",
                found=f"{name}, for kind {' or '.join(kinds_of(settings, name))}",
                allowed=", ".join(serving) or f"nothing, since no arm serves kind {kind}",
                fix="use one of these names, or delete the line",
            )


def check_combinations(settings: Settings, origins: Origins) -> None:
    """Raise an InputError if a combination is not made of arms, or of choices of arms, that it can combine."""
    for name, combination in settings["study"]["combinations"].items():
        _check_combination(name, combination, settings, origins)


def _check_sizes(path: KeyPath, sizes: list[str | float], origins: Origins) -> None:
    """Raise an InputError if sizes do not ascend; figures and predictions use the last one as the largest."""
    ascending = sorted(sizes, key=lambda size: math.inf if size == ALL else size)
    if sizes != ascending:
        raise origins.error(
            path,
            f"the sizes of `{dotted(path)}` do not ascend",
            found=", ".join(map(str, sizes)),
            allowed="shares, then numbers of windows, then all, the smallest first",
            fix=f"write [{', '.join(map(str, ascending))}]",
        )


def _check_combination(name: str, combination: Settings, settings: Settings, origins: Origins) -> None:
    study = settings["study"]
    path, arms = ("study", "combinations", name), study["arms"]
    if name in arms or name == BASELINE_ARM:
        raise origins.error(
            path,
            f"`{name}` is also the name of an arm",
            found=name,
            allowed="a name that differs from all arms and the baseline",
            fix="rename the combination",
        )
    given = [key for key in ("arms", "best_of") if key in combination]
    if len(given) != 1:
        raise origins.error(
            path,
            f"`{dotted(path)}` must have either arms or best_of",
            found=" and ".join(given) or "neither arms nor best_of",
            allowed="arms, which are all averaged, or best_of, from which one arm is chosen",
            fix="keep one of them" if given else "add one of them",
        )
    choices = {}
    if given == ["arms"]:
        choices = {other: each for other, each in study["combinations"].items() if _is_choice_of_networks(each)}
    for index, arm in enumerate(combination[given[0]]):
        require_name(arm, {**arms, **choices}, (*path, given[0], index), origins)
    if not kinds_of(settings, name):
        members = {arm: kinds_of_arm(settings, arm) for arm in members_of(study, name)}
        raise origins.error(
            (*path, given[0]),
            f"`{dotted(path)}` combines arms that have no kind of task in common",
            found="; ".join(f"{arm}: {', '.join(kinds)}" for arm, kinds in members.items()),
            allowed="arms that all serve one kind",
            fix="make one combination for each kind",
        )
    if combination["replicates"] > len(study["seeds"]):
        raise origins.error(
            (*path, "replicates"),
            f"`{dotted(path)}` averages more networks of an arm than exist",
            found=f"replicates: {combination['replicates']} with {len(study['seeds'])} seeds",
            allowed=f"at most {len(study['seeds'])}",
            fix="lower replicates, or add seeds",
        )


def _is_choice_of_networks(combination: Settings) -> bool:
    """Return True if a combination chooses single networks, which others can average."""
    return "best_of" in combination and combination["replicates"] == 1 and not combination["average_strands"]

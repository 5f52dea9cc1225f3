"""What a study compares: arms and combinations of them, training sizes, references and claims."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from workflow_support.kinds import KINDS
from workflow_support.metrics import BASELINE_ARM
from workflow_support.origins import KeyPath, Origins, dotted, require_name

from .arms import kinds_of_arm

Settings = Mapping[str, Any]

ALL, SMALLEST = "all", "smallest"


def kinds_of(settings: Settings, name: str) -> list[str]:
    """The kinds of task that an arm serves, or that all arms of a combination serve."""
    combination = settings["study"]["combinations"].get(name)
    members = [name] if combination is None else members_of(combination)
    return [kind for kind in KINDS if all(kind in kinds_of_arm(settings, arm) for arm in members)]


def contestants(study: Settings) -> list[str]:
    """All arms, and after them all combinations, which are evaluated alike."""
    return [*study["arms"], *study["combinations"]]


def contestants_for(settings: Settings, task: str) -> list[str]:
    """The arms, and after them the combinations, that serve a task."""
    kind = settings["tasks"][task]["kind"]
    return [name for name in contestants(settings["study"]) if kind in kinds_of(settings, name)]


def with_references(settings: dict[str, Any]) -> dict[str, Any]:
    """``settings`` with a reference for each kind that an arm serves, and sizes in place of their names."""
    study = settings["study"]
    first = {kind: name for name in reversed(study["arms"]) for kind in kinds_of_arm(settings, name)}
    present = {task["kind"] for task in settings["tasks"].values()}
    reference = {kind: name for kind, name in first.items() if kind in present} | study["reference"]
    smallest = {"wider_at": study["train_sizes"][0]}
    claims = [claim | smallest if claim.get("wider_at") == SMALLEST else claim for claim in study["claims"]]
    return settings | {"study": study | {"reference": reference, "claims": claims}}


def members_of(combination: Settings) -> list[str]:
    """All arms that a combination averages or chooses among."""
    return combination.get("arms") or combination["best_of"]


class Replicates(NamedTuple):
    """What a combination averages: for each candidate the arms, and for each replicate the seeds."""

    candidates: list[list[str]]
    seeds: list[list[int]]


def replicates_of(study: Settings, name: str) -> Replicates:
    """Members of an arm, which is the mean of itself alone, or of a combination.

    Seeds are averaged in groups without a seed in common, so that replicates stay independent; an incomplete last group
    is left out.
    """
    combination = study["combinations"].get(name, {"arms": [name], "replicates": 1})
    candidates = [combination["arms"]] if "arms" in combination else [[arm] for arm in combination["best_of"]]
    size, seeds = combination["replicates"], study["seeds"]
    return Replicates(candidates, [seeds[i : i + size] for i in range(0, len(seeds) - size + 1, size)])


def train_sizes(settings: Settings, task: str, name: str) -> list[str]:
    """Sizes at which there are networks of an arm or combination for a task, as text."""
    study = settings["study"]
    members = [study["arms"][arm] for candidate in replicates_of(study, name).candidates for arm in candidate]
    restrictions = [set(map(str, arm["train_sizes"])) for arm in members if "train_sizes" in arm]
    of_task = map(str, settings["tasks"][task].get("train_sizes", study["train_sizes"]))
    return [size for size in of_task if all(size in restriction for restriction in restrictions)]


def check_study(settings: Settings, origins: Origins) -> None:
    """Raise an InputError where combinations, references or claims mean nothing."""
    study = settings["study"]
    _check_sizes(("study", "train_sizes"), study["train_sizes"], origins)
    for name, task in settings["tasks"].items():
        _check_sizes(("tasks", name, "train_sizes"), task.get("train_sizes", []), origins)
    for name, combination in study["combinations"].items():
        _check_combination(name, combination, settings, origins)
    for kind, name in study["reference"].items():
        path = ("study", "reference", kind)
        require_name(name, dict.fromkeys(contestants(study)), path, origins)
        if kind not in kinds_of(settings, name):
            serving = [other for other in contestants(study) if kind in kinds_of(settings, other)]
            raise origins.error(
                path,
                f"`{dotted(path)}` does not serve tasks of kind {kind}",
                found=f"{name}, for kind {' or '.join(kinds_of(settings, name))}",
                allowed=", ".join(serving) or f"no arm is of kind {kind}",
                mend="name one of these, or delete the line",
            )
    for index, claim in enumerate(study["claims"]):
        _check_claim(("study", "claims", index), claim, settings, origins)


def _check_sizes(path: KeyPath, sizes: list[str | float], origins: Origins) -> None:
    """The last size is what figures and predictions take for the largest."""
    ascending = sorted(sizes, key=lambda size: math.inf if size == ALL else size)
    if sizes != ascending:
        raise origins.error(
            path,
            f"the sizes of `{dotted(path)}` do not ascend",
            found=", ".join(map(str, sizes)),
            allowed="shares, then numbers of windows, then all, the smallest first",
            mend=f"write [{', '.join(map(str, ascending))}]",
        )


def _check_combination(name: str, combination: Settings, settings: Settings, origins: Origins) -> None:
    study = settings["study"]
    path, arms = ("study", "combinations", name), study["arms"]
    if name in arms or name == BASELINE_ARM:
        raise origins.error(
            path,
            f"`{name}` is the name of an arm too",
            found=name,
            allowed="names that no arm and no baseline has",
            mend="rename the combination",
        )
    given = [key for key in ("arms", "best_of") if key in combination]
    if len(given) != 1:
        raise origins.error(
            path,
            f"`{dotted(path)}` must say what it combines, once",
            found=" and ".join(given) or "neither arms nor best_of",
            allowed="arms, all of which are averaged, or best_of, of which one is chosen",
            mend="keep one of them" if given else "add one of them",
        )
    for index, arm in enumerate(combination[given[0]]):
        require_name(arm, arms, (*path, given[0], index), origins)
    if not kinds_of(settings, name):
        members = {arm: kinds_of_arm(settings, arm) for arm in members_of(combination)}
        raise origins.error(
            (*path, given[0]),
            f"`{dotted(path)}` mixes arms that serve no kind of task together",
            found="; ".join(f"{arm}: {', '.join(kinds)}" for arm, kinds in members.items()),
            allowed="arms that all serve one kind",
            mend="make a combination for each kind",
        )
    if combination["replicates"] > len(study["seeds"]):
        raise origins.error(
            (*path, "replicates"),
            f"`{dotted(path)}` averages more networks of an arm than there are",
            found=f"replicates: {combination['replicates']} with {len(study['seeds'])} seeds",
            allowed=f"at most {len(study['seeds'])}",
            mend="lower replicates, or add seeds",
        )


def _check_claim(path: KeyPath, claim: Settings, settings: Settings, origins: Origins) -> None:
    study = settings["study"]
    for key in ("better", "than"):
        require_name(claim[key], dict.fromkeys(contestants(study)), (*path, key), origins)
    better, than = (kinds_of(settings, claim[key]) for key in ("better", "than"))
    if not set(better) & set(than):
        raise origins.error(
            path,
            f"`{dotted(path)}` compares networks for different kinds of task",
            found=f"{claim['better']} ({', '.join(better)}) and {claim['than']} ({', '.join(than)})",
            allowed="arms or combinations that serve one kind",
            mend="compare networks for the same tasks",
        )
    sizes = study["train_sizes"]
    if "wider_at" in claim and not {str(claim["wider_at"]), ALL} <= set(map(str, sizes)):
        raise origins.error(
            (*path, "wider_at"),
            f"`{dotted(path)}` needs two sizes that the study does not have",
            found=f"wider_at: {claim['wider_at']} with train_sizes: {sizes}",
            allowed="a size among study.train_sizes, and all beside it",
            mend="add the sizes to study.train_sizes",
        )

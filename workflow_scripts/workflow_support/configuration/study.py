"""What a study compares: arms spanned over lists, combinations of arms, training sizes, claims."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any, NamedTuple

from workflow_support.configuration.origins import KeyPath, Origins, dotted
from workflow_support.metrics import BASELINE_ARM

from .origins import require_name

Settings = Mapping[str, Any]

#: What an arm may give a list of, and how the values end the names of the arms that come of it.
SPANNED = {"kmer": "_k{:g}", "plus_fraction": "_p{:g}", "geometry": "_{}", "curvature": "_{}"}
ALL, SMALLEST = "all", "smallest"


def with_spanned_arms(study: dict[str, Any], origins: Origins) -> dict[str, Any]:
    """``study`` with one arm for every combination of the values that an arm lists, and no name that stands for others.

    ``irrep: {kmer: [1, 3], plus_fraction: 0.75}`` becomes ``irrep_k1`` and ``irrep_k3``, both with ``family: irrep``.
    """
    spanned: dict[str, Any] = {}
    for family, arm in study["arms"].items():
        for name, values in _span(family, arm):
            if name in spanned:
                raise origins.error(
                    ("study", "arms", family),
                    f"two arms are called `{name}`",
                    found=f"`study.arms.{family}` and another arm",
                    allowed="every name once; lists end names in _k<k>, _p<share>, _<geometry> and _<curvature>",
                    mend="rename one of them",
                )
            spanned[name] = values
    combinations = {
        name: combination | {"best_of": _members(combination["best_of"], spanned)}
        if "best_of" in combination
        else combination
        for name, combination in study["combinations"].items()
    }
    first_of_kind = {arm["kind"]: name for name, arm in reversed(spanned.items())}
    reference = {kind: study["reference"].get(kind, name) for kind, name in first_of_kind.items()}
    smallest = {"wider_at": study["train_sizes"][0]}
    claims = [claim | smallest if claim.get("wider_at") == SMALLEST else claim for claim in study["claims"]]
    completed = {"combinations": combinations, "reference": study["reference"] | reference, "claims": claims}
    return study | {"arms": spanned} | completed


def _span(family: str, arm: Mapping[str, Any]) -> Iterable[tuple[str, dict[str, Any]]]:
    lists = {key: arm[key] for key in SPANNED if isinstance(arm.get(key), list)}
    for values in product(*lists.values()):
        suffixes = [SPANNED[key].format(value) for key, value in zip(lists, values, strict=True)]
        yield family + "".join(suffixes), {"family": family} | dict(arm) | dict(zip(lists, values, strict=True))


def name_as_written(name: str, arm: Settings, origins: Origins) -> str:
    """The name under which a file gives an arm: its own, or the one that lists made longer."""
    written = name
    for key, suffix in reversed(SPANNED.items()):
        if key in arm and not origins.has(("study", "arms", written)):
            written = written.removesuffix(suffix.format(arm[key]))
    return written if origins.has(("study", "arms", written)) else name


def _members(names: Iterable[str], arms: Settings) -> list[str]:
    """``names`` with the arms of a family for its name."""
    of_names = ([name] if name in arms else [a for a in arms if arms[a]["family"] == name] or [name] for name in names)
    return list(dict.fromkeys(arm for members in of_names for arm in members))


def contestants(study: Settings) -> dict[str, str]:
    """Kind of every arm and combination of a study."""
    of_arms = {name: arm["kind"] for name, arm in study["arms"].items()}
    return of_arms | {name: of_arms[members_of(values)[0]] for name, values in study["combinations"].items()}


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
        _check_combination(name, combination, study, origins)
    kinds = contestants(study)
    for kind, name in study["reference"].items():
        path = ("study", "reference", kind)
        require_name(name, kinds, path, origins)
        if kinds[name] != kind:
            raise origins.error(
                path,
                f"`{dotted(path)}` is for tasks of kind {kinds[name]}",
                found=name,
                allowed=", ".join(other for other in kinds if kinds[other] == kind) or f"no arm is of kind {kind}",
                mend="name one of these, or delete the line",
            )
    for index, claim in enumerate(study["claims"]):
        _check_claim(("study", "claims", index), claim, kinds, study, origins)


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


def _check_combination(name: str, combination: Settings, study: Settings, origins: Origins) -> None:
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
    kinds = {arms[arm]["kind"] for arm in members_of(combination)}
    if len(kinds) > 1:
        raise origins.error(
            (*path, given[0]),
            f"`{dotted(path)}` mixes networks of several kinds",
            found=", ".join(sorted(kinds)),
            allowed="arms of one kind",
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


def _check_claim(path: KeyPath, claim: Settings, kinds: Settings, study: Settings, origins: Origins) -> None:
    for key in ("better", "than"):
        require_name(claim[key], kinds, (*path, key), origins)
    if kinds[claim["better"]] != kinds[claim["than"]]:
        raise origins.error(
            path,
            f"`{dotted(path)}` compares networks of two kinds",
            found=f"{claim['better']} ({kinds[claim['better']]}) and {claim['than']} ({kinds[claim['than']]})",
            allowed="arms or combinations of one kind",
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

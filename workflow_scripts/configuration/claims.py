"""Checks of claims: they compare different networks for the same tasks, and none is made twice."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from workflow_support.metrics import BASELINE_ARM
from workflow_support.origins import KeyPath, Origins, dotted, require_name

from .study import ALL, SMALLEST, candidates_of, contestants, kinds_of

Settings = Mapping[str, Any]

SIDES = ("better", "than")


def require_different_claims(study: Settings, origins: Origins) -> None:
    """Raise an InputError if a claim compares networks with themselves, or is made twice.

    Names may differ where networks do not: the combination of a single arm is that arm. Claims are checked as they are
    written, before ``at_equal`` makes copies.
    """
    seen: dict[Hashable, KeyPath] = {}
    for index, claim in enumerate(study["claims"]):
        path = ("study", "claims", index)
        better, than = (_networks(study, claim[side]) for side in SIDES)
        if better == than:
            raise origins.error(
                path,
                f"`{dotted(path)}` compares networks with themselves",
                found=_sides(claim)
                + ("" if claim["better"] == claim["than"] else ", two names of the same networks")
                + (f", at equal {', '.join(claim['at_equal'])}" if "at_equal" in claim else ""),
                allowed="two arms or combinations of different networks",
                fix="name another arm or combination, or delete the claim",
            )
        wider_at = claim.get("wider_at")
        size = str(study["train_sizes"][0] if wider_at == SMALLEST else wider_at)
        for measure in claim.get("at_equal", [None]):
            stated = (better, than, size, measure)
            if stated in seen:
                raise origins.error(
                    path,
                    f"`{dotted(path)}` makes the claim of `{dotted(seen[stated])}` once more",
                    found=_sides(claim)
                    + ("" if measure is None else f", at equal {measure}")
                    + ("" if wider_at is None else f", wider at {wider_at}"),
                    allowed="every claim once, since each is tested and p values are corrected for their number",
                    fix="delete the claim" if measure is None else f"delete the claim, or {measure} in one of the two",
                )
            seen[stated] = path


def check_claims(settings: Settings, origins: Origins) -> None:
    """Raise an InputError if a claim names nothing known, or needs tasks or training sizes that there are not."""
    for index, claim in enumerate(settings["study"]["claims"]):
        _check_claim(("study", "claims", index), claim, settings, origins)


def _networks(study: Settings, name: str) -> Hashable:
    """Return what decides the networks of an arm or combination: its candidates, and what each of them averages."""
    alone = {"replicates": 1, "average_strands": False}
    combination = study["combinations"].get(name, alone)
    candidates = sorted(sorted(candidate) for candidate in candidates_of(study, name))
    return tuple(map(tuple, candidates)), *(combination[key] for key in alone)


def _sides(claim: Settings) -> str:
    return ", ".join(f"{side}: {claim[side]}" for side in SIDES)


def _check_claim(path: KeyPath, claim: Settings, settings: Settings, origins: Origins) -> None:
    study = settings["study"]
    for side in SIDES:
        require_name(claim[side], dict.fromkeys((*contestants(study), BASELINE_ARM)), (*path, side), origins)
    better, than = (kinds_of(settings, claim[side]) for side in SIDES)
    if not set(better) & set(than):
        raise origins.error(
            path,
            f"`{dotted(path)}` compares networks for different kinds of task",
            found=f"{claim['better']} ({', '.join(better)}) and {claim['than']} ({', '.join(than)})",
            allowed="arms or combinations that serve one kind",
            fix="compare networks for the same tasks",
        )
    sizes = study["train_sizes"]
    if "wider_at" not in claim:
        return
    if str(claim["wider_at"]) == ALL or not {str(claim["wider_at"]), ALL} <= set(map(str, sizes)):
        raise origins.error(
            (*path, "wider_at"),
            f"`{dotted(path)}` needs two sizes that the study does not have",
            found=f"wider_at: {claim['wider_at']} with train_sizes: {sizes}",
            allowed="a size of study.train_sizes below all, which must be there too",
            fix="add the sizes to study.train_sizes",
        )

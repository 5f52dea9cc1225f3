"""Copies of arms and combinations with as many parameters or multiply-adds as what they are compared with.

A claim asks for them with ``at_equal``. A copy has the settings of its arm and the key ``matched``; the number of its
channels depends on the windows of a task and is found for each one (:mod:`learning.models.matching`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workflow_support.origins import KeyPath, Origins, dotted, require_name

from .study import contestants, kinds_of

Settings = Mapping[str, Any]

MULTIPLY_ADDS = "multiply_adds"


def with_matched_arms(settings: dict[str, Any], origins: Origins) -> dict[str, Any]:
    """Add the copies for which claims ask, and let the claims name them.

    ``{better: a, than: b, at_equal: [multiply_adds]}`` becomes ``{better: a, than: b_at_multiply_adds_of_a}``. The
    second measure of a claim becomes a claim at the end of the list, so that the others keep their places.

    Raises
    ------
    InputError
        If a claim names nothing known, or compares at equal cost with the mean of several arms.
    """
    study, first, further = settings["study"], [], []
    arms, combinations = dict(study["arms"]), dict(study["combinations"])
    for index, claim in enumerate(study["claims"]):
        path = ("study", "claims", index)
        stated = {key: value for key, value in claim.items() if key != "at_equal"}
        made = [stated]
        if "at_equal" in claim:
            for key in ("better", "than"):
                require_name(claim[key], dict.fromkeys(contestants(study)), (*path, key), origins)
            made = []
            for measure in claim["at_equal"]:
                copy = f"{claim['than']}_at_{measure}_of_{claim['better']}"
                _require_free(copy, study, path, origins)
                new_arms, new_combinations = _copies(settings, claim, measure, copy, path, origins)
                arms, combinations = arms | new_arms, combinations | new_combinations
                made.append(stated | {"than": copy})
        first.append(made[0])
        further += made[1:]
    return settings | {"study": study | {"arms": arms, "combinations": combinations, "claims": first + further}}


def _copies(
    settings: Settings, claim: Settings, measure: str, copy: str, path: KeyPath, origins: Origins
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the arms and the combination, if it is one, that make up the copy of the side ``than`` of a claim."""
    study, than = settings["study"], claim["than"]
    combination = study["combinations"].get(than)
    kinds = [kind for kind in kinds_of(settings, than) if kind in kinds_of(settings, claim["better"])]
    if not kinds:
        raise origins.error(
            path,
            f"`{dotted(path)}` compares networks for different kinds of task",
            found=f"{claim['better']} ({', '.join(kinds_of(settings, claim['better']))}) and {than} "
            f"({', '.join(kinds_of(settings, than))})",
            allowed="arms or combinations that serve one kind",
            fix="compare networks for the same tasks",
        )
    matched = {"to": claim["better"], "by": measure, "times": times_in_an_answer(combination, measure)}

    def matched_arm(name: str, of: str) -> dict[str, Any]:
        return study["arms"][of] | {"family": name, "kinds": kinds, "matched": matched}

    if combination is None:
        return {copy: matched_arm(copy, than)}, {}
    key = "arms" if "arms" in combination else "best_of"
    members = combination.get(key, [])
    if any(member not in study["arms"] for member in members) or (key == "arms" and len(members) != 1):
        raise origins.error(
            (*path, "than"),
            f"`{dotted((*path, 'than'))}` is not made of one arm, so no single width would make its cost equal",
            found=f"{than}: {key}: [{', '.join(members)}]",
            allowed="an arm, a combination of one arm, or the best of several arms",
            fix="delete at_equal, or compare with one of the arms",
        )
    names = {member: f"{member}_for_{copy}" for member in members}
    new = combination | {key: list(names.values())}
    return {name: matched_arm(name, member) for member, name in names.items()}, {copy: new}


def times_in_an_answer(combination: Settings | None, measure: str) -> int:
    """Return how often the cost of an arm's network counts in an answer of a combination, or of the arm alone (None).

    An answer that averages both strands takes the multiply-adds twice, and the parameters once.
    """
    if combination is None:
        return 1
    strands = 2 if combination["average_strands"] and measure == MULTIPLY_ADDS else 1
    return strands * combination["replicates"]


def _require_free(copy: str, study: Settings, path: KeyPath, origins: Origins) -> None:
    if copy in contestants(study):
        raise origins.error(
            path,
            f"`{dotted(path)}` makes an arm or combination with a name that is taken",
            found=copy,
            allowed="any other name for the arm or combination that is called so now",
            fix="rename it",
        )

"""Arms that list several values: one arm for every combination of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any

from workflow_support.origins import Origins

from .generated import SPANNED

Settings = Mapping[str, Any]


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
                    allowed="every name once; lists end names in _k<k>, _p<share>, _<network> and _<curvature>",
                    mend="rename one of them",
                )
            spanned[name] = values
    combinations = {
        name: combination | {"best_of": _members(combination["best_of"], spanned)}
        if "best_of" in combination
        else combination
        for name, combination in study["combinations"].items()
    }
    return study | {"arms": spanned, "combinations": combinations}


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

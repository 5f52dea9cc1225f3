"""The expansion of arms that list several values into one arm for every combination of values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any

from workflow_support.origins import Origins

from .generated import SPANNED

Settings = Mapping[str, Any]


def with_spanned_arms(study: dict[str, Any], origins: Origins) -> dict[str, Any]:
    """Replace arms that list values by one arm for every combination of values, also where combinations name them.

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
                    allowed="every name once; lists add _k<k>, _p<share>, _<network> and _<curvature> to the name",
                    fix="rename one of them",
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
    """Return the name of an arm in the configuration file: its own name, or the one to which lists added suffixes."""
    written = name
    for key, suffix in reversed(SPANNED.items()):
        if key in arm and not origins.has(("study", "arms", written)):
            written = written.removesuffix(suffix.format(arm[key]))
    return written if origins.has(("study", "arms", written)) else name


def _members(names: Iterable[str], arms: Settings) -> list[str]:
    """Replace the name of each family in ``names`` by the names of its arms."""
    of_names = ([name] if name in arms else [a for a in arms if arms[a]["family"] == name] or [name] for name in names)
    return list(dict.fromkeys(arm for members in of_names for arm in members))

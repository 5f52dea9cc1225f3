"""Trials of learning rate and weight decay: every arm gets the same number of them, and the best one is chosen.

Each trial is an arm of its own, and the tuned arm becomes the best of its trials, which the validation split chooses as
for any other ``best_of``.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from typing import Any

from workflow_support.origins import Origins, dotted

from .arms import training_of_arm
from .study import contestants

Settings = Mapping[str, Any]

#: The options of a training that trials choose.
TUNED = ("learning_rate", "weight_decay")


def with_trials(study: dict[str, Any], origins: Origins) -> dict[str, Any]:
    """Replace every arm of a study with ``tuning`` by its trials, and by a combination of its name that is their best.

    Raises
    ------
    InputError
        If a range is empty, or the name of a trial is taken.
    """
    if "tuning" not in study:
        return study
    _check_ranges(study["tuning"], origins)
    trials = trials_of(study["tuning"])
    arms: dict[str, Any] = {}
    choices: dict[str, Any] = {}
    for name, arm in study["arms"].items():
        if "trial" in arm:
            arms[name] = arm
            continue
        base, changed = training_of_arm(arm)
        of_arm = {f"{name}_t{number}": trial for number, trial in enumerate(trials, 1)}
        for number, (trial_name, trial) in enumerate(of_arm.items(), 1):
            if trial_name in contestants(study):
                raise origins.error(
                    ("study", "arms", trial_name),
                    f"two arms are called `{trial_name}`: one of them is a trial of {name}",
                    found=trial_name,
                    allowed="names of arms without _t and the number of a trial",
                    fix="rename the other arm",
                )
            own = {"family": name, "trial": number, "training": {"like": base, **changed, **trial}}
            arms[trial_name] = arm | own
        choices[name] = {"best_of": list(of_arm), "replicates": 1, "average_strands": False}
    others = {
        name: each | {"best_of": _with_trials_named(each["best_of"], choices)} if "best_of" in each else each
        for name, each in study["combinations"].items()
    }
    return study | {"arms": arms, "combinations": choices | others}


def trials_of(tuning: Settings) -> list[dict[str, float]]:
    """Return the trials, the same ones for every arm: a Latin hypercube on the logarithms of the ranges.

    Each range is cut into as many pieces as there are trials, and each piece has one value, rounded to two digits.
    """
    draw = random.Random(tuning["seed"])
    columns = {key: _one_in_each_piece(tuning[key], tuning["trials"], draw) for key in TUNED}
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _one_in_each_piece(limits: Sequence[float], pieces: int, draw: random.Random) -> list[float]:
    low, high = map(math.log, limits)
    values = [math.exp(low + (high - low) * (piece + draw.random()) / pieces) for piece in range(pieces)]
    order = sorted(range(pieces), key=[draw.random() for _ in range(pieces)].__getitem__)
    return [float(f"{values[piece]:.2g}") for piece in order]


def _with_trials_named(names: Sequence[str], choices: Settings) -> list[str]:
    """Replace each tuned arm in a list of candidates by its trials."""
    return [trial for name in names for trial in choices.get(name, {"best_of": [name]})["best_of"]]


def _check_ranges(tuning: Settings, origins: Origins) -> None:
    for key in TUNED:
        low, high = tuning[key]
        if not low < high:
            path = ("study", "tuning", key)
            raise origins.error(
                path,
                f"`{dotted(path)}` is an empty range",
                found=f"[{low}, {high}]",
                allowed="the lowest value, then a higher one",
                fix=f"write [{high}, {low}]" if high < low else "raise the second value",
            )

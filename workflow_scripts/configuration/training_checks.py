"""Checks that the trainings of arms can be done: on the device, in batches of both classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from learning.training.settings import Training
from workflow_support.errors import InputError
from workflow_support.origins import KeyPath, Origins

from .arms import kinds_of_arm, training_of, training_of_arm
from .named import name_for_kind
from .spans import name_as_written

Settings = Mapping[str, Any]


def check_batches(settings: Settings, origins: Origins) -> None:
    """Raise an InputError if balanced batches would have windows of one class only."""
    trainings: dict[KeyPath, Settings] = {("trainings", name): own for name, own in settings["trainings"].items()}
    for name, arm in settings["study"]["arms"].items():
        if training_of_arm(arm)[1] and "binary" in kinds_of_arm(settings, name):
            path = ("study", "arms", name_as_written(name, arm, origins), "training")
            trainings[path] = training_of(settings, "binary", name)
    for path, training in trainings.items():
        if "positive_fraction" not in training:
            continue
        size, fraction = training["batch_size"], training["positive_fraction"]
        if not 0 < round(size * fraction) < size:
            raise origins.error(
                (*path, "positive_fraction"),
                "every batch would have windows of one class only",
                found=f"{round(size * fraction)} of {size} windows bound, with positive_fraction {fraction}",
                allowed="at least one window of each class in a batch",
                fix="raise batch_size, or move positive_fraction closer to 0.5",
            )


def check_precision(settings: Settings, origins: Origins) -> None:
    """Raise an InputError if the device of an arm's training has no arithmetic of its precision."""
    for name, arm in settings["study"]["arms"].items():
        for kind in kinds_of_arm(settings, name):
            path = _path(arm, name, kind, "precision", origins)
            try:
                Training.of_kind(kind, training_of(settings, kind, name))
            except InputError as error:
                raise origins.error(
                    path, error.problem, found=error.found, allowed=error.allowed, fix=error.fix
                ) from error


def _path(arm: Settings, name: str, kind: str, key: str, origins: Origins) -> KeyPath:
    """Return the key that decides an option of the training of an arm: its own, or that of the training it names."""
    base, changed = training_of_arm(arm)
    if key in changed:
        return "study", "arms", name_as_written(name, arm, origins), "training", key
    return "trainings", name_for_kind("trainings", base, kind), key

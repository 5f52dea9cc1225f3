"""Checks that the trainings of arms can be done: on the device, in batches of both classes, on the windows of tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from learning.training.settings import Training
from workflow_support.errors import InputError
from workflow_support.origins import KeyPath, Origins

from .arms import arms_for, kinds_of_arm, training_of, training_of_arm
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


def check_jitter(settings: Settings, origins: Origins) -> None:
    """Raise an InputError if windows are moved so far in training that half of one or more can be unknown."""
    for task, values in settings["tasks"].items():
        width = values.get("windows", {}).get("width")
        for name in arms_for(settings, task) if width is not None else ():
            jitter = training_of(settings, values["kind"], name).get("jitter", 0)
            if 2 * jitter >= width:
                path = _path(settings["study"]["arms"][name], name, values["kind"], "jitter", origins)
                raise origins.error(
                    path,
                    f"training would move windows of task `{task}` by half their width or more, so that unknown bases "
                    "take the place of what it learns from",
                    found=f"jitter: {jitter} with windows of {width} bases",
                    allowed=f"jitter below half the width, at most {(width - 1) // 2} for these windows",
                    fix=f"lower jitter to a few bases, at most {(width - 1) // 2}, or widen the windows",
                )


def _path(arm: Settings, name: str, kind: str, key: str, origins: Origins) -> KeyPath:
    """Return the key that decides an option of the training of an arm: its own, or that of the training it names."""
    base, changed = training_of_arm(arm)
    if key in changed:
        return "study", "arms", name_as_written(name, arm, origins), "training", key
    return "trainings", name_for_kind("trainings", base, kind), key

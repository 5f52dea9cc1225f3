"""Checks of entries that use a model that was sent, in place of an arm of this run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workflow_support.origins import KeyPath, Origins, dotted

from .locations import Location, is_folder, require_file
from .study import contestants_for
from .tasks import USERS

Settings = Mapping[str, Any]

MODEL, START = "model", "start_from"
#: The files of the folder of a model that are read.
MODEL_FILES = ("model.json", "weights.safetensors")


def is_model(path: KeyPath) -> bool:
    """Return True if the location under ``path`` is that of a model."""
    return path[-1] == MODEL and (path[0] in USERS or path[-2] == START)


def check_models(settings: Settings, origins: Origins) -> None:
    """Raise an InputError unless every use of networks names either a task and an arm, or a model."""
    for user in USERS:
        for name, values in settings[user].items():
            path = (user, name)
            if MODEL in values and "arm" in values:
                raise origins.error(
                    (*path, MODEL),
                    f"`{dotted(path)}` names an arm and a model",
                    found=f"arm: {values['arm']} and a model",
                    allowed="task and arm, or model",
                    fix="delete one of the two, and add a second entry for the other",
                )
            lacking = [key for key in ("task", "arm") if key not in values]
            if MODEL not in values and lacking:
                raise origins.error(
                    path,
                    f"`{dotted(path)}` does not say which networks to use",
                    found=f"no {' and no '.join(lacking)}, and no model",
                    allowed="task and arm, or model",
                    fix=f"add {' and '.join(lacking)}, or the folder of a model as model",
                )
            if "kind" in values and (MODEL not in values or "task" in values):
                raise origins.error(
                    (*path, "kind"),
                    f"`{dotted((*path, 'kind'))}` has no meaning beside a task, whose kind it has",
                    found=f"kind: {values['kind']} and task: {values['task']}",
                    allowed="kind with a model and no task",
                    fix="delete one of the two lines",
                )


def check_model_names(settings: Settings, origins: Origins) -> None:
    """Raise an InputError if two models would have one folder, because names of tasks and arms may have dots."""
    owners: dict[str, tuple[str, str]] = {}
    for task in settings["tasks"]:
        for name in contestants_for(settings, task):
            other = owners.setdefault(f"{task}.{name}", (task, name))
            if other != (task, name):
                raise origins.error(
                    ("tasks", task),
                    f"two models would have the folder models/{task}.{name}",
                    found=f"{name} of {task}, and {other[1]} of {other[0]}",
                    allowed="names that differ once they are joined by a dot",
                    fix="rename one of the tasks or arms, for example with _ in place of a dot",
                )


def require_model(location: Location, path: KeyPath, run: str, origins: Origins) -> None:
    """Raise an InputError if a local model is absent, lacks a file, or is made by the run itself."""
    if location.is_remote:
        return
    if Path(location.address).resolve().is_relative_to(Path("results", run).resolve()):
        raise origins.error(
            path,
            f"`{dotted(path)}` is a file of this run",
            found=location.address,
            allowed="a model that was made elsewhere",
            fix="name the task and the arm instead of the model",
        )
    if is_folder(location):
        for file in MODEL_FILES:
            require_file(str(Path(location.address, file)), path, origins)
    else:
        require_file(location.address, path, origins)

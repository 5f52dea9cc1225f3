"""Tasks and arms of three kinds.

``binary``: bound or not, from peaks. ``profile``: reads that start at each base of each strand. ``labelled``: sequences
of two or more classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workflow_support.configuration.origins import KeyPath, Origins, dotted

from .study import contestants

Settings = Mapping[str, Any]

#: The kinds of task that a setting is for; all others are for every kind.
OWNERS = {
    "genome": ("binary", "profile"),
    "peaks": ("binary", "profile"),
    "strongest": ("binary", "profile"),
    "windows": ("binary", "profile"),
    "splits": ("binary", "profile"),
    "negatives": ("binary", "profile"),
    "signal": ("binary",),
    "counts": ("profile",),
    "control": ("profile",),
    "sequences": ("labelled",),
}
REQUIRED = {
    "binary": {"genome": "the name of a genome", "peaks": "a BED or narrowPeak file"},
    "profile": {
        "genome": "the name of a genome",
        "peaks": "a BED or narrowPeak file",
        "counts": "{plus: [...], minus: [...]} or {reads: [...]}",
    },
    "labelled": {"sequences": "{train: ..., validation: ..., test: ...} or {all: ...}"},
}


#: Kinds of task whose networks cannot serve a section: why, and the kinds that can.
UNUSABLE = {
    ("attribute", "labelled"): ("whose sequences lie on no genome", "binary or profile"),
    ("variants", "profile"): ("which gives no single score", "binary or labelled"),
}


def of_kind(section: Mapping[str, Any], kind: str) -> list[str]:
    """Names of the tasks or arms of a kind."""
    return [name for name, values in section.items() if values["kind"] == kind]


def check_kinds(settings: Settings, origins: Origins) -> None:
    """Raise an InputError where a task has what is not for its kind, lacks what is, or has no arm."""
    arms = settings["study"]["arms"]
    for name, task in settings["tasks"].items():
        path, kind = ("tasks", name), task["kind"]
        _check_keys(path, task, origins)
        if not of_kind(arms, kind):
            raise origins.error(
                path,
                f"no arm is for `{dotted(path)}`",
                found=f"a task of kind {kind}, and arms of other kinds alone",
                allowed=f"at least one arm with kind: {kind}",
                mend=f"add such an arm: {{kind: {kind}, representation: rcps, kmer: 1, channels: 32}}",
            )


def _check_keys(path: KeyPath, task: Settings, origins: Origins) -> None:
    kind = task["kind"]
    for key, owners in OWNERS.items():
        if key in task and kind not in owners:
            raise origins.error(
                (*path, key),
                f"`{dotted((*path, key))}` means nothing for a task of kind {kind}",
                found=f"{key} with kind: {kind}",
                allowed=f"{key} with kind: {' or '.join(owners)}",
                mend="delete the line, or change the kind",
            )
    for key, value in REQUIRED[kind].items():
        if key not in task:
            raise origins.error(
                path,
                f"`{dotted(path)}` lacks the key `{key}`",
                found=", ".join(key for key in task if task[key] not in ([], {})),
                allowed=f"{key}: {value}, for kind: {kind}",
                mend=f"add a line `{key}: ...` to `{dotted(path)}`",
            )


def check_arms_in_use(settings: Settings, origins: Origins) -> None:
    """Raise an InputError where a section that uses networks takes an arm or task that cannot serve it."""
    kinds = contestants(settings["study"])
    for user in ("predict", "attribute", "variants"):
        for name, values in settings[user].items():
            kind = settings["tasks"][values["task"]]["kind"]
            if kinds[values["arm"]] != kind:
                path = (user, name, "arm")
                raise origins.error(
                    path,
                    f"`{dotted(path)}` is not for tasks of kind {kind}, such as {values['task']}",
                    found=values["arm"],
                    allowed=", ".join(arm for arm in kinds if kinds[arm] == kind),
                    mend="name one of these arms, or another task",
                )
            if (user, kind) in UNUSABLE:
                path, (reason, allowed) = (user, name, "task"), UNUSABLE[user, kind]
                raise origins.error(
                    path,
                    f"`{dotted(path)}` is a {kind} task, {reason}",
                    found=values["task"],
                    allowed=f"a task of kind {allowed}",
                    mend="name another task",
                )
            if "best_of" in settings["study"]["combinations"].get(values["arm"], {}):
                raise origins.error(
                    (user, name, "arm"),
                    f"`{dotted((user, name, 'arm'))}` is chosen among arms only once they are trained",
                    found=values["arm"],
                    allowed="an arm, or a combination of arms that are all averaged",
                    mend="name the arm that was chosen, as study/selections.tsv says",
                )
            if "head" in values and kind != "profile":
                path = (user, name, "head")
                raise origins.error(
                    path,
                    f"`{dotted(path)}` means nothing for a task of kind {kind}",
                    found=f"head: {values['head']} with kind: {kind}",
                    allowed="head with kind: profile",
                    mend="delete the line",
                )

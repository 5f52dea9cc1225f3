"""Checks that tasks have the keys that their kind needs and no others, and that arms serve them."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from rc_equivariant.descriptions.tracks import TRACKS
from workflow_support.kinds import KINDS, PROFILE
from workflow_support.metrics import metrics_for
from workflow_support.origins import KeyPath, Origins, dotted

from .arms import arms_for, refusals
from .study import chooses, contestants_for

Settings = Mapping[str, Any]

#: Sections that use trained networks.
USERS = ("predict", "attribute", "variants")


def check_kinds(settings: Settings, origins: Origins) -> None:
    """Raise an InputError if a task has a key or metric of another kind, lacks a key, or no arm serves it."""
    for name, task in settings["tasks"].items():
        path, kind = ("tasks", name), task["kind"]
        _check_keys(path, task, origins)
        _check_published(path, task, origins)
        if not arms_for(settings, name):
            reasons = dict.fromkeys(refusals(settings, arm)[kind] for arm in settings["study"]["arms"].values())
            raise origins.error(
                path,
                f"no arm serves `{dotted(path)}`",
                found=f"a task of kind {kind}, and only arms for other kinds: {'; '.join(reasons)}",
                allowed="at least one arm whose kinds, network and training serve it",
                fix=f"add such an arm: {{kinds: [{kind}], representation: rcps, kmer: 1, channels: 32}}",
            )


def _check_keys(path: KeyPath, task: Settings, origins: Origins) -> None:
    kind = task["kind"]
    for key in task:
        owners = [other.name for other in KINDS.values() if key in other.own or (key in TRACKS and other.has_tracks)]
        if owners and kind not in owners:
            raise origins.error(
                (*path, key),
                f"`{dotted((*path, key))}` has no meaning for a task of kind {kind}",
                found=f"{key} with kind: {kind}",
                allowed=f"{key} with kind: {' or '.join(owners)}",
                fix="delete the line, or change the kind",
            )
    for key, value in KINDS[kind].required.items():
        if key not in task:
            raise origins.error(
                path,
                f"`{dotted(path)}` lacks the key `{key}`",
                found=", ".join(key for key in task if task[key] not in ([], {})),
                allowed=f"{key}: {value}, for kind: {kind}",
                fix=f"add a line `{key}: ...` to `{dotted(path)}`",
            )


def _check_published(path: KeyPath, task: Settings, origins: Origins) -> None:
    """Raise an InputError if a published value is of a metric that nothing could be compared with."""
    metrics = metrics_for(task["kind"])
    by_letters = {metric.casefold(): metric for metric in metrics}
    for index, value in enumerate(task["published"]):
        if value["metric"] not in metrics:
            where = (*path, "published", index, "metric")
            near = get_close_matches(value["metric"].casefold(), by_letters, n=1)
            raise origins.error(
                where,
                f"`{dotted(where)}` is not a metric of tasks of kind {task['kind']}",
                found=value["metric"],
                allowed=", ".join(metrics),
                fix=f"did you mean `{by_letters[near[0]]}`?"
                if near
                else "use one of these metrics, or delete the value",
            )


def kind_used(settings: Settings, values: Settings) -> str:
    """Return the kind of task of an entry that uses networks: that of its task, or that of its model."""
    return settings["tasks"][values["task"]]["kind"] if "task" in values else values.get("kind", "binary")


def check_arms_in_use(settings: Settings, origins: Origins) -> None:
    """Raise an InputError if a section that uses networks names an arm or task that cannot serve it."""
    for user in USERS:
        for name, values in settings[user].items():
            kind = kind_used(settings, values)
            if "arm" in values and values["arm"] not in (serving := contestants_for(settings, values["task"])):
                path = (user, name, "arm")
                raise origins.error(
                    path,
                    f"`{dotted(path)}` is not for tasks of kind {kind}, such as {values['task']}",
                    found=values["arm"],
                    allowed=", ".join(serving),
                    fix="use one of these arms, or another task",
                )
            if reason := KINDS[kind].unusable.get(user):
                path = (user, name, "task" if "task" in values else "kind")
                raise origins.error(
                    path,
                    f"`{dotted(path)}` is a {kind} task, {reason}",
                    found=values.get("task", kind),
                    allowed=f"a task of kind {' or '.join(k for k in KINDS if user not in KINDS[k].unusable)}",
                    fix="use another task",
                )
            if "arm" in values and chooses(settings["study"], values["arm"]):
                raise origins.error(
                    (user, name, "arm"),
                    f"`{dotted((user, name, 'arm'))}` is chosen from several arms only after they are trained",
                    found=values["arm"],
                    allowed="an arm, or a combination that averages all of its arms",
                    fix="use the arm that was chosen, which study/selections.tsv lists",
                )
            if "head" in values and KINDS[kind].answers != PROFILE:
                path = (user, name, "head")
                raise origins.error(
                    path,
                    f"`{dotted(path)}` has no meaning for a task of kind {kind}",
                    found=f"head: {values['head']} with kind: {kind}",
                    allowed="head with kind: profile",
                    fix="delete the line",
                )

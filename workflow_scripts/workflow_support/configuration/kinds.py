"""Tasks and arms of two kinds: binary (bound or not) and profile (reads that start at each base of each strand)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workflow_support.origins import KeyPath, Origins, dotted

Settings = Mapping[str, Any]


def of_kind(section: Mapping[str, Any], kind: str) -> list[str]:
    """Names of the tasks or arms of a kind."""
    return [name for name, values in section.items() if values["kind"] == kind]


def check_kinds(settings: Settings, origins: Origins) -> None:
    """Raise an InputError where a task has what is not for its kind, lacks what is, or has no arm."""
    for name, task in settings["tasks"].items():
        path, kind = ("tasks", name), task["kind"]
        for key, owner in (("counts", "profile"), ("control", "profile"), ("signal", "binary")):
            if key in task and kind != owner:
                raise origins.error(
                    (*path, key),
                    f"`{dotted((*path, key))}` means nothing for a task of kind {kind}",
                    found=f"{key} with kind: {kind}",
                    allowed=f"{key} with kind: {owner}",
                    mend="delete the line, or change the kind",
                )
        if kind == "profile" and "counts" not in task:
            raise origins.error(
                path,
                f"`{dotted(path)}` does not say where reads start",
                found="kind: profile without counts",
                allowed="counts: {plus: [...], minus: [...]} or counts: {reads: [...]}",
                mend="add counts",
            )
        if not of_kind(settings["arms"], kind):
            raise origins.error(
                path,
                f"no arm is for `{dotted(path)}`",
                found=f"a task of kind {kind}, and arms of other kinds alone",
                allowed=f"at least one arm with kind: {kind}",
                mend=f"add such an arm: {{kind: {kind}, representation: rcps, kmer: 1, channels: 32}}",
            )
        for key in ("counts", "control"):
            _check_stranded((*path, key), task.get(key, {"reads": []}), origins)


def check_arms_in_use(settings: Settings, origins: Origins) -> None:
    """Raise an InputError where a prediction or attribution takes an arm that is not for its task."""
    for user in ("predict", "attribute"):
        for name, values in settings[user].items():
            kind = settings["tasks"][values["task"]]["kind"]
            if values["arm"] not in of_kind(settings["arms"], kind):
                path = (user, name, "arm")
                raise origins.error(
                    path,
                    f"`{dotted(path)}` is not for tasks of kind {kind}, such as {values['task']}",
                    found=values["arm"],
                    allowed=", ".join(of_kind(settings["arms"], kind)),
                    mend="name one of these arms, or another task",
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


def check_profile_predictions(settings: Settings, origins: Origins) -> None:
    """Raise an InputError where a prediction of profiles lacks the control that its networks read."""
    for name, values in settings["predict"].items():
        task = settings["tasks"][values["task"]]
        if "control" in task and ("sequences" in values or values["genome"] != task["genome"]):
            path = ("predict", name)
            raise origins.error(
                path,
                f"`{dotted(path)}` has no control, which the networks of {values['task']} read",
                found="sequences" if "sequences" in values else f"genome: {values['genome']}",
                allowed=f"regions or contigs of {task['genome']}, where the control was measured",
                mend="predict there, or train a task without control",
            )


def _check_stranded(path: KeyPath, source: Mapping[str, Any], origins: Origins) -> None:
    given = set(source)
    if given not in ({"reads"}, {"plus", "minus"}):
        raise origins.error(
            path,
            f"`{dotted(path)}` must be bigWigs of both strands, or reads",
            found=" and ".join(sorted(given)) or "nothing",
            allowed="plus and minus, or reads",
            mend="give the other strand" if len(given) == 1 else "keep one of the two forms",
        )
    if len(source.get("plus", [])) != len(source.get("minus", [])):
        raise origins.error(
            path,
            f"the strands of `{dotted(path)}` do not pair up",
            found=f"{len(source['plus'])} bigWigs of the + strand, {len(source['minus'])} of the - strand",
            allowed="as many of one as of the other, in the same order",
            mend="add the missing files",
        )


def profile_length(settings: Settings) -> int:
    """Positions of the profile that the profile layers leave of their window."""
    layers = settings["profile"]["network"]
    return layers["window"] - (layers["first_width"] - 1) - 2 * sum(layers["dilations"]) - (layers["profile_width"] - 1)


def check_profile_layers(settings: Settings, origins: Origins) -> None:
    """Raise an InputError where the layers of profile arms do not fit their window."""
    layers, length = settings["profile"]["network"], profile_length(settings)
    path = ("profile", "network")
    if length < 1 or (layers["window"] - length) % 2:
        raise origins.error(
            path,
            f"the layers of `{dotted(path)}` leave no profile in the middle of the window",
            found=f"{length} positions of a window of {layers['window']}",
            allowed="at least 1, and as many bases on the left of the profile as on its right",
            mend="take a wider window, or widths that are odd",
        )

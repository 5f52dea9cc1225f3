"""Checks of profile tasks: the files of their reads, and the input tracks that predictions need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rc_equivariant.descriptions.tracks import STRANDED, TRACKS
from workflow_support.origins import KeyPath, Origins, dotted

Settings = Mapping[str, Any]


def check_profile_sources(settings: Settings, origins: Origins) -> None:
    """Raise an InputError if the reads of a task do not cover both strands."""
    for name, task in settings["tasks"].items():
        for key in ("counts", *STRANDED):
            _check_stranded(("tasks", name, key), task.get(key, {"reads": []}), origins)


def check_profile_predictions(settings: Settings, origins: Origins) -> None:
    """Raise an InputError if a prediction of profiles lacks an input track that its networks read."""
    for name, values in settings["predict"].items():
        task = settings["tasks"].get(values.get("task"), {})
        track = next((name for name in TRACKS if name in task), None)
        if track and ("sequences" in values or values["genome"] != task["genome"]):
            path = ("predict", name)
            raise origins.error(
                path,
                f"`{dotted(path)}` has no {track}, which the networks of {values['task']} read",
                found="sequences" if "sequences" in values else f"genome: {values['genome']}",
                allowed=f"regions or contigs of {task['genome']}, where the {track} was measured",
                fix=f"predict there, or train a task without {track}",
            )


def _check_stranded(path: KeyPath, source: Mapping[str, Any], origins: Origins) -> None:
    given = set(source)
    if given not in ({"reads"}, {"plus", "minus"}):
        raise origins.error(
            path,
            f"`{dotted(path)}` must be bigWigs of both strands, or reads",
            found=" and ".join(sorted(given)) or "nothing",
            allowed="plus and minus, or reads",
            fix="give the other strand" if len(given) == 1 else "keep one of the two forms",
        )
    if len(source.get("plus", [])) != len(source.get("minus", [])):
        raise origins.error(
            path,
            f"the strands of `{dotted(path)}` do not pair up",
            found=f"{len(source['plus'])} bigWigs of the + strand, {len(source['minus'])} of the - strand",
            allowed="equally many of both strands, in the same order",
            fix="add the missing files",
        )

"""Checks that the layers of every arm fit the windows of the tasks that it serves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rc_equivariant.descriptions.networks import NetworkDescription
from workflow_support.kinds import KINDS, LOGITS, PROFILE, of_kind
from workflow_support.origins import KeyPath, Origins, dotted
from workflow_support.widths import require_wide_enough, shortest_window

from .arms import arms_for, network_of
from .named import name_for_kind
from .spans import name_as_written

Settings = Mapping[str, Any]


def profile_length(settings: Settings) -> int:
    """Return the number of positions of the predicted profile, which is the same for all profile arms."""
    task = of_kind(settings["tasks"], PROFILE)[0]
    return _profile_network(settings, arms_for(settings, task)[0]).output_length


def check_windows(settings: Settings, origins: Origins) -> None:
    """Raise an InputError if a window is too short for an arm, or profile arms differ in the length of profiles."""
    for task, values in settings["tasks"].items():
        if KINDS[values["kind"]].answers == LOGITS:
            for section in ("windows", "sequences"):
                if "width" in values.get(section, {}):
                    _check_width(settings, task, section, origins)
    arms = dict.fromkeys(arm for task in of_kind(settings["tasks"], PROFILE) for arm in arms_for(settings, task))
    lengths = {arm: _checked_length(settings, arm, origins) for arm in arms}
    if len(set(lengths.values())) > 1:
        raise origins.error(
            ("study", "arms"),
            "the networks of profile arms predict profiles of different lengths, which cannot be compared",
            found=", ".join(f"{arm}: {length}" for arm, length in lengths.items()),
            allowed="one length for all",
            fix="change the widths or dilations of their trunks or heads until the lengths agree",
        )


def _check_width(settings: Settings, task: str, section: str, origins: Origins) -> None:
    values = settings["tasks"][task]
    for arm in arms_for(settings, task):
        network, path = network_of(settings, values["kind"], arm), _path(settings, values["kind"], arm, origins)
        require_wide_enough(network, values[section]["width"], task, arm, path, origins, section=section)


def _checked_length(settings: Settings, arm: str, origins: Origins) -> int:
    """Return the length of the profile of an arm; raise an InputError if there is none in the middle of the window."""
    window, path = settings["profile"]["window"], _path(settings, PROFILE, arm, origins)
    try:
        length = _profile_network(settings, arm).output_length
    except ValueError as error:
        least = shortest_window(network_of(settings, PROFILE, arm))
        raise origins.error(
            path,
            f"the layers of `{dotted(path)}` leave no profile in the middle of the window: {error}",
            found=f"profile: window: {window}",
            allowed=f"a window of {least} bases or more",
            fix=f"set profile: window to {least} or more, or narrow the layers",
        ) from error
    if (window - length) % 2:
        raise origins.error(
            path,
            f"the layers of `{dotted(path)}` leave no profile in the middle of the window",
            found=f"{length} positions of a window of {window}",
            allowed="as many bases to the left of the profile as to its right",
            fix=f"set profile: window to {window + 1}, or take odd widths",
        )
    return length


def _profile_network(settings: Settings, arm: str) -> NetworkDescription:
    network = network_of(settings, PROFILE, arm)
    return NetworkDescription.from_dict(network | {"window": settings["profile"]["window"]})


def _path(settings: Settings, kind: str, arm: str, origins: Origins) -> KeyPath:
    """Return the key of the network of an arm for a kind of task, or of the arm if no file changes the network."""
    own = settings["study"]["arms"][arm]
    path = ("networks", name_for_kind("networks", own["network"], kind))
    return path if origins.has(path) else ("study", "arms", name_as_written(arm, own, origins))

"""Arms of a study: the kinds of task that they serve, and their network and training for each kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from learning.training.compute import ComputeSettings
from learning.training.settings import StrandSettings
from rc_equivariant.descriptions.base import Trunk
from rc_equivariant.descriptions.heads import HEADS
from rc_equivariant.descriptions.options import options_of
from rc_equivariant.descriptions.symmetry import Symmetry
from rc_equivariant.descriptions.trunks import TRUNKS
from workflow_support.kinds import KINDS, basis_of

from .generated import PUBLISHED
from .named import name_for_kind, plain, training_options

Settings = Mapping[str, Any]


def kinds_of_arm(settings: Settings, arm: str) -> list[str]:
    """List the kinds of task that an arm serves: those it names, or all that its network and training can serve."""
    return [kind for kind, reason in refusals(settings, settings["study"]["arms"][arm]).items() if reason is None]


def arms_for(settings: Settings, task: str) -> list[str]:
    """List the arms that serve a task."""
    kind = settings["tasks"][task]["kind"]
    return [arm for arm in settings["study"]["arms"] if kind in kinds_of_arm(settings, arm)]


def network_of(settings: Settings, kind: str, arm: str) -> dict[str, Any]:
    """Return the network of an arm for a kind of task: a ``NetworkDescription`` without window, classes and tracks."""
    own = settings["study"]["arms"][arm]
    layers = layers_of(settings, kind, own)
    trunk = trunk_of(layers, own)
    others = [dict(settings["networks"][other]) for other in layers.get("beside", [])]
    joined = {"beside": others, "apart": layers["apart"]} if others else {}
    return {
        **asdict(symmetry_of(own)),
        "trunk": {"type": trunk.type, **plain(asdict(trunk))},
        "head": dict(layers["head"]),
        **joined,
        "conjoined": own.get("conjoined", False),
    }


def training_of(settings: Settings, kind: str, arm: str) -> dict[str, Any]:
    """Return all training settings of an arm for a kind of task."""
    own = settings["study"]["arms"][arm]
    base, changed = training_of_arm(own)
    schedule = settings["trainings"][name_for_kind("trainings", base, kind)]
    options = {name: changed.get(name, schedule[name]) for name in training_options(kind)}
    strands = {each.name: own[each.name] for each in fields(StrandSettings) if each.name in own}
    return options | {each.name: settings["compute"][each.name] for each in fields(ComputeSettings)} | strands


def layers_of(settings: Settings, kind: str, arm: Settings) -> Settings:
    """Return the trunk and head of an arm for a kind of task, without the options that the arm sets directly."""
    return settings["networks"][name_for_kind("networks", arm["network"], kind)]


def trunk_of(layers: Settings, arm: Settings) -> Trunk:
    """Return the trunk of an arm, with the options that the arm sets directly.

    Raises
    ------
    ValueError
        If the options contradict each other.
    """
    described = TRUNKS[layers["trunk"]["type"]]
    options = {key: value for key, value in layers["trunk"].items() if key != "type"}
    own = {each.name: arm[each.name] for each in options_of(described) if each.per_arm and each.name in arm}
    return described(**options).with_options(own)


def symmetry_of(arm: Settings) -> Symmetry:
    """Return the symmetry of an arm."""
    return Symmetry(**{each.name: arm[each.name] for each in fields(Symmetry) if each.name in arm})


def training_of_arm(arm: Settings) -> tuple[str, Settings]:
    """Return the name of the training that an arm starts from, and the options that the arm changes."""
    given = arm["training"]
    if isinstance(given, str):
        return given, {}
    return given.get("like", PUBLISHED), {key: value for key, value in given.items() if key != "like"}


def refusals(settings: Settings, arm: Settings) -> dict[str, str | None]:
    """Return, for each kind of task, the reason why an arm does not serve it, or None if it does."""
    network, (training, _) = arm["network"], training_of_arm(arm)
    found: dict[str, str | None] = {}
    for kind, described in KINDS.items():
        answers = HEADS[layers_of(settings, kind, arm)["head"]["type"]].answers
        trains = settings["trainings"][name_for_kind("trainings", training, kind)]["kind"]
        if kind not in arm.get("kinds", KINDS):
            found[kind] = "it is not among its kinds"
        elif answers != described.answers:
            found[kind] = f"network {network} answers {answers}, not {described.answers}"
        elif trains != basis_of(kind):
            found[kind] = f"training {training} is for tasks of kind {trains}"
        else:
            found[kind] = None
    return found

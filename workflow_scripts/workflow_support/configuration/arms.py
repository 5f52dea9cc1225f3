"""Arms of a study: which kinds of task they serve, with which network and which training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from learning.training.settings import ComputeSettings, StrandSettings
from rc_equivariant.descriptions.heads import HEADS
from rc_equivariant.descriptions.options import options_of
from rc_equivariant.descriptions.symmetry import Symmetry
from rc_equivariant.descriptions.trunks import TRUNKS, Trunk
from workflow_support.kinds import KINDS, basis_of

from .generated import PUBLISHED
from .named import plain, training_options

Settings = Mapping[str, Any]


def kinds_of_arm(settings: Settings, arm: str) -> list[str]:
    """The kinds of task that an arm serves: those it names, or all that its network and training can serve."""
    return [kind for kind, reason in refusals(settings, settings["study"]["arms"][arm]).items() if reason is None]


def arms_for(settings: Settings, task: str) -> list[str]:
    """The arms that serve a task."""
    kind = settings["tasks"][task]["kind"]
    return [arm for arm in settings["study"]["arms"] if kind in kinds_of_arm(settings, arm)]


def network_of(settings: Settings, kind: str, arm: str) -> dict[str, Any]:
    """The network of an arm for tasks of a kind: a ``NetworkDescription`` without window, classes and tracks."""
    own = settings["study"]["arms"][arm]
    layers = layers_of(settings, kind, own)
    trunk = trunk_of(layers, own)
    return {
        **asdict(symmetry_of(own)),
        "trunk": {"type": trunk.type, **plain(asdict(trunk))},
        "head": dict(layers["head"]),
        "conjoined": own.get("conjoined", False),
    }


def training_of(settings: Settings, kind: str, arm: str) -> dict[str, Any]:
    """All settings of the trainings of an arm for tasks of a kind."""
    own = settings["study"]["arms"][arm]
    base, changed = training_of_arm(own)
    schedule = settings["trainings"][basis_of(kind) if base == PUBLISHED else base]
    options = {name: changed.get(name, schedule[name]) for name in training_options(kind)}
    strands = {each.name: own[each.name] for each in fields(StrandSettings) if each.name in own}
    return options | {each.name: settings["compute"][each.name] for each in fields(ComputeSettings)} | strands


def layers_of(settings: Settings, kind: str, arm: Settings) -> Settings:
    """The trunk and head of an arm for tasks of a kind, without the options that the arm sets itself."""
    return settings["networks"][basis_of(kind) if arm["network"] == PUBLISHED else arm["network"]]


def trunk_of(layers: Settings, arm: Settings) -> Trunk:
    """The trunk of an arm with the options that the arm sets itself; a ValueError where they contradict each other."""
    described = TRUNKS[layers["trunk"]["type"]]
    options = {key: value for key, value in layers["trunk"].items() if key != "type"}
    own = {each.name: arm[each.name] for each in options_of(described) if each.per_arm and each.name in arm}
    return described(**options).with_options(own)


def symmetry_of(arm: Settings) -> Symmetry:
    """The symmetry of an arm."""
    return Symmetry(**{each.name: arm[each.name] for each in fields(Symmetry) if each.name in arm})


def training_of_arm(arm: Settings) -> tuple[str, Settings]:
    """The name of the training that an arm starts from, and the options that it changes."""
    given = arm["training"]
    if isinstance(given, str):
        return given, {}
    return given.get("like", PUBLISHED), {key: value for key, value in given.items() if key != "like"}


def refusals(settings: Settings, arm: Settings) -> dict[str, str | None]:
    """Why an arm does not serve a kind of task, by kind; None where it does."""
    network, (training, _) = arm["network"], training_of_arm(arm)
    found: dict[str, str | None] = {}
    for kind, described in KINDS.items():
        answers = HEADS[layers_of(settings, kind, arm)["head"]["type"]].answers
        trains = basis_of(kind) if training == PUBLISHED else settings["trainings"][training]["kind"]
        if kind not in arm.get("kinds", KINDS):
            found[kind] = "it is not among its kinds"
        elif answers != described.answers:
            found[kind] = f"network {network} answers {answers}, not {described.answers}"
        elif trains != basis_of(kind):
            found[kind] = f"training {training} is for tasks of kind {trains}"
        else:
            found[kind] = None
    return found

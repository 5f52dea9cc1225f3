"""Checks that each arm is consistent and that at least one kind of task can use it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rc_equivariant.descriptions.options import options_of
from rc_equivariant.descriptions.trunks import TRUNKS
from workflow_support.metrics import BASELINE_ARM
from workflow_support.origins import KeyPath, Origins, dotted, require_name

from .arms import layers_of, refusals, symmetry_of, training_of_arm, trunk_of
from .named import names_of_no_set, require_options, training_options
from .spans import name_as_written

Settings = Mapping[str, Any]

#: Settings of an arm that have a meaning for one representation only.
OWNERS = {
    "plus_fraction": "irrep",
    "reverse_complement_augmentation": "standard",
    "conjoined": "standard",
    "consistency": "standard",
}
#: Options of a trunk that an arm may set directly.
PER_ARM = {each.name for trunk in TRUNKS.values() for each in options_of(trunk) if each.per_arm}


def check_arms(settings: Settings, origins: Origins) -> None:
    """Raise an InputError if the settings of an arm contradict each other, or fit no kind of task."""
    for name, arm in settings["study"]["arms"].items():
        path = ("study", "arms", name_as_written(name, arm, origins))
        _check_name(name, path, origins)
        _check_symmetry(arm, path, origins)
        require_name(arm["network"], _named("networks", settings), (*path, "network"), origins)
        _check_training(settings, arm, path, origins)
        for kind in _kinds_to_check(settings, arm):
            _check_trunk(settings, layers_of(settings, kind, arm), arm, path, origins)


def _check_name(name: str, path: KeyPath, origins: Origins) -> None:
    if name == BASELINE_ARM:
        raise origins.error(
            path,
            f"the arm `{name}` has the name of the baseline, which is part of every run",
            found=name,
            allowed=f"any other name than {BASELINE_ARM}",
            fix="rename the arm",
        )


def _check_symmetry(arm: Settings, path: KeyPath, origins: Origins) -> None:
    representation = arm["representation"]
    for key, owner in OWNERS.items():
        if key in arm and representation != owner:
            raise origins.error(
                (*path, key),
                f"`{dotted((*path, key))}` means nothing for representation {representation}",
                found=f"{key}: {arm[key]} with representation: {representation}",
                allowed=f"{key} with representation: {owner}",
                fix="delete the line, or change the representation",
            )
    if representation == "irrep" and "plus_fraction" not in arm:
        raise origins.error(
            path,
            f"`{dotted(path)}` does not say how many of its channels are +1",
            found="representation: irrep without plus_fraction",
            allowed="plus_fraction from 0 to 1",
            fix="add plus_fraction, for example 0.75",
        )
    if representation == "rcps" and arm["kmer"] != 1:
        raise origins.error(
            (*path, "kmer"),
            f"`{dotted(path)}` has representation rcps, which reads single bases",
            found=f"kmer: {arm['kmer']} with representation: rcps",
            allowed="kmer: 1 with representation: rcps",
            fix="use representation: regular, which is the same for any k",
        )
    if arm.get("conjoined") and (arm.get("consistency") or arm.get("reverse_complement_augmentation")):
        raise origins.error(
            (*path, "conjoined"),
            f"`{dotted(path)}` is conjoined, so its outputs are the same on both strands already",
            found="conjoined with consistency or reverse_complement_augmentation",
            allowed="one of them in an arm",
            fix="make a second arm for the other setting",
        )


def _kinds_to_check(settings: Settings, arm: Settings) -> list[str]:
    """List the kinds of task that an arm serves and the run has; if the run has none of them, all that it serves."""
    served = [kind for kind, reason in refusals(settings, arm).items() if reason is None]
    present = {task["kind"] for task in settings["tasks"].values()}
    return [kind for kind in served if kind in present] or served


def _check_trunk(settings: Settings, layers: Settings, arm: Settings, path: KeyPath, origins: Origins) -> None:
    """Raise an InputError if the trunk of an arm lacks one of its options, or cannot have its symmetry."""
    allowed = [each.name for each in options_of(TRUNKS[layers["trunk"]["type"]]) if each.per_arm]
    own = [key for key in arm if key in PER_ARM]
    for key in own:
        if key not in allowed:
            raise origins.error(
                (*path, key),
                f"`{dotted((*path, key))}` means nothing for a {layers['trunk']['type']} trunk",
                found=f"{key}: {arm[key]} with network: {arm['network']}",
                allowed=f"{key} with network: hyperbolic, or another whose trunk has it",
                fix="delete the line, or change the network",
            )
    try:
        trunk_of(layers, arm).check(symmetry_of(arm))
        for other in layers.get("beside", []):
            trunk_of(settings["networks"][other], {}).check(symmetry_of(arm))
    except ValueError as error:
        problem, _, rest = str(error).partition(": ")
        key = next(
            (key for key in ("learnt", "linear_map", "concatenation", "k") if key in own and "flat" in problem), None
        )
        key = "channels" if "channels" in problem else key
        where = path if key is None else (*path, key)
        raise origins.error(
            where,
            f"`{dotted(where)}` cannot be built: {problem}",
            found=", ".join(f"{each}: {arm[each]}" for each in ("representation", "kmer", "channels", *own)),
            allowed=rest or problem,
            fix=f"use {arm['channels'] + 1} channels" if "pair up" in problem else "change one of these options",
        ) from error


def _named(section: str, settings: Settings) -> Settings:
    """Return the names that an arm may have for its network or training, as keys."""
    return dict.fromkeys(names_of_no_set(section)) | settings[section]


def _check_training(settings: Settings, arm: Settings, path: KeyPath, origins: Origins) -> None:
    base, changed = training_of_arm(arm)
    where = (*path, "training") if isinstance(arm["training"], str) else (*path, "training", "like")
    require_name(base, _named("trainings", settings), where, origins)
    found = refusals(settings, arm)
    served = [kind for kind, reason in found.items() if reason is None]
    for kind in arm.get("kinds", []):
        if found[kind] is not None:
            others = {key: value for key, value in arm.items() if key != "kinds"}
            possible = [each for each, reason in refusals(settings, others).items() if reason is None]
            raise origins.error(
                (*path, "kinds"),
                f"`{dotted(path)}` cannot serve tasks of kind {kind}: {found[kind]}",
                found=f"kinds: [{', '.join(arm['kinds'])}]",
                allowed=f"kinds: [{', '.join(possible)}]",
                fix="change kinds, the network or the training",
            )
    if not served:
        raise origins.error(
            path,
            f"`{dotted(path)}` serves no kind of task",
            found="; ".join(f"{kind}: {reason}" for kind, reason in found.items()),
            allowed="a network and a training for the same kind of task",
            fix="change the network or the training",
        )
    for kind in served:
        require_options(f"trainings of kind {kind}", training_options(kind), changed, (*path, "training"), origins)

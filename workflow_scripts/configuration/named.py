"""Named networks and trainings, completed from the ones that they start from (``like``) and from defaults."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from difflib import get_close_matches
from typing import Any

from learning.training.options import TRAININGS, TUNED
from rc_equivariant.descriptions.heads import HEADS, LOGITS
from rc_equivariant.descriptions.networks import MEANS, NETWORKS
from rc_equivariant.descriptions.options import Option, options_of
from rc_equivariant.descriptions.trunks import TRUNKS
from workflow_support.kinds import basis_of
from workflow_support.origins import KeyPath, Origins, dotted, require_name

from .generated import DEFAULT, PUBLISHED

Settings = Mapping[str, Any]

#: The trunks and heads from which a network can be built.
PARTS = {"trunk": TRUNKS, "head": HEADS}


def with_named_sets(settings: dict[str, Any], origins: Origins) -> dict[str, Any]:
    """Complete every network and training of ``settings``, and add the built-in ones.

    Raises
    ------
    InputError
        If a set starts from an unknown one, an option belongs to other layers, or a head cannot read its trunk.
    """
    for section in ("networks", "trainings"):
        _require_free_names(section, settings[section], origins)
    networks = _completed("networks", settings["networks"], NETWORKS | MEANS, _network, origins)
    _check_beside(networks, origins)
    trainings = _completed("trainings", settings["trainings"], TRAININGS | TUNED, _training, origins)
    return settings | {"networks": networks, "trainings": trainings}


def name_for_kind(section: str, name: str, kind: str) -> str:
    """Return the name of the network or training that an arm asks for by ``name``, for a kind of task."""
    basis = basis_of(kind)
    if name == DEFAULT and section == "trainings":
        tuned = f"{DEFAULT}_{basis}"
        return tuned if tuned in TUNED else basis
    return basis if name == PUBLISHED else name


def names_of_no_set(section: str) -> tuple[str, ...]:
    """Return the names by which arms ask for a built-in set that depends on the kind of each task."""
    return (PUBLISHED, DEFAULT) if section == "trainings" else (PUBLISHED,)


def _require_free_names(section: str, given: Settings, origins: Origins) -> None:
    """Refuse a set that no arm could name."""
    for name in names_of_no_set(section):
        if name in given:
            raise origins.error(
                (section, name),
                f"`{section}.{name}` has the name by which arms ask for the built-in set of the kind of each task",
                found=name,
                allowed=f"any other name than {name}",
                fix="rename it",
            )


def require_options(
    kind_of: str, allowed: Mapping[str, Option], given: Settings, path: KeyPath, origins: Origins
) -> None:
    """Raise an InputError for the first key of ``given`` that is not an option of ``kind_of``."""
    for key in given:
        if key not in allowed:
            near = get_close_matches(key, allowed, n=1)
            raise origins.error(
                (*path, key),
                f"`{dotted((*path, key))}` has no meaning for {kind_of}",
                found=key,
                allowed=", ".join(allowed),
                fix=f"did you mean `{near[0]}`?" if near else "delete the line",
            )


def training_options(kind: str) -> dict[str, Option]:
    """Return the options of trainings for a kind of task, by name."""
    return {each.name: each for each in options_of(TRAININGS[basis_of(kind)])}


def _completed(
    section: str,
    given: Settings,
    built_in: Mapping[str, Any],
    complete: Callable[[KeyPath, Settings, Settings | None, Origins], dict[str, Any]],
    origins: Origins,
) -> dict[str, dict[str, Any]]:
    """Complete all sets of a section, each after the one that it starts from."""
    names = dict.fromkeys((*built_in, *given))
    done: dict[str, dict[str, Any]] = {}
    for name in names:
        for each, base in reversed(_chain((section, name), given, built_in, done, origins)):
            done[each] = complete((section, each), given.get(each, {}), done.get(base), origins)
    return {name: done[name] for name in names}


def _chain(
    path: KeyPath, given: Settings, built_in: Mapping[str, Any], done: Settings, origins: Origins
) -> list[tuple[str, str | None]]:
    """List a set and those that it starts from, one after the other, up to the first that is done or starts from none.

    Each comes with the name of the next, or None. The list may be longer than a recursion can be deep.
    """
    chain: dict[str, str | None] = {}
    section, name = path
    known = dict.fromkeys((*built_in, *given))
    while name is not None and name not in done:
        path, base = (section, name), given.get(name, {}).get("like")
        if base is not None:
            require_name(base, known, (*path, "like"), origins)
        if base == name and name in built_in:
            base = None
        chain[name] = base
        if base in chain:
            raise origins.error(
                (*path, "like"),
                f"`{dotted(path)}` starts from itself",
                found=" -> ".join((*chain, base)),
                allowed=", ".join(built_in),
                fix="name another set",
            )
        name = base
    return list(chain.items())


def _network(path: KeyPath, own: Settings, base: Settings | None, origins: Origins) -> dict[str, Any]:
    parts = base or _built_in_network(path[-1])
    trunk, head = (_part(part, (*path, part), parts[part], own.get(part, {}), origins) for part in PARTS)
    if not head.fits(trunk):
        raise origins.error(
            (*path, "head"),
            f"the head of `{dotted(path)}` cannot read its trunk",
            found=f"a {head.type} head on a {trunk.type} trunk",
            allowed=f"on this trunk: {', '.join(kind for kind, other in HEADS.items() if other().fits(trunk))}",
            fix="change the type of the head, or that of the trunk",
        )
    layers = {part: {"type": each.type, **plain(asdict(each))} for part, each in (("trunk", trunk), ("head", head))}
    beside = own.get("beside", parts.get("beside")) or []
    beside = [beside] if isinstance(beside, str) else list(beside)
    if own.get("apart") and not beside:
        raise origins.error(
            (*path, "apart"),
            f"`{dotted(path)}` is one network, and nothing in it is trained apart",
            found="apart: true and no beside",
            allowed="apart: true with beside",
            fix="name the other networks in beside, or delete the line",
        )
    apart = own.get("apart", parts.get("apart", False))
    return layers | ({"beside": beside, "apart": apart} if beside else {})


def _check_beside(networks: Settings, origins: Origins) -> None:
    """Raise an InputError if a network has others beside it whose logits cannot be joined with its own."""
    fitting = {
        name: None
        for name, each in networks.items()
        if "beside" not in each and HEADS[each["head"]["type"]].answers == LOGITS
    }
    for name, network in networks.items():
        if "beside" not in network:
            continue
        path = ("networks", name, "beside")
        for other in network["beside"]:
            require_name(other, fitting, path, origins)
        if HEADS[network["head"]["type"]].answers != LOGITS:
            raise origins.error(
                path,
                f"`networks.{name}` gives no logits, which could be joined with those of another network",
                found=f"a {network['head']['type']} head",
                allowed=f"heads that give logits: {', '.join(k for k, h in HEADS.items() if h.answers == LOGITS)}",
                fix="delete the line, or change the head",
            )


def _built_in_network(name: str) -> Settings:
    if name not in NETWORKS | MEANS:
        return dict.fromkeys(PARTS)
    first, *others = MEANS.get(name, (name,))
    layers = {part: {"type": each.type} | asdict(each) for part, each in NETWORKS[first]._asdict().items()}
    return layers | {"beside": others, "apart": bool(others)}


def _part(part: str, path: KeyPath, base: Settings | None, own: Settings, origins: Origins) -> Any:
    """Build a trunk or head; if its type differs from that of the base, it starts from its own defaults."""
    kind = own.get("type", base["type"] if base else None)
    if kind is None:
        raise origins.error(
            path,
            f"`{dotted(path)}` does not say which {part} to use",
            found="no type",
            allowed=", ".join(PARTS[part]),
            fix=f"add type: {next(iter(PARTS[part]))}, or start from another network with like",
        )
    described = PARTS[part][kind]
    options = {each.name: each for each in options_of(described)}
    changed = {key: value for key, value in own.items() if key != "type"}
    require_options(f"a {kind} {part}", options, changed, path, origins)
    start = {key: base[key] for key in options} if base and base["type"] == kind else {}
    try:
        return described(**start).with_options(changed)
    except (TypeError, ValueError) as error:
        problem, _, allowed = str(error).partition(": ")
        key = problem.partition(" ")[0]
        value = changed.get(key, dict(changed))
        raise origins.error(
            (*path, key) if key in changed else path,
            f"`{dotted((*path, key) if key in changed else path)}` has a value that is not allowed",
            found=value,
            allowed=f"{allowed or problem}",
            fix=f"use {value + 1}" if "odd" in allowed and isinstance(value, int) else "change the value",
        ) from error


def _training(path: KeyPath, own: Settings, base: Settings | None, origins: Origins) -> dict[str, Any]:
    name = path[-1]
    start = base or _built_in_training(name if name in TRAININGS | TUNED else own.get("kind"))
    if start is None:
        raise origins.error(
            path,
            f"`{dotted(path)}` does not say which training it starts from",
            found=", ".join(own) or "no key",
            allowed=", ".join(TRAININGS | TUNED),
            fix=f"add like: {next(iter(TRAININGS))}",
        )
    changed = {key: value for key, value in own.items() if key not in ("like", "kind")}
    kind = start["kind"]
    if own.get("kind", kind) != kind:
        raise origins.error(
            (*path, "kind"),
            f"`{dotted(path)}` starts from a training for another kind of task",
            found=f"kind: {own['kind']} and a training of kind {kind}",
            allowed=f"kind: {kind}",
            fix="delete the line",
        )
    built_in = _built_in_training(name) if name in TRAININGS | TUNED else start
    if kind != built_in["kind"]:
        raise origins.error(
            (*path, "like"),
            f"`{dotted(path)}` is the built-in training of tasks of kind {built_in['kind']}, and is like one for other "
            "tasks",
            found=f"like: {own['like']}, a training of kind {kind}",
            allowed=f"trainings of kind {built_in['kind']}",
            fix="delete the line, or choose another name for the training",
        )
    require_options(f"trainings of kind {kind}", training_options(kind), changed, path, origins)
    return start | changed


def _built_in_training(name: str | None) -> Settings | None:
    if name is None:
        return None
    settings = TUNED[name] if name in TUNED else TRAININGS[name]()
    (kind,) = (kind for kind, described in TRAININGS.items() if type(settings) is described)
    return {"kind": kind} | asdict(settings)


def plain(values: Settings) -> dict[str, Any]:
    """Turn tuples into lists, which YAML and JSON can hold."""
    return {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}

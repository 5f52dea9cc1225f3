"""Keys of earlier versions, with their new spelling."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import yaml

from workflow_support.origins import KeyPath, Origins, dotted

Settings = Mapping[str, Any]

_COMPUTE = ("device", "threads", "deterministic", "stacked_replicates")
#: Options of the head, in sections of earlier versions that mixed the options of trunk and head.
_OF_HEAD = {
    "network": {"pool_width": "pool_width", "pool_stride": "pool_stride"},
    "labelled": {"dense": "dense", "dropout": "dropout"},
    "profile": {"profile_width": "profile_width"},
    "hyperbolic": {"head": "pooling", "dense": "dense"},
}


def require_current(config: Settings, origins: Origins) -> None:
    """Raise an InputError for the first key spelt as in earlier versions; the fix shows the new spelling."""
    for path, value, spelling in _former(config):
        raise origins.error(
            path,
            f"`{dotted(path)}` has a new spelling, since arms have a network, a symmetry and a training",
            found=_flow({path[-1]: value}),
            allowed="the keys of docs/configuration.md",
            fix="\n".join(("replace it with:", *(_flow({key: value}) for key, value in spelling.items()))),
        )


def _former(config: Settings) -> Iterator[tuple[KeyPath, Any, Settings]]:
    sections: dict[KeyPath, Callable[[Settings], Settings]] = {
        ("network",): lambda own: {"networks": {"binary": _parts("network", own)}},
        ("training",): _training,
        ("labelled", "network"): lambda own: {"networks": {"labelled": _parts("labelled", own)}},
        ("labelled", "training"): lambda own: {"trainings": {"labelled": own}},
        ("profile", "network"): _profile_network,
        ("profile", "training"): lambda own: {"trainings": {"profile": own}},
        ("hyperbolic", "network"): lambda own: {"networks": {"hyperbolic": _parts("hyperbolic", own)}},
    }
    for path, spelling in sections.items():
        value = _at(config, path)
        if isinstance(value, Mapping):
            yield path, value, spelling(value)
    arms = _at(config, ("study", "arms"))
    for name, arm in (arms if isinstance(arms, Mapping) else {}).items():
        own = arm if isinstance(arm, Mapping) else {}
        if "kind" in own:
            yield ("study", "arms", name, "kind"), own["kind"], {"kinds": [own["kind"]]}
        if "geometry" in own:
            names = {"euclidean": "published"}
            given = own["geometry"]
            network = [names.get(each, each) for each in given] if isinstance(given, list) else names.get(given, given)
            yield ("study", "arms", name, "geometry"), given, {"network": network}


def _at(config: Any, path: KeyPath) -> Any:
    for key in path:
        config = config.get(key) if isinstance(config, Mapping) else None
    return config


def _parts(section: str, own: Settings) -> Settings:
    of_head = _OF_HEAD[section]
    trunk = {key: value for key, value in own.items() if key not in of_head}
    head = {of_head[key]: value for key, value in own.items() if key in of_head}
    return {part: values for part, values in (("trunk", trunk), ("head", head)) if values}


def _training(own: Settings) -> Settings:
    compute = {key: value for key, value in own.items() if key in _COMPUTE}
    training = {key: value for key, value in own.items() if key not in _COMPUTE}
    new = {"trainings": {"binary": training} if training else {}, "compute": compute}
    return {key: value for key, value in new.items() if value}


def _profile_network(own: Settings) -> Settings:
    layers = _parts("profile", {key: value for key, value in own.items() if key != "window"})
    window = {"profile": {"window": own["window"]}} if "window" in own else {}
    return window | ({"networks": {"profile": layers}} if layers else {})


def _flow(keys: Settings) -> str:
    """Write keys and values on one line, as they may appear in a configuration."""
    return yaml.safe_dump(dict(keys), default_flow_style=True, width=10_000, sort_keys=False).strip()[1:-1]

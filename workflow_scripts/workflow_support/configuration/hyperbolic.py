"""Arms in hyperbolic space, and the Euclidean twins of their layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workflow_support.configuration.origins import Origins, dotted

from .study import name_as_written

Settings = Mapping[str, Any]


def is_hyperbolic(arm: Settings) -> bool:
    """Whether the layers of an arm are those under ``hyperbolic``, curved or flat, in place of its kind's."""
    return arm.get("geometry") == "hyperbolic"


def hyperbolic_layers(settings: Settings, arm: Settings) -> dict[str, Any]:
    """The layers of a hyperbolic arm: those that all share, without what flat space has not, and its own."""
    of_flat_space = {"learnt": False, "k": 1} if arm.get("curvature") == "flat" else {}
    return settings["hyperbolic"]["network"] | of_flat_space | arm


def check_hyperbolic(settings: Settings, origins: Origins) -> None:
    """Raise an InputError where a hyperbolic arm is for no network, or the layers that they share are for none."""
    for name, arm in settings["study"]["arms"].items():
        path = ("study", "arms", name_as_written(name, arm, origins))
        for key in ("curvature", "k", "learnt"):
            if key in arm and not is_hyperbolic(arm):
                raise origins.error(
                    (*path, key),
                    f"`{dotted((*path, key))}` means nothing in Euclidean space",
                    found=f"{key}: {arm[key]} with geometry: {arm.get('geometry', 'euclidean')}",
                    allowed=f"{key} with geometry: hyperbolic",
                    mend="delete the line, or add geometry: hyperbolic",
                )
            if key in arm and key != "curvature" and arm.get("curvature") == "flat":
                raise origins.error(
                    (*path, key),
                    f"`{dotted((*path, key))}` means nothing in flat space",
                    found=f"{key}: {arm[key]} with curvature: flat",
                    allowed=f"{key} with curvature: single or per_block",
                    mend="delete the line, or make an arm of its own for flat space",
                )
        if is_hyperbolic(arm) and arm["kind"] == "profile":
            raise origins.error(
                (*path, "geometry"),
                f"`{dotted(path)}` is for profiles, for which there is no hyperbolic network",
                found="geometry: hyperbolic with kind: profile",
                allowed="geometry: hyperbolic with kind: binary or labelled",
                mend="change the kind, or delete the line",
            )
        if is_hyperbolic(arm) and arm["channels"] < 2:
            raise origins.error(
                (*path, "channels"),
                f"`{dotted(path)}` has no channels but time",
                found=arm["channels"],
                allowed="at least 2, of which one is time",
                mend="take more channels, for example 32",
            )
    path, width = ("hyperbolic", "network", "width"), settings["hyperbolic"]["network"]["width"]
    if width % 2 == 0:
        raise origins.error(
            path,
            f"`{dotted(path)}` reaches further to one side than to the other",
            found=width,
            allowed="an odd number of positions",
            mend=f"take {width + 1}",
        )

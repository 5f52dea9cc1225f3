"""Arms of a study that contradict themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workflow_support.configuration.origins import Origins, dotted
from workflow_support.metrics import BASELINE_ARM

from .hyperbolic import is_hyperbolic
from .study import name_as_written

Settings = Mapping[str, Any]

#: Settings of an arm that mean something for one representation alone.
OWNERS = {
    "plus_fraction": "irrep",
    "reverse_complement_augmentation": "standard",
    "conjoined": "standard",
    "consistency": "standard",
}


def check_arms(settings: Settings, origins: Origins) -> None:
    """Raise an InputError where the settings of an arm do not go together."""
    for name, arm in settings["study"]["arms"].items():
        path, kind = ("study", "arms", name_as_written(name, arm, origins)), arm["representation"]
        if name == BASELINE_ARM:
            raise origins.error(
                path,
                f"the arm `{name}` has the name of the baseline, which every run has",
                found=name,
                allowed=f"any other name than {BASELINE_ARM}",
                mend="rename the arm",
            )
        for key, owner in OWNERS.items():
            if key in arm and kind != owner:
                raise origins.error(
                    (*path, key),
                    f"`{dotted((*path, key))}` means nothing for representation {kind}",
                    found=f"{key}: {arm[key]} with representation: {kind}",
                    allowed=f"{key} with representation: {owner}",
                    mend="delete the line, or change the representation",
                )
        if kind == "irrep" and "plus_fraction" not in arm:
            raise origins.error(
                path,
                f"`{dotted(path)}` does not say how many of its channels are +1",
                found="representation: irrep without plus_fraction",
                allowed="plus_fraction from 0 to 1",
                mend="add plus_fraction, for example 0.75",
            )
        if kind == "rcps" and arm["kmer"] != 1:
            raise origins.error(
                (*path, "kmer"),
                f"`{dotted(path)}` encodes single bases: that is what rcps means",
                found=f"kmer: {arm['kmer']} with representation: rcps",
                allowed="kmer: 1 with representation: rcps",
                mend="take representation: regular, which is the same for any k",
            )
        if kind in ("rcps", "regular") and arm["channels"] % 2 and not is_hyperbolic(arm):
            raise origins.error(
                (*path, "channels"),
                f"the channels of `{dotted(path)}` cannot pair up between the strands",
                found=arm["channels"],
                allowed=f"an even number of channels with representation: {kind}",
                mend=f"take {arm['channels'] + 1}",
            )
        if arm.get("conjoined") and ("consistency" in arm or arm.get("reverse_complement_augmentation")):
            raise origins.error(
                (*path, "conjoined"),
                f"`{dotted(path)}` is conjoined, and so the same on both strands already",
                found="conjoined with consistency or reverse_complement_augmentation",
                allowed="one of them",
                mend="make another arm for the other",
            )

"""Checks of labelled tasks: the files of their sequences, and the splits."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from genome_data import SPLITS
from workflow_support.origins import KeyPath, Origins, dotted

from .locations import Location

Settings = Mapping[str, Any]

FILES = (*SPLITS, "all")
#: The splits that are drawn, by the files given. Without make_splits, the file ``all`` may have a column of splits.
DRAWN = {SPLITS: (), ("train", "test"): ("validation",), ("all",): ("validation", "test")}


def may_be_folder(path: KeyPath) -> bool:
    """Return True if the location under ``path`` may be a folder of classes."""
    return path[0] == "tasks" and path[2] == "sequences"


def check_labelled(settings: Settings, origins: Origins) -> None:
    """Raise an InputError if the sequences of a task are not split, or split twice."""
    for name, task in settings["tasks"].items():
        if "sequences" in task:
            path = ("tasks", name, "sequences")
            given = tuple(key for key in FILES if key in task["sequences"])
            if given not in DRAWN:
                raise origins.error(
                    path,
                    f"`{dotted(path)}` must have a file for every split, for train and test, or one for all",
                    found=" and ".join(given) or "no file",
                    allowed="train, validation and test; train and test, with make_splits; or all",
                    fix="add the missing files, or give only all",
                )
            _check_shares((*path, "make_splits"), task["sequences"], given, origins)
            _require_different_files(path, task["sequences"], given, origins)


def _require_different_files(path: KeyPath, sequences: Settings, given: tuple[str, ...], origins: Origins) -> None:
    """Raise an InputError if a file serves as two splits, whose networks would be judged by what they were shown."""
    splits: dict[str, str] = {}
    for key in given:
        location = Location.of(sequences[key])
        file = location.address if location.is_remote else os.path.realpath(location.address)
        other = splits.setdefault(file, key)
        if other != key:
            raise origins.error(
                (*path, key),
                f"`{dotted((*path, key))}` is the file of the {other} split",
                found=location.address,
                allowed="another file for every split",
                fix="give the file of this split; without one, give train and test with make_splits: {validation: 0.1}",
            )


def _check_shares(path: KeyPath, sequences: Settings, given: tuple[str, ...], origins: Origins) -> None:
    shares, drawn = sequences.get("make_splits"), DRAWN[given]
    if shares is None and given == ("all",):
        return
    found = tuple(key for key in SPLITS if key in (shares or {}))
    if found != drawn:
        files = ", ".join(given)
        raise origins.error(
            path,
            f"`{dotted(path)}` does not fit the files, which are {files}",
            found=f"shares of {' and '.join(found)}" if found else "no share",
            allowed=f"shares of {' and '.join(drawn)}" if drawn else "no make_splits, since every split has a file",
            fix=f"write make_splits: {{{', '.join(f'{key}: 0.1' for key in drawn)}}}" if drawn else "delete the line",
        )
    if sum(shares[key] for key in drawn) >= 1:
        raise origins.error(
            path,
            f"`{dotted(path)}` leaves nothing to train on",
            found=f"shares of {' and '.join(str(shares[key]) for key in drawn)}",
            allowed="shares with a sum below 1",
            fix="lower the shares, for example to 0.1 and 0.2",
        )

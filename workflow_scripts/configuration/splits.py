"""Checks of the splits of genomes and tasks: three splits, or folds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from genome_data.folds import given_regions
from workflow_support.kinds import LOGITS, kinds_answering
from workflow_support.origins import KeyPath, Origins, dotted

Settings = Mapping[str, Any]

THREE = ("train", "validation", "test")


def check_splits(settings: Settings, origins: Origins) -> None:
    """Raise an InputError if splits lack one, have folds as well, name a region twice, or do not suit what is asked."""
    owners = {("genomes", name): genome for name, genome in settings["genomes"].items()}
    owners |= {("tasks", name): task for name, task in settings["tasks"].items() if "splits" in task}
    for owner, values in owners.items():
        path = (*owner, "splits")
        _check_choice(path, values["splits"], origins)
        _check_regions(path, values["splits"], origins)
    _check_hyperbolicity(settings, origins)


def _check_choice(path: KeyPath, splits: Settings, origins: Origins) -> None:
    """Raise an InputError unless there are validation and test regions, or folds."""
    if "folds" in splits:
        if others := [split for split in THREE if split in splits]:
            raise origins.error(
                (*path, others[0]),
                f"`{dotted(path)}` has folds, which take turns at being tested, and other splits",
                found=" and ".join(["folds", *others]),
                allowed="folds, or validation and test; exclude with either",
                fix=f"delete {' and '.join(others)}, or folds",
            )
        return
    for split in ("validation", "test"):
        if split not in splits:
            raise origins.error(
                path,
                f"`{dotted(path)}` lacks the key `{split}`",
                found=", ".join(splits) or "no key",
                allowed="validation and test, each a list of contigs or regions of them; or folds",
                fix=f"add a line `{split}: ...` to `{dotted(path)}`, or write folds: 5 alone",
            )


def _check_regions(path: KeyPath, splits: Settings, origins: Origins) -> None:
    seen: dict[str, str] = {}
    for key, region in given_regions(splits):
        # The last part of the key is the place of the region in its list.
        split = dotted(key[:-1])
        if region in seen:
            raise origins.error(
                (*path, *key),
                f"a region is given twice in `{dotted(path)}`",
                found=f"{region} under {seen[region]} and {split}",
                allowed="every region only once, so that splits do not overlap",
                fix="delete one of the two",
            )
        seen[region] = split


def _check_hyperbolicity(settings: Settings, origins: Origins) -> None:
    """Raise an InputError if embeddings are to be measured on the windows of a split, and a task has folds instead."""
    classified = kinds_answering(LOGITS)
    for name, task in settings["tasks"].items():
        if "hyperbolicity" in settings and task["kind"] in classified and "folds" in task.get("splits", {}):
            raise origins.error(
                ("hyperbolicity",),
                f"`hyperbolicity` measures embeddings of the windows of one split, and `tasks.{name}` has folds",
                found="hyperbolicity with folds",
                allowed="hyperbolicity for tasks with validation and test regions",
                fix="delete hyperbolicity, or give the task splits without folds",
            )

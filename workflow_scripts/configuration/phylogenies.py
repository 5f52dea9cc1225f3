"""Simulated phylogenies: one draw for each seed, and checks that their settings fit together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from workflow_support.origins import KeyPath, Origins, dotted, require_name

Settings = Mapping[str, Any]


def with_draws(settings: dict[str, Any], origins: Origins) -> dict[str, Any]:
    """Replace each phylogeny with several seeds by one per seed, and each task's phylogeny by its file.

    ``trees: {seed: [1, 2]}`` becomes ``trees_s1`` and ``trees_s2``. A task ``trees`` with sequences of
    ``phylogeny: trees`` also becomes two tasks of these names, in the group ``trees``.
    """
    draws = {name: _draws(name, values["seed"]) for name, values in settings["phylogenies"].items()}
    phylogenies, tasks, done = {}, {}, []
    for name, values in settings["phylogenies"].items():
        for draw, seed in draws[name].items():
            _require_new(draw, phylogenies, ("phylogenies", name), origins)
            phylogenies[draw] = values | {"seed": seed}
    for name, task in settings["tasks"].items():
        for drawn, values in _tasks_of_draws(name, task, settings, draws, origins):
            _require_new(drawn, tasks, ("tasks", name), origins)
            tasks[drawn] = values
            done.append(drawn)
    only = {"only": done} if "only" in settings else {}
    return settings | {"phylogenies": phylogenies, "tasks": tasks} | only


def _draws(name: str, seed: int | list[int]) -> dict[str, int]:
    return {f"{name}_s{each}": each for each in seed} if isinstance(seed, list) else {name: seed}


def _tasks_of_draws(
    name: str, task: Settings, settings: Settings, draws: Mapping[str, Mapping[str, int]], origins: Origins
) -> Iterator[tuple[str, Settings]]:
    """Yield the tasks, with their names, that stand for one task of the configuration."""
    phylogeny = task.get("sequences", {}).get("phylogeny")
    if phylogeny is None:
        yield name, task
        return
    path = ("tasks", name, "sequences")
    require_name(phylogeny, draws, (*path, "phylogeny"), origins)
    if "all" in task["sequences"]:
        raise origins.error(
            path,
            f"`{dotted(path)}` has two sources of sequences",
            found="phylogeny and all",
            allowed="one of them",
            fix="delete the other line",
        )
    others = {key: value for key, value in task["sequences"].items() if key != "phylogeny"}
    is_group = draws[phylogeny].keys() != {phylogeny}
    for draw, seed in draws[phylogeny].items():
        sequences = {"all": f"results/{settings['name']}/phylogenies/{draw}.tsv"} | others
        group = {"group": name} if is_group else {}
        yield f"{name}_s{seed}" if is_group else name, group | task | {"sequences": sequences}


def _require_new(name: str, known: Settings, path: KeyPath, origins: Origins) -> None:
    if name in known:
        raise origins.error(
            path,
            f"two entries of `{dotted(path[:-1])}` have the name `{name}`",
            found=f"`{dotted(path)}` and another",
            allowed="every name only once; several seeds add _s<seed> to the name",
            fix="rename one of them",
        )


def check_phylogenies(settings: Settings, origins: Origins) -> None:
    """Raise an InputError if a motif or its file is missing, copies do not fit, or frequencies do not add up to 1."""
    for name, phylogeny in settings["phylogenies"].items():
        path = ("phylogenies", name)
        if phylogeny["classes"] == "motif" and "motif" not in phylogeny:
            raise origins.error(
                (*path, "classes"),
                f"`{dotted(path)}` defines classes by a motif, but has no motif",
                found="classes: motif",
                allowed="clades, or motif with a section motif",
                fix="add motif: {matrix: ..., gain: ..., loss: ...}, or use classes: clades",
            )
        _check_copies(path, phylogeny, origins)
        _check_matrix((*path, "motif", "matrix"), phylogeny, origins)
        _check_frequencies((*path, "substitutions", "frequencies"), phylogeny["substitutions"], origins)


def _check_copies(path: tuple[str, ...], phylogeny: Settings, origins: Origins) -> None:
    """Raise an InputError unless windows of background go with the classes that need them, and no motif with copies."""
    classes, background = phylogeny["classes"], phylogeny.get("copies", {}).get("background", 0)
    if classes == "element" and not background:
        raise origins.error(
            (*path, "classes"),
            f"`{dotted(path)}` has no windows without an element",
            found="classes: element",
            allowed="element with copies: {window: ..., background: ...} and a background above 0",
            fix="add copies with a background, such as 1 for as many windows without an element",
        )
    if "copies" in phylogeny and (classes == "motif" or "motif" in phylogeny):
        raise origins.error(
            (*path, "copies"),
            f"`{dotted(path)}` has copies of elements and a motif",
            found=f"copies with classes: {classes}",
            allowed="copies without a motif, which a truncated copy could lack",
            fix="delete copies, or delete the motif and use classes: clades or element",
        )
    if background and classes == "clades":
        raise origins.error(
            (*path, "copies", "background"),
            f"`{dotted(path)}` has windows without an element, which belong to no clade",
            found=f"background: {background:g} with classes: clades",
            allowed="0, or classes: element",
            fix="delete background, or use classes: element",
        )


def _check_matrix(path: tuple[str, ...], phylogeny: Settings, origins: Origins) -> None:
    if "motif" in phylogeny and not Path(phylogeny["motif"]["matrix"]).is_file():
        raise origins.error(
            path,
            f"the file of `{dotted(path)}` does not exist",
            found=phylogeny["motif"]["matrix"],
            allowed=f"a file of one motif; relative paths start at {Path.cwd()}",
            fix="correct the path",
        )


def _check_frequencies(path: tuple[str, ...], substitutions: Settings, origins: Origins) -> None:
    total = sum(substitutions["frequencies"])
    if abs(total - 1) > 1e-6:
        raise origins.error(
            path,
            f"`{dotted(path)}` do not add up to 1",
            found=f"numbers that add up to {total:g}",
            allowed="four numbers, for A, C, G and T, that add up to 1",
            fix="divide each number by the sum",
        )

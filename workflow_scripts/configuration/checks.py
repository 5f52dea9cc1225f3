"""Checks beyond the schema: names refer to something, and the parts of a configuration fit each other."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workflow_support.origins import Origins, dotted, require_name

from .labelled import check_labelled
from .models import check_model_names
from .phylogenies import check_phylogenies
from .profiles import check_profile_predictions, check_profile_sources
from .splits import check_splits
from .study import contestants
from .tasks import USERS, check_arms_in_use, check_kinds
from .training_checks import check_batches, check_precision
from .windows import check_windows

Settings = Mapping[str, Any]

PREDICTION_INPUTS = ("regions", "sequences", "contigs")


def require_references(settings: Settings, origins: Origins) -> None:
    """Raise an InputError if the name of a genome, task or arm is unknown."""
    for task, values in settings["tasks"].items():
        if "genome" in values:
            require_name(values["genome"], settings["genomes"], ("tasks", task, "genome"), origins)
    known = {
        "task": settings["tasks"],
        "arm": dict.fromkeys(contestants(settings["study"])),
        "genome": settings["genomes"],
    }
    for user in USERS:
        for name, values in settings[user].items():
            for key in known.keys() & values.keys():
                require_name(values[key], known[key], (user, name, key), origins)
    for name, values in settings["variants"].items():
        for index, genome in enumerate(values.get("genomes", [])):
            require_name(genome, settings["genomes"], ("variants", name, "genomes", index), origins)


def require_consistent(settings: Settings, origins: Origins) -> None:
    """Raise an InputError if the parts of a complete configuration contradict each other."""
    for check in (
        check_kinds,
        check_batches,
        check_precision,
        check_splits,
        check_windows,
        check_profile_sources,
        check_labelled,
        _check_predictions,
        check_arms_in_use,
        check_model_names,
        check_profile_predictions,
        _check_variants,
        _check_simulation,
        check_phylogenies,
    ):
        check(settings, origins)


def _check_predictions(settings: Settings, origins: Origins) -> None:
    for name, prediction in settings["predict"].items():
        path = ("predict", name)
        given = [key for key in PREDICTION_INPUTS if key in prediction]
        if len(given) != 1:
            raise origins.error(
                path,
                f"`{dotted(path)}` must name exactly one thing to score",
                found=" and ".join(given) or f"none of {', '.join(PREDICTION_INPUTS)}",
                allowed=f"one of {', '.join(PREDICTION_INPUTS)}",
                fix="keep one of them, and add a second prediction for another" if given else "add one of them",
            )
        if given != ["sequences"] and "genome" not in prediction:
            raise origins.error(
                path,
                f"`{dotted(path)}` does not name the genome of its {given[0]}",
                found=f"{given[0]} without genome, and a task without one",
                allowed=", ".join(settings["genomes"]) or "sequences, since there is no genome",
                fix="add genome, or give sequences",
            )
        if given == ["sequences"] and "genome" in prediction:
            raise origins.error(
                (*path, "genome"),
                f"`{dotted((*path, 'genome'))}` has no meaning for sequences, which are scored directly",
                found=f"genome: {prediction['genome']} with sequences",
                allowed="genome with regions or contigs",
                fix="delete the line, or give regions or contigs of the genome instead of sequences",
            )


def _check_variants(settings: Settings, origins: Origins) -> None:
    for name, variants in settings["variants"].items():
        if "genomes" not in variants:
            raise origins.error(
                ("variants", name),
                f"`variants.{name}` does not name the genomes of its variants",
                found=f"no genomes, and {variants['task']}, a task without one" if "task" in variants else "no genomes",
                allowed=", ".join(settings["genomes"]) or "a genome; the configuration has none",
                fix="add genomes: [...]",
            )


def _check_simulation(settings: Settings, origins: Origins) -> None:
    simulation = settings.get("simulation", {})
    for key in ("gc_range", "strength_range"):
        if key in simulation and simulation[key][0] > simulation[key][1]:
            raise origins.error(
                ("simulation", key),
                f"the limits of `simulation.{key}` are in the wrong order",
                found=simulation[key],
                allowed="[lowest, highest]",
                fix="write the smaller number first",
            )
    for name, factor in simulation.get("tfs", {}).items():
        path = ("simulation", "tfs", name, "motif")
        if not Path(factor["motif"]).is_file():
            raise origins.error(
                path,
                f"the file of `{dotted(path)}` does not exist",
                found=factor["motif"],
                allowed=f"a file of one motif; relative paths start at {Path.cwd()}",
                fix="correct the path",
            )

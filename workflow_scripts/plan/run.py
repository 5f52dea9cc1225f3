"""A run: its configuration, its tasks by kind, and the paths of its files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any

from configuration import Location, kind_used
from genome_data.folds import number_of_folds
from workflow_support.kinds import KINDS, LOGITS, kinds_answering, of_kind

Settings = Mapping[str, Any]

#: Folder of the normalised genomes that runs share; no run has a name that begins with a dot.
SHARED_GENOMES = "results/.genomes"


class Run:
    """The tasks, genomes and paths of a run.

    Parameters
    ----------
    settings, locations
        The checked configuration and its input files by key; see
        :class:`configuration.Configuration`.

    Attributes
    ----------
    kinds
        The kind of each task.
    binary, labelled, profile
        The tasks of each kind.
    classification, on_genomes
        The tasks whose networks answer a class, and those whose windows lie on a genome.
    with_control
        The profile tasks that have a control.
    without_copies
        The tasks whose near-copies are left out of training.
    folds
        The number of folds of each task; 0 without folds.
    genomes
        The genomes that a task, a prediction or a set of variants uses, in alphabetical order.
    """

    def __init__(self, settings: Settings, locations: Mapping[str, Location]) -> None:
        self.settings, self.locations, self.name = settings, locations, settings["name"]
        tasks = settings["tasks"]
        self.tasks = list(tasks)
        self.kinds = {task: values["kind"] for task, values in tasks.items()}
        self.binary, self.labelled, self.profile = (of_kind(tasks, kind) for kind in ("binary", "labelled", "profile"))
        self.classification = of_kind(tasks, *kinds_answering(LOGITS))
        self.on_genomes = of_kind(tasks, *(kind for kind, each in KINDS.items() if each.is_on_genome))
        self.with_control = [task for task in self.profile if "control" in tasks[task]]
        self.without_copies = [task for task, values in tasks.items() if values["remove_copies"]]
        self.folds = {task: number_of_folds(values.get("splits", {})) for task, values in tasks.items()}
        self.genomes = sorted(_genomes(settings))

    def path(self, path: str) -> str:
        """The path of a file among the results of this run; wildcards stay as they are."""
        return f"results/{self.name}/{path}"

    def paths(self, pattern: str, **values: Iterable[object]) -> list[str]:
        """The paths that a pattern gives for every combination of the values; those of the last vary fastest."""
        combinations = product(*values.values())
        return [self.path(pattern.format(**dict(zip(values, each, strict=True)))) for each in combinations]

    def local_path(self, key: str) -> str:
        """The path at which the input file of a key, such as ``tasks.CTCF.peaks``, lies or will lie.

        Files that are fetched, or verified by a checksum, appear under ``downloads/``.
        """
        location = self.locations[key]
        if location.is_remote or location.checksum:
            return self.path(f"downloads/{key}")
        return location.address

    def local_paths(self, *keys: str) -> list[str]:
        """The paths of the input files of these keys; keys that the configuration does not give are left out."""
        return [self.local_path(key) for key in keys if key in self.locations]

    @property
    def remote(self) -> list[str]:
        """The keys of the input files that are fetched."""
        return [key for key, location in self.locations.items() if location.is_remote]

    @property
    def verified(self) -> list[str]:
        """The keys of the local input files that have a checksum."""
        return [key for key, location in self.locations.items() if location.checksum and not location.is_remote]

    def input_files(self) -> dict[str, str]:
        """Every file that this run reads and does not make, by its key in the configuration."""
        files = {key: self.local_path(key) for key in self.locations}
        for name, factor in self.settings.get("simulation", {}).get("tfs", {}).items():
            files[f"simulation.tfs.{name}.motif"] = factor["motif"]
        for name, phylogeny in self.settings["phylogenies"].items():
            if "motif" in phylogeny:
                files[f"phylogenies.{name}.motif.matrix"] = phylogeny["motif"]["matrix"]
        return files

    def setting(self, section: str, name: str, *keys: str) -> Any:
        """The setting under these keys of an entry of a section, such as ``tasks``; None if not given."""
        value = self.settings[section][name]
        for key in keys:
            value = value.get(key)
        return value

    def genome_file(self, file: str, task: str) -> str:
        """The path of a file of the genome of a task."""
        return self.path(f"genomes/{self.settings['tasks'][task]['genome']}/{file}")

    def having(self, section: str, key: str) -> list[str]:
        """The entries of a section that have a key."""
        return [name for name, values in self.settings[section].items() if key in values]

    def predictions_answering(self, answers: str) -> list[str]:
        """The predictions of networks, of this run or sent, that give LOGITS or PROFILE."""
        kinds = kinds_answering(answers)
        predictions = self.settings["predict"]
        return [name for name, values in predictions.items() if kind_used(self.settings, values) in kinds]


def unique(items: Iterable[str]) -> list[str]:
    """Each item once, in the order of the first."""
    return list(dict.fromkeys(items))


def _genomes(settings: Settings) -> set[str]:
    entries = (*settings["tasks"].values(), *settings["predict"].values())
    of_entries = {values["genome"] for values in entries if "genome" in values}
    return of_entries | {genome for values in settings["variants"].values() for genome in values["genomes"]}

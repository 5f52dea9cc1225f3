"""The inputs of a run: peaks, intervals and sequences of its tasks, what the checks read, and the simulation."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from genome_data import SPLITS

from .run import Run, unique

Splits = Mapping[str, Sequence[str]]
KeyPath = tuple[str, ...]

#: Keys of the files of intervals other than peaks.
INTERVAL_KEYS = re.compile(r"genomes\..+\.blacklist|tasks\..+\.unlabelled\.\d+|predict\..+\.regions")


class Inputs:
    """The input files of tasks and checks, and the settings that go with them."""

    def __init__(self, run: Run) -> None:
        self.run, self.settings = run, run.settings

    def blacklist(self, task: str) -> list[str]:
        """The blacklist of the genome of a task: one file or none."""
        return self.run.local_paths(f"genomes.{self.settings['tasks'][task]['genome']}.blacklist")

    def unlabelled(self, task: str) -> list[str]:
        """The BED files of the regions of a task whose labels are unknown."""
        count = len(self.settings["tasks"][task]["unlabelled"])
        return self.run.local_paths(*(f"tasks.{task}.unlabelled.{index}" for index in range(count)))

    def window_width(self, task: str) -> int:
        """The bases of each window of a task; windows of a profile task have a margin for jitter on both sides."""
        if task in self.run.binary:
            return self.settings["tasks"][task]["windows"]["width"]
        return self.settings["profile"]["window"] + 2 * self.settings["profile"]["jitter"]

    def sequences(self, task: str) -> list[str]:
        """The files of sequences of a labelled task, each once."""
        return unique(self.run.local_paths(*(f"tasks.{task}.sequences.{key}" for key in self._sequence_keys(task))))

    def splits_of_sequences(self, task: str) -> list[str] | None:
        """The split of each file of a labelled task; None if one file holds all splits."""
        keys = self._sequence_keys(task)
        return None if keys == ["all"] else keys

    def _sequence_keys(self, task: str) -> list[str]:
        given = self.settings["tasks"][task]["sequences"]
        return [key for key in (*SPLITS, "all") if key in given]

    def peaks(self) -> list[str]:
        """The files of peaks of all tasks, each once."""
        return unique(self.run.local_path(f"tasks.{task}.peaks") for task in self.run.on_genomes)

    def intervals(self) -> list[str]:
        """All files of intervals other than peaks, each once."""
        return unique(self.run.local_path(key) for key in self.run.locations if INTERVAL_KEYS.fullmatch(key))

    def is_genome(self, key: str) -> bool:
        """Return True if the input file of a key is the sequence of a genome in use."""
        return key in {f"genomes.{name}.fasta" for name in self.run.genomes}

    def splits_in_use(self) -> list[tuple[KeyPath, str, Splits]]:
        """The splits of all tasks as (key, genome, splits); tasks that take those of their genome share one entry."""
        used = {}
        for task in self.run.on_genomes:
            genome, splits = (self.settings["tasks"][task][key] for key in ("genome", "splits"))
            is_own = splits != self.settings["genomes"][genome]["splits"]
            key = ("tasks", task, "splits") if is_own else ("genomes", genome, "splits")
            used[key] = (key, genome, splits)
        return list(used.values())

    def contigs_to_predict(self) -> list[tuple[KeyPath, str, Sequence[str]]]:
        """The contigs that predictions score whole, as (key, genome, contigs)."""
        predictions = self.settings["predict"]
        names = self.run.having("predict", "contigs")
        return [
            (("predict", name, "contigs"), predictions[name]["genome"], predictions[name]["contigs"]) for name in names
        ]

    def regions_to_predict(self) -> list[tuple[KeyPath, str]]:
        """The predictions on regions of a BED file, as (key, genome)."""
        predictions = self.settings["predict"]
        return [
            (("predict", name, "regions"), predictions[name]["genome"])
            for name in self.run.having("predict", "regions")
        ]

    def simulated_factors(self, section: str | None = None) -> list[str]:
        """The transcription factors of the simulated experiment: all, or those that have a section of their own."""
        factors = self.settings.get("simulation", {}).get("tfs", {})
        return [name for name, values in factors.items() if not section or section in values]

    def simulation(self) -> dict[str, Any]:
        """The settings of the simulated genome, sites and peaks, without those of the reads and the seed."""
        given = self.settings["simulation"]
        factors = {
            name: {key: value for key, value in values.items() if key != "nexus"}
            for name, values in given["tfs"].items()
        }
        return {key: value for key, value in given.items() if key != "seed"} | {"tfs": factors}

    def phylogeny_motif(self, phylogeny: str) -> list[str]:
        """The motif that comes and goes along a phylogeny: one file or none."""
        motif = self.settings["phylogenies"][phylogeny].get("motif")
        return [motif["matrix"]] if motif else []

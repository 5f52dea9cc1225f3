"""The sizes of a run, as far as its configuration and its input files tell them before any job has run."""

from __future__ import annotations

import gzip
import re
from functools import cached_property
from pathlib import Path
from typing import Any

from .inputs import Inputs
from .models import Models
from .run import Run

#: What is assumed of files that are not here yet: peaks of a factor, megabases of a genome or of labelled sequences.
ABSENT_PEAKS, ABSENT_GENOME, ABSENT_SEQUENCES = 40_000, 3_100.0, 10.0
#: Bases of a labelled sequence whose file is not here, or is a folder.
ABSENT_WIDTH = 200
#: The bases for each byte of a file of sequences. gzip stores a base in about two bits, like 2bit.
_BASES_PER_BYTE = {".gz": 3.5, ".2bit": 4.0}
_COMPRESSED_ROW = 25


class Sizes:
    """Windows of tasks and megabases of genomes and tasks. They are estimates, within a factor of about 1.5."""

    def __init__(self, run: Run, inputs: Inputs, models: Models) -> None:
        self.run, self.inputs, self.models, self.settings = run, inputs, models, run.settings

    @cached_property
    def windows(self) -> dict[str, int]:
        """The windows of each task: positives and negatives, or labelled sequences."""
        return {task: self._windows(task) for task in self.run.tasks}

    @cached_property
    def megabases(self) -> dict[str, float]:
        """The bases of all windows of each task, in millions."""
        return {
            task: self._of_sequences(task)
            if task in self.run.labelled
            else windows * self.inputs.window_width(task) / 1e6
            for task, windows in self.windows.items()
        }

    @cached_property
    def genomes(self) -> dict[str, float]:
        """The bases of each genome, in millions."""
        return {name: self._genome(name) for name in self.run.genomes}

    def width(self, task: str) -> int:
        """The bases that a window of a task has; of labelled sequences the configured width, or the first."""
        if task not in self.run.labelled:
            return self.inputs.window_width(task)
        given = self.settings["tasks"][task]["sequences"]
        files = [Path(file) for file in self.inputs.sequences(task) if Path(file).is_file()]
        return given.get("width") or (_first_width(files[0]) if files else ABSENT_WIDTH)

    def contig(self, genome: str, contig: str) -> float:
        """The bases of a contig, in millions: those of a simulated one, else as long as 25 equal ones of the genome."""
        simulated = self.settings.get("simulation", {}).get("contigs", {})
        return simulated[contig] / 1e6 if contig in simulated else self.genomes[genome] / 25

    def total(self) -> float:
        """The bases of the windows of all tasks, in millions."""
        return sum(self.megabases.values())

    def trained_windows(self, task: str, arm: str, size: str) -> float:
        """The windows that all seeds of an arm read in training, for all folds, each as often as it is read."""
        training = self.models.training(task, arm)
        epochs, steps = training["epochs"], training.get("steps_per_epoch")
        folds = self.run.folds[task]
        # All folds but the one to test and the one to validate on.
        share = (folds - 2) / folds if folds else 0.7
        windows = self.windows[task]
        train = share * windows if size == "all" else float(size) * (windows if "." in size else 1)
        of_epoch = steps * training["batch_size"] if steps else train
        return (folds or 1) * len(self.settings["study"]["seeds"]) * epochs * of_epoch

    def _windows(self, task: str) -> int:
        values = self.settings["tasks"][task]
        if task in self.run.labelled:
            return max(1, int(self._of_sequences(task) * 1e6 / self.width(task)))
        peaks = self._peaks(task)
        positives = min(peaks, values.get("strongest") or peaks)
        return int(positives * (1 + values["negatives"]["ratio"])) if task in self.run.binary else positives

    def _peaks(self, task: str) -> int:
        file = Path(self.run.local_path(f"tasks.{task}.peaks"))
        if file.is_file():
            return _rows(file)
        factor = self._simulated(file)
        return (
            int(factor["sites"] * (1 + self.settings["simulation"]["false_peak_fraction"])) if factor else ABSENT_PEAKS
        )

    def _simulated(self, peaks: Path) -> dict[str, Any] | None:
        """The simulated factor whose peaks these are; None for peaks that come from elsewhere."""
        factors = self.settings.get("simulation", {}).get("tfs", {})
        return next((values for name, values in factors.items() if peaks.name.startswith(name)), None)

    def _of_sequences(self, task: str) -> float:
        found = [_bases(Path(file)) for file in self.inputs.sequences(task) if Path(file).exists()]
        return sum(found) / 1e6 if found else ABSENT_SEQUENCES

    def _genome(self, name: str) -> float:
        file = Path(self.run.local_path(f"genomes.{name}.fasta"))
        if file.is_file():
            return _bases(file) / 1e6
        simulated = self.settings.get("simulation", {}).get("contigs", {})
        return sum(simulated.values()) / 1e6 if simulated else ABSENT_GENOME


def _rows(file: Path) -> int:
    """The lines of a table, without comments; estimated for compressed files beyond a size that is read in a moment."""
    if file.suffix == ".gz" and file.stat().st_size > 5e6:
        return int(file.stat().st_size / _COMPRESSED_ROW)
    try:
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as lines:
            return sum(not line.startswith((b"#", b"track", b"browser")) for line in lines)
    except (OSError, EOFError):
        # What is wrong with the file, the job that reads it says.
        return ABSENT_PEAKS


def _bases(file: Path) -> float:
    files = [each for each in file.rglob("*") if each.is_file()] if file.is_dir() else [file]
    return sum(each.stat().st_size * _BASES_PER_BYTE.get(each.suffix, 1.0) for each in files)


def _first_width(file: Path) -> int:
    """The longest word of letters in the first lines of a file of sequences."""
    try:
        with gzip.open(file, "rt") if file.suffix == ".gz" else file.open(encoding="utf-8") as lines:
            words = [
                word for _, line in zip(range(20), lines, strict=False) for word in re.findall("[ACGTNacgtn]+", line)
            ]
    except (OSError, EOFError, UnicodeDecodeError):
        words = []
    return max(map(len, words), default=0) or ABSENT_WIDTH

"""The folders of models that can be sent: their names, and what is said in them of the data of their task."""

from __future__ import annotations

from typing import Any

from configuration import chooses

from .models import Models
from .run import Run

#: Sections of a task that decide its windows.
DECIDING = ("windows", "negatives", "strongest", "splits")
FILES = ["model.json", "weights.safetensors", "metrics.png", "metrics.svg"]
CARD = "README.md"


class ModelFiles:
    """The folders ``models/<task>.<arm>/``, one for each contestant of a task that does not choose.

    Attributes
    ----------
    contestants
        The task and the contestant of each folder, by its name.
    """

    def __init__(self, run: Run, models: Models) -> None:
        self.run, self.models = run, models
        self.contestants = {
            f"{task}.{name}": (task, name)
            for task in run.tasks
            for name in models.contestants_for(task)
            if not chooses(models.study, name)
        }

    def file(self, file: str, model: str = "{model}") -> str:
        """The path of a file of a folder; by default with a wildcard."""
        return self.run.path(f"models/{model}/{file}")

    def files(self) -> list[str]:
        """Every file of every folder but its card."""
        return [self.file(file, model) for model in self.contestants for file in FILES]

    def cards(self) -> list[str]:
        """The card of every folder, which is made last."""
        return [self.file(CARD, model) for model in self.contestants]

    def task_file(self, file: str, model: str) -> str:
        """The path of a file of the task of a model."""
        return self.run.path(f"tasks/{self.task(model)}/{file}")

    def task(self, model: str) -> str:
        """The task of a model."""
        return self.contestants[model][0]

    def kind(self, model: str) -> str:
        """The kind of the task of a model."""
        return self.run.kinds[self.task(model)]

    def contestant(self, model: str) -> str:
        """The arm or combination of a model."""
        return self.contestants[model][1]

    def size(self, model: str) -> str:
        """The training size of the networks of a model: the largest."""
        return self.models.sizes[self.contestants[model]][-1]

    def member_files(self, file: str, model: str) -> list[str]:
        """The paths of a file of every arm whose networks a model averages."""
        return self.models.member_files(file, *self.contestants[model], self.size(model))

    def extra_files(self, model: str) -> list[str]:
        """The files beside windows and sequences that the networks of a model are evaluated on."""
        return self.models.extra_files(self.task(model))

    def extra_names(self, model: str) -> list[str]:
        """The names of :meth:`extra_files`."""
        return self.models.extra_names(self.task(model))

    def average_strands(self, model: str) -> bool:
        """Return True if the answers of a model are the mean of both strands."""
        return self.models.average_strands(self.contestant(model))

    def sources(self, model: str) -> list[str]:
        """The input files from which the windows of the task of a model were made."""
        return [self.run.local_path(key) for key in self.source_keys(model)]

    def source_keys(self, model: str) -> list[str]:
        """The keys of :meth:`sources` in the configuration."""
        task = self.task(model)
        genome = self.run.settings["tasks"][task].get("genome")
        own = (f"tasks.{task}.", *([f"genomes.{genome}."] if genome else []))
        return [key for key in self.run.locations if key.startswith(own) and key != f"tasks.{task}.signal"]

    def settings(self, model: str) -> dict[str, Any]:
        """The settings that decide which windows the task of a model has."""
        values = self.run.settings["tasks"][self.task(model)]
        genome = {"genome": values["genome"]} if "genome" in values else {}
        return genome | {key: values[key] for key in DECIDING if key in values}

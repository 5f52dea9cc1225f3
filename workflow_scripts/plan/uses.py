"""The uses of trained networks: predictions, attributions and the scoring of variants."""

from __future__ import annotations

from configuration import MODEL
from rc_equivariant.descriptions.tracks import TRACKS

from .models import Models
from .profiles import Profiles
from .run import Run
from .sent_models import SentModels


class Uses:
    """The files and settings of the sections ``predict``, ``attribute`` and ``variants``."""

    def __init__(self, run: Run, models: Models, profiles: Profiles, sent: SentModels) -> None:
        self.run, self.models, self.profiles, self.sent = run, models, profiles, sent

    def task(self, section: str, name: str) -> str:
        """The task whose networks, genome or windows an entry of a section uses."""
        return self.run.settings[section][name]["task"]

    def model_files(self, section: str, file: str, name: str) -> list[str]:
        """The paths of a file of every arm whose networks an entry of a section averages, at the largest size.

        The file is ``weights.safetensors`` or ``models.json``. Of a model that was sent it is that of the model.
        """
        if MODEL in self.run.settings[section][name]:
            description, weights = self.sent.opened(f"{section}.{name}.{MODEL}")
            return [weights if file == "weights.safetensors" else description]
        task, contestant = self.task(section, name), self.run.settings[section][name]["arm"]
        return self.models.member_files(file, task, contestant, self.models.sizes[task, contestant][-1])

    def attributed(self) -> dict[str, dict[str, str]]:
        """The task and arm of each attribution of networks of this run."""
        entries = self.run.settings["attribute"]
        return {
            name: {key: values[key] for key in ("task", "arm")} for name, values in entries.items() if "arm" in values
        }

    def score_files(self) -> dict[str, dict[str, list[str]]]:
        """For each task and contestant, the file of its scores of test windows, and those of its predictions."""
        predict, models = self.run.settings["predict"], self.models
        return {
            task: {
                contestant: [
                    models.largest_file("predictions.tsv", task, contestant),
                    *(
                        self.run.path(f"predictions/{name}.tsv")
                        for name, values in predict.items()
                        if (values.get("task"), values.get("arm")) == (task, contestant)
                    ),
                ]
                for contestant in models.contestants_for(task)
            }
            for task in self.run.tasks
        }

    def average_strands(self, section: str, name: str) -> bool:
        """Return True if an entry of a section averages the answers of the networks on both strands.

        A model that was sent says itself whether it does.
        """
        return self.models.average_strands(self.run.settings[section][name].get("arm", ""))

    def predicted_file(self, file: str, prediction: str) -> str:
        """The path of a file of the sequences that a prediction scores: its own, or those of a genome."""
        values = self.run.settings["predict"][prediction]
        folder = f"predictions/{prediction}" if "sequences" in values else f"genomes/{values['genome']}"
        return self.run.path(f"{folder}/{file}")

    def predicted_regions(self, prediction: str) -> list[str]:
        """The BED file of the regions that a prediction scores: one file or none."""
        return self.run.local_paths(f"predict.{prediction}.regions")

    def predicted_tracks(self, prediction: str) -> list[str]:
        """The bigWigs of the input tracks; none for sequences other than the genome of the task."""
        return [file for files in self._predicted_tracks(prediction).values() for file in files]

    def predicted_track_names(self, prediction: str) -> list[str]:
        """The name and strand of each of :meth:`predicted_tracks`, such as ``control.plus``."""
        return [name for name, files in self._predicted_tracks(prediction).items() for _ in files]

    def _predicted_tracks(self, prediction: str) -> dict[str, list[str]]:
        values = self.run.settings["predict"][prediction]
        task = values.get("task")
        is_on_genome = task and values.get("genome") == self.run.settings["tasks"][task].get("genome")
        names = self.models.tracks(task) if is_on_genome else {}
        return {
            f"{name}.{strand}": files
            for name in names
            for strand, files in zip(TRACKS[name].strands, self.profiles.track_files(name, task), strict=True)
        }

    def explained_file(self, file: str, attribution: str) -> str:
        """The path of a file of the task that an attribution explains."""
        return self.run.path(f"tasks/{self.task('attribute', attribution)}/{file}")

    def explained_genome(self, file: str, attribution: str) -> str:
        """The path of a file of the genome of the task that an attribution explains."""
        return self.run.genome_file(file, self.task("attribute", attribution))

    def explained_tracks(self, attribution: str) -> list[str]:
        """The input tracks of the task that an attribution explains."""
        return list(self.models.tracks(self.task("attribute", attribution)).values())

    def explained_track_names(self, attribution: str) -> list[str]:
        """The names of :meth:`explained_tracks`."""
        return list(self.models.tracks(self.task("attribute", attribution)))

    def explained_head(self, attribution: str) -> str:
        """The answer of the networks that an attribution explains: ``logit``, ``profile`` or ``counts``."""
        if self.task("attribute", attribution) in self.run.binary:
            return "logit"
        return self.run.settings["attribute"][attribution].get("head", "profile")

    def known_motifs(self, attribution: str) -> list[str]:
        """The matrices with which the motifs of an attribution are compared."""
        count = len(self.run.settings["attribute"][attribution]["known_motifs"])
        return self.run.local_paths(*(f"attribute.{attribution}.known_motifs.{index}" for index in range(count)))

    def variant_genomes(self, file: str, variants: str) -> list[str]:
        """The paths of a file of every genome on which the variants of a set are looked up."""
        genomes = self.run.settings["variants"][variants]["genomes"]
        return [self.run.path(f"genomes/{genome}/{file}") for genome in genomes]

    def predictions_of_peaks(self, variants: str) -> list[str]:
        """The scores of the test windows of the task by the networks of a set of variants: one file or none.

        There are none for a model that was sent, and for classes other than peaks and negatives.
        """
        values = self.run.settings["variants"][variants]
        if MODEL in values or values["task"] not in self.run.binary:
            return []
        return [self.models.largest_file("predictions.tsv", values["task"], values["arm"])]

    def motif(self, variants: str) -> list[str]:
        """The motif that scores the variants of a set beside the networks: one file or none."""
        return self.run.local_paths(f"variants.{variants}.motif")

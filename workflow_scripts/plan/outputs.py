"""The files that a run promises to leave behind.

Intermediate files are among them, because Snakemake makes a deleted file again only if it is asked for.
"""

from __future__ import annotations

from configuration import simulated_files
from workflow_support.kinds import LOGITS, PROFILE

from .model_files import ModelFiles
from .models import Models
from .profiles import Profiles
from .run import Run
from .sent_models import SentModels
from .study import Study

#: The formats of every figure.
FORMATS = ("svg", "png")
TABLES_OF_A_RUN = ["summary.tsv", "provenance.json", "config.yaml", "results.md", "answers.rst"]
TIMES = ["rule_times.tsv", "arm_times.tsv", "disk_use.tsv"]
CHECKS = ["checked/intervals.tsv", "checked/regions.tsv"]
GENOME_FILES = ["genome.fa", "genome.fa.fai", "contigs.tsv", "chrom.sizes"]
NETWORK_FILES = ["weights.safetensors", "models.json", "history.tsv"]
SCORE_FILES = ["evaluation.json", "predictions.tsv"]
ATTRIBUTION_FILES = [
    "contributions.npy",
    "sequences.npy",
    "windows.tsv",
    "bw",
    "spread.bw",
    "motifs.meme",
    "motifs.tsv",
    "search.json",
    "seqlets.tsv",
    "hits.tsv",
    "hits.bed",
]
VARIANT_FILES = ["tsv", "counts.tsv", "dropped.tsv", "correlation.json", "nulls.tsv"]
READ_FILES = ["plus.bw", "minus.bw", "reads.tsv", "bam", "bam.bai"]

TASK_FILES = ["windows.tsv", "window_counts.tsv", "codes.npy", "near_copies.npy"]
PEAK_FILES = ["positives.tsv", "peaks.bed", "peak_counts.tsv"]
NEGATIVES_FILES = ["negatives.tsv", "negatives.bed", "negative_counts.tsv", "surroundings.npy"]
LABELLED_FILES = ["classes.json", "duplicates.tsv"]
PROFILE_FILES = ["strands.json", "counts.npy", "signal/positives.bed", "signal/matrix.gz"]


class Outputs:
    """The outputs of a run, in groups; ``figures`` are the files of the figures that the registry lists."""

    def __init__(
        self, run: Run, models: Models, profiles: Profiles, study: Study, model_files: ModelFiles, sent: SentModels
    ) -> None:
        self.run, self.models, self.profiles, self.study = run, models, profiles, study
        self.model_files, self.sent = model_files, sent

    def final(self, figures: list[str]) -> list[str]:
        """Everything that a user gets."""
        return [*map(self.run.path, TIMES), *self.timed(figures), *self.networks(), *self.model_files.files()]

    def checks(self) -> list[str]:
        """The tables of the checks of genomes and of labelled tasks."""
        return [
            *(self.run.path(file) for file in CHECKS if self.run.genomes),
            *self.run.paths("checked/widths/{task}.tsv", task=self.run.labelled),
        ]

    def timed(self, figures: list[str]) -> list[str]:
        """Every file but those of networks: the tables of times wait for these, so that they are made last.

        The table of results needs all networks, and cards those of models, so these are made before them. In a large
        study they are most files, and planning takes the longer the more files are named.
        """
        return [
            *self.checks(),
            *map(self.run.path, TABLES_OF_A_RUN),
            *figures,
            *self.uses(),
            *self.model_files.cards(),
            self.run.path("study/arms.tsv"),
            *self.study.hyperbolicity_files(),
            *self.study.tables.values(),
            *self.tasks(),
            *self.signal(),
            *self.genomes(),
            *sorted(simulated_files(self.run.settings)),
            *(path for path in self.run.input_files().values() if path.startswith(self.run.path("downloads/"))),
        ]

    def uses(self) -> list[str]:
        """Predictions, attributions and scores of variants."""
        run, attributions, variants = self.run, self.run.settings["attribute"], self.run.settings["variants"]
        return [
            *run.paths("predictions/{name}.tsv", name=run.settings["predict"]),
            *run.paths("predictions/{name}.bw", name=run.predictions_answering(LOGITS)),
            *run.paths(
                "predictions/{name}.{strand}.bw", name=run.predictions_answering(PROFILE), strand=["plus", "minus"]
            ),
            *run.paths("attributions/{name}.{file}", name=attributions, file=ATTRIBUTION_FILES),
            *run.paths("variants/{name}.{file}", name=variants, file=VARIANT_FILES),
            *(path for folder in self.sent.keys for path in self.sent.opened(folder)),
        ]

    def networks(self) -> list[str]:
        """Every trained network and baseline, with its scores."""
        run, models = self.run, self.models
        return [
            *(path for file in NETWORK_FILES for path in models.files(file, run.tasks, models.arms_for)),
            *(path for file in SCORE_FILES for path in models.scores(run.tasks, file)),
            *models.files("profiles.npy", run.profile),
        ]

    def tasks(self) -> list[str]:
        """The windows, sequences and counts of every task."""
        run = self.run
        of_kinds = [
            (run.tasks, TASK_FILES),
            (run.on_genomes, PEAK_FILES),
            (run.binary, NEGATIVES_FILES),
            (run.labelled, LABELLED_FILES),
            (run.profile, PROFILE_FILES),
        ]
        return [
            *(path for tasks, files in of_kinds for path in run.paths("tasks/{task}/{file}", task=tasks, file=files)),
            *(path for task in run.profile for path in self.models.tracks(task).values()),
            *map(self.models.channels_file, self.models.tasks_with_matched_arms()),
            *(run.path(f"tasks/{task}/kmers.k{k}.npy") for task in run.tasks for k in self.models.kmer_lengths(task)),
        ]

    def signal(self) -> list[str]:
        """The measured signal of tasks, and the figures that deepTools draws of it."""
        run, profiles = self.run, self.profiles
        with_signal, replicates = run.having("tasks", "signal"), profiles.with_replicates()
        figure = "figures/profiles/{task}.{figure}.{format}"
        return [
            *run.paths("signal/{task}.{file}", task=with_signal, file=["positives.bed", "matrix.gz"]),
            *run.paths(
                "figures/signal/{task}.{figure}.{format}",
                task=with_signal,
                figure=["heatmap", "profile"],
                format=FORMATS,
            ),
            *(path for task in run.profile for file in READ_FILES for path in profiles.read_files(file, task)),
            *run.paths("tasks/{task}/signal/replicates.npz", task=replicates),
            *run.paths(figure, task=profiles.with_reads(), figure=["fingerprint"], format=FORMATS),
            *run.paths(figure, task=replicates, figure=["replicates"], format=FORMATS),
            *run.paths(figure, task=run.profile, figure=["heatmap", "signal"], format=FORMATS),
        ]

    def genomes(self) -> list[str]:
        """Every genome that is used, and the sequences that predictions bring along."""
        run = self.run
        return [
            *run.paths("genomes/{genome}/{file}", genome=run.genomes, file=GENOME_FILES),
            *run.paths("predictions/{name}/{file}", name=run.having("predict", "sequences"), file=GENOME_FILES),
        ]

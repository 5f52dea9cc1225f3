"""The networks of a run: contestants, the arms that they consist of, and their files at every training size.

A contestant is an arm, or a combination of arms: the mean of their networks, or the best of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, partial
from typing import Any

from configuration import (
    contestants,
    contestants_for,
    members_of,
    network_of,
    replicates_of,
    sizes_of_task,
    train_sizes,
    training_of,
)
from configuration.matched import times_in_an_answer
from learning.kinds import modules_of_kind
from rc_equivariant.descriptions.networks import modules_of
from rc_equivariant.descriptions.tracks import TRACKS
from workflow_support.metrics import BASELINE_ARM, BASELINE_KMER

from .run import Run


class Models:
    """The contestants of a run and the files that their networks leave.

    Attributes
    ----------
    arms
        The settings of each arm.
    contestants
        The names of the arms, then of the combinations.
    candidates
        The arms of which a combination shows the best.
    sizes
        The training sizes of each task and contestant, as text, the largest last.
    """

    def __init__(self, run: Run) -> None:
        self.run, self.study = run, run.settings["study"]
        self.arms, self.contestants = self.study["arms"], contestants(self.study)
        self._serving = {task: contestants_for(run.settings, task) for task in run.tasks}
        self.candidates = {arm for each in self.study["combinations"].values() for arm in each.get("best_of", [])}
        self.sizes = {
            (task, name): train_sizes(run.settings, task, name)
            for task in run.tasks
            for name in self.contestants_for(task)
        }
        # A study of thousands of trainings has tens of arms, and asks for these of every training.
        self._network_of = cache(partial(network_of, run.settings))
        self._training_of = cache(partial(training_of, run.settings))
        self._modules_of = cache(lambda kind, arm: modules_of(self._network_of(kind, arm)))

    def contestants_for(self, task: str) -> list[str]:
        """The arms, and after them the combinations, that serve a task."""
        return self._serving[task]

    def arms_for(self, task: str) -> list[str]:
        """The arms that serve a task."""
        return [name for name in self.contestants_for(task) if name in self.arms]

    def shown_for(self, task: str) -> list[str]:
        """The contestants for a task without the candidates of a combination: few enough to tell their lines apart."""
        return [name for name in self.contestants_for(task) if name not in self.candidates]

    def file(self, file: str, task: str = "{task}", contestant: str = "{arm}", size: str = "{size}") -> str:
        """The path of a file of a contestant, which holds all its replicates; by default with wildcards."""
        return self.run.path(f"tasks/{task}/models/{contestant}/{size}/{file}")

    def files(
        self,
        file: str,
        tasks: Iterable[str],
        contestants: Callable[[str], list[str]] | None = None,
        main: bool = False,
    ) -> list[str]:
        """The paths of a file of every contestant, task by task, contestant by contestant, size by size.

        Parameters
        ----------
        contestants
            The method of this class that names the contestants of a task; all of them by default.
        main
            Whether to take the largest size of each contestant alone.
        """
        return [
            self.file(file, task, contestant, size)
            for task in tasks
            for contestant in (contestants or self.contestants_for)(task)
            for size in self.sizes[task, contestant][-1 if main else 0 :]
        ]

    def largest_file(self, file: str, task: str, contestant: str) -> str:
        """The path of a file of a contestant at its largest training size."""
        return self.file(file, task, contestant, self.sizes[task, contestant][-1])

    def baseline_file(self, file: str, task: str = "{task}", size: str = "{size}") -> str:
        """The path of a file of the k-mer baseline of a task; by default with wildcards."""
        return self.file(file, task, BASELINE_ARM, size)

    def baseline_files(self, file: str, task: str, main: bool = False) -> list[str]:
        """The paths of a file of the k-mer baseline at every size of a task, or at the largest; none for profiles."""
        if task not in self.run.classification:
            return []
        sizes = sizes_of_task(self.run.settings, task)[-1 if main else 0 :]
        return [self.baseline_file(file, task, size) for size in sizes]

    def scores(
        self,
        tasks: Iterable[str],
        file: str = "evaluation.json",
        contestants: Callable[[str], list[str]] | None = None,
        main: bool = False,
    ) -> list[str]:
        """As :meth:`files`, with the files of the baseline after the contestants of each task that has one."""
        found = []
        for task in tasks:
            found += self.files(file, [task], contestants, main)
            found += self.baseline_files(file, task, main)
        return found

    def members(self, contestant: str) -> list[str]:
        """All arms that a contestant averages or chooses among, each once."""
        return members_of(self.study, contestant)

    def member_files(self, file: str, task: str, contestant: str, size: str) -> list[str]:
        """The paths of a file of every arm that a contestant averages or chooses among."""
        return [self.file(file, task, arm, size) for arm in self.members(contestant)]

    def candidate_places(self, contestant: str) -> list[list[int]]:
        """For each candidate of a contestant, the places among its members of the arms that are averaged."""
        members = self.members(contestant)
        candidates = replicates_of(self.study, contestant).candidates
        return [[members.index(arm) for arm in candidate] for candidate in candidates]

    def seeds(self, contestant: str) -> list[list[int]]:
        """For each replicate of a contestant, the seeds of the networks that it averages."""
        return replicates_of(self.study, contestant).seeds

    def average_strands(self, contestant: str) -> bool:
        """Return True if a contestant averages the answers of its networks on both strands."""
        return self.study["combinations"].get(contestant, {}).get("average_strands", False)

    def network(self, task: str, arm: str) -> dict[str, Any]:
        """The network of an arm for a task: its description without what the task decides.

        The windows of profile tasks have a margin, so their width does not tell how many bases networks read.
        """
        window = {"window": self.run.settings["profile"]["window"]} if task in self.run.profile else {}
        return self._network_of(self.run.kinds[task], arm) | window

    def networks_for(self, task: str) -> dict[str, dict[str, Any]]:
        """The network of every arm that serves a task."""
        return {arm: self.network(task, arm) for arm in self.arms_for(task)}

    def matched_arms_for(self, task: str) -> list[str]:
        """The arms of a task whose channels are found so that they cost as much as another arm or combination."""
        return [arm for arm in self.arms_for(task) if "matched" in self.arms[arm]]

    def tasks_with_matched_arms(self) -> list[str]:
        """The tasks that have such arms."""
        return [task for task in self.run.tasks if self.matched_arms_for(task)]

    def channels_file(self, task: str = "{task}") -> str:
        """The path of the table of the channels of matched arms; by default with a wildcard."""
        return self.run.path(f"tasks/{task}/channels.tsv")

    def channels_files(self, task: str, arm: str) -> list[str]:
        """The path of this table if an arm is a matched one."""
        return [self.channels_file(task)] if "matched" in self.arms[arm] else []

    def matches(self, task: str) -> list[dict[str, Any]]:
        """The matched arms of a task, and the networks whose cost they get, as ``match_channels`` takes them."""
        found = []
        for arm in self.matched_arms_for(task):
            matched = self.arms[arm]["matched"]
            to = replicates_of(self.study, matched["to"])
            networks = [[self.network(task, member) for member in candidate] for candidate in to.candidates]
            times = times_in_an_answer(self.study["combinations"].get(matched["to"]), matched["by"])
            # The trials of an arm have the same network.
            unlike = [each for place, each in enumerate(networks) if each not in networks[:place]]
            named = self.arms[arm]["family"] if "trial" in self.arms[arm] else arm
            own = {"arm": arm, "named": named, "network": self.network(task, arm), "matched": matched}
            found.append(own | {"candidates": unlike, "times": times})
        return found

    def matching_modules(self, task: str) -> list[str]:
        """The modules that build the networks of :meth:`matches`."""
        compared = {arm for name in self.matched_arms_for(task) for arm in (name, *self._compared_with(name))}
        return sorted({module for arm in compared for module in self._modules_of(self.run.kinds[task], arm)})

    def _compared_with(self, arm: str) -> list[str]:
        return self.members(self.arms[arm]["matched"]["to"])

    def track_names(self, task: str) -> list[str]:
        """The names of :meth:`tracks`."""
        return list(self.tracks(task))

    def training_modules(self, task: str, arm: str) -> list[str]:
        """The modules that the training of an arm loads by name: those of the kind of the task and of the network."""
        kind = self.run.kinds[task]
        return [*modules_of_kind(kind, "train"), *self._modules_of(kind, arm)]

    def training(self, task: str, arm: str) -> dict[str, Any]:
        """The settings of the training of an arm for a task.

        Networks for classes are calibrated where there are folds, so that the scores of different folds can be pooled.
        """
        settings = self._training_of(self.run.kinds[task], arm)
        is_pooled = self.run.folds[task] and "calibrated" in settings
        return settings | {"calibrated": True} if is_pooled else settings

    def sequence_file(self, task: str, arm: str) -> str:
        """The path of the k-mers that an arm reads; of labelled sequences the bases, which training may substitute."""
        file = "codes.npy" if task in self.run.labelled else f"kmers.k{self.arms[arm]['kmer']}.npy"
        return self.run.path(f"tasks/{task}/{file}")

    def tracks(self, task: str) -> dict[str, str]:
        """The files of the input tracks that the networks of a task read beside the sequence, by name."""
        given = self.run.settings["tasks"][task]
        return {name: self.run.path(f"tasks/{task}/{name}.npy") for name in TRACKS if name in given}

    def extras(self, task: str) -> dict[str, str]:
        """The files beside windows and sequences that the networks of a task are trained and evaluated on, by name."""
        if task in self.run.labelled:
            return {"classes": self.run.path(f"tasks/{task}/classes.json")}
        counts = {"counts": self.run.path(f"tasks/{task}/counts.npy")} if task in self.run.profile else {}
        return counts | self.tracks(task)

    def surroundings(self, task: str) -> list[str]:
        """The file of test windows with their surroundings, in which an evaluation moves them; for binary tasks."""
        return [self.run.path(f"tasks/{task}/surroundings.npy")] if task in self.run.binary else []

    def extra_files(self, task: str) -> list[str]:
        """The paths of :meth:`extras`."""
        return list(self.extras(task).values())

    def extra_names(self, task: str) -> list[str]:
        """The names of :meth:`extras`."""
        return list(self.extras(task))

    def kmer_lengths(self, task: str) -> list[int]:
        """The lengths, ascending, of the k-mers that are encoded for the arms and the baseline of a task."""
        arms = [] if task in self.run.labelled else self.arms_for(task)
        baseline = {BASELINE_KMER} if task in self.run.classification else set()
        return sorted({self.arms[arm]["kmer"] for arm in arms} | baseline)

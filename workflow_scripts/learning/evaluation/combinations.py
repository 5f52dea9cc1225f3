"""Arms and combinations of arms: the networks that are averaged, their mean answers and their costs.

Every network reads every window once on each strand, even if several replicates average it. The answer of a replicate
is the mean of the answers of its networks before any sigmoid or softmax, like that of an
:class:`rc_equivariant.Ensemble`, within an :class:`rc_equivariant.StrandAverage` if strands are averaged. With folds, a
replicate has networks for each, and :meth:`Combination.of_fold` has those that may be tested on the windows of one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from torch import nn

from rc_equivariant.cost import multiply_adds
from workflow_support.errors import InputError

from ..models.devices import describe_arithmetic
from ..models.saved import ModelDescription, load_descriptions
from .averages import load_networks
from .choices import choose, qualities_of_others
from .predict import Clock
from .records import EvaluatedModel

#: The positions of the arms that are averaged.
Candidate = list[int]
#: The seed of a network, and its fold if it has one.
SeedFold = tuple[int, int | None]
Outputs = TypeVar("Outputs")


@dataclass(frozen=True)
class Combination:
    """The networks of an arm or combination, and the replicates that average them.

    Parameters
    ----------
    networks, descriptions
        Those that a replicate averages.
    replicates
        For each replicate, the positions of its members in ``networks``.
    average_strands
        Whether answers are the mean of both strands.
    qualities
        For each replicate, the mean validation quality of each candidate, named by its arms joined by ``+``; the first
        one was taken.
    clock
        The time that the networks take.
    """

    networks: list[nn.Module]
    descriptions: list[ModelDescription]
    replicates: list[list[int]]
    average_strands: bool
    qualities: list[dict[str, float]]
    clock: Clock = field(default_factory=Clock)

    @property
    def kind(self) -> str:
        """The kind of the task that all networks are for."""
        return self.descriptions[0].kind

    @property
    def folds(self) -> list[int | None]:
        """The folds that there are networks for, counted from 1; None stands for networks without folds."""
        return folds_described(self.descriptions)

    def of_fold(self, fold: int | None) -> Combination:
        """The networks of one of the :attr:`folds`, which have not seen its windows."""
        places = [place for place, each in enumerate(self.descriptions) if each.fold == fold]
        return replace(
            self,
            networks=[self.networks[place] for place in places],
            descriptions=[self.descriptions[place] for place in places],
            replicates=[[places.index(each) for each in members if each in places] for members in self.replicates],
        )

    def answers(
        self,
        forward: Sequence[Outputs],
        reverse: Sequence[Outputs],
        mean: Callable[[Sequence[Outputs]], Outputs],
    ) -> Iterator[tuple[Outputs, Outputs]]:
        """Yield the answers of each replicate for windows and for their reverse complements.

        Parameters
        ----------
        forward, reverse
            The outputs of each network for both, as seen on the forward strand.
        mean
            A function that averages outputs.
        """
        for members in self.replicates:
            strands = [mean([outputs[member] for member in members]) for outputs in (forward, reverse)]
            yield (mean(strands), mean(strands)) if self.average_strands else tuple(strands)

    def evaluated(self, replicate: int, *, task: str, arm: str, size: str, seed: int) -> EvaluatedModel:
        """The identity and costs of a replicate."""
        folds = self.folds
        # Every window is answered by the networks of one fold.
        one = self.of_fold(folds[0])
        members = one.replicates[replicate]
        described = [one.descriptions[member] for member in members]
        trained = [self.descriptions[member].train_size for member in self.replicates[replicate]]
        strands = 2 if self.average_strands else 1
        qualities = self.qualities[replicate]
        has_choice = len(qualities) > 1
        return EvaluatedModel(
            task=task,
            arm=arm,
            size=size,
            seed=seed,
            train_size=round(sum(trained) / len(trained)),
            members=len(members),
            parameters=sum(description.parameters for description in described),
            multiply_adds=strands * sum(multiply_adds(one.networks[member]) for member in members),
            device=described[0].device,
            arithmetic=describe_arithmetic(next(one.networks[members[0]].parameters()).device),
            chosen=next(iter(qualities)).split("+") if has_choice else None,
            candidates=qualities if has_choice else None,
            folds=None if folds == [None] else len(folds),
        )


def folds_described(descriptions: Sequence[ModelDescription]) -> list[int | None]:
    """The folds of networks in order, each once; None stands for networks without folds."""
    return sorted({each.fold for each in descriptions}, key=lambda fold: fold or 0)


def load_combination(
    weights: Sequence[Path],
    models: Sequence[Path],
    candidates: Sequence[Candidate],
    seeds: Sequence[Sequence[int]],
    average_strands: bool,
    device: torch.device,
    *kinds: str,
) -> Combination:
    """The networks of the best candidate for each replicate, chosen by the seeds of other replicates.

    :mod:`learning.evaluation.choices` says how. With folds, a replicate has the networks of all of them, and each fold
    chooses for itself: the windows on which other folds choose are those that it is tested on.

    Parameters
    ----------
    weights, models
        One file of each per arm, with all of its replicates.
    candidates
        For each candidate, the positions in ``weights`` of the arms that it averages.
    seeds
        For each replicate, the seeds of the networks of every arm that it averages.
    device, kinds
        As :func:`learning.evaluation.averages.load_networks` takes them.

    Raises
    ------
    InputError
        If a network is missing or cannot be loaded, or if the networks cannot be averaged.
    """
    described = {arm: load_descriptions(models[arm]) for candidate in candidates for arm in candidate}
    used = [seed for group in seeds for seed in group]
    folds = folds_described([each for descriptions in described.values() for each in descriptions])
    for arm, descriptions in described.items():
        _require_networks(set(product(used, folds)), descriptions, models[arm])
    names = ["+".join(described[arm][0].arm for arm in candidate) for candidate in candidates]
    means = np.stack([_qualities_of_others(candidates, described, seeds, fold) for fold in folds])
    of_replicates = [
        {(arm, seed, fold) for best, fold in zip(taken, folds, strict=True) for arm in candidates[best] for seed in own}
        for taken, own in zip(choose(means).T, seeds, strict=True)
    ]
    arms = [arm for arm in described if any(arm == each for keys in of_replicates for each, _, _ in keys)]
    loaded = load_networks([weights[arm] for arm in arms], [models[arm] for arm in arms], device, *kinds)
    read = [(arm, each.seed, each.fold) for arm in arms for each in described[arm]]
    members = {key: each for key, each in zip(read, loaded, strict=True) if key in set.union(*of_replicates)}
    return Combination(
        networks=[network for network, _ in members.values()],
        descriptions=[description for _, description in members.values()],
        replicates=[[place for place, key in enumerate(members) if key in keys] for keys in of_replicates],
        average_strands=average_strands,
        qualities=[
            {names[index]: float(of_replicate[index]) for index in np.argsort(-of_replicate, kind="stable")}
            for of_replicate in means.mean(axis=0).T
        ],
    )


def _require_networks(networks: set[SeedFold], descriptions: Sequence[ModelDescription], file: Path) -> None:
    """Raise an InputError unless there is a network of each of these seeds and folds."""
    there = {(each.seed, each.fold) for each in descriptions}
    if missing := networks - there:
        raise InputError(
            "networks that are to be averaged are not in the file",
            file=file,
            found=f"seeds {_listed(there)}",
            allowed=f"seeds {_listed(missing)} too",
            fix="train the arm again with all seeds of the configuration",
        )


def _listed(networks: set[SeedFold]) -> list[int | str]:
    """Seeds, with their folds if there are any."""
    ordered = sorted(networks, key=lambda each: (each[1] or 0, each[0]))
    return [seed if fold is None else f"{seed} of fold {fold}" for seed, fold in ordered]


def _qualities_of_others(
    candidates: Sequence[Candidate],
    described: Mapping[int, Sequence[ModelDescription]],
    seeds: Sequence[Sequence[int]],
    fold: int | None,
) -> np.ndarray:
    """The mean validation quality (candidates, replicates) by which each replicate chooses for a fold."""
    used = [seed for group in seeds for seed in group]
    of_arms = {
        arm: {each.seed: each.quality for each in descriptions if each.fold == fold}
        for arm, descriptions in described.items()
    }
    qualities = [[np.mean([of_arms[arm][seed] for arm in candidate]) for seed in used] for candidate in candidates]
    places = [[used.index(seed) for seed in group] for group in seeds]
    return qualities_of_others(np.array(qualities), places)

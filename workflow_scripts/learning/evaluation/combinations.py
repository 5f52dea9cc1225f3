"""Arms and combinations of arms: the networks that are averaged, their mean answers and their costs.

Every network reads every window once on each strand, even if several replicates average it. The answer of a replicate
is the mean of the answers of its networks before any sigmoid or softmax, like that of an
:class:`rc_equivariant.Ensemble`, within an :class:`rc_equivariant.StrandAverage` if strands are averaged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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
        members = self.replicates[replicate]
        described = [self.descriptions[member] for member in members]
        strands = 2 if self.average_strands else 1
        qualities = self.qualities[replicate]
        has_choice = len(qualities) > 1
        return EvaluatedModel(
            task=task,
            arm=arm,
            size=size,
            seed=seed,
            train_size=described[0].train_size,
            members=len(members),
            parameters=sum(description.parameters for description in described),
            multiply_adds=strands * sum(multiply_adds(self.networks[member]) for member in members),
            device=described[0].device,
            arithmetic=describe_arithmetic(next(self.networks[members[0]].parameters()).device),
            chosen=next(iter(qualities)).split("+") if has_choice else None,
            candidates=qualities if has_choice else None,
        )


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

    :mod:`learning.evaluation.choices` says how.

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
    for arm, descriptions in described.items():
        _require_seeds(set(used), descriptions, models[arm])
    names = ["+".join(described[arm][0].arm for arm in candidate) for candidate in candidates]
    means = _qualities_of_others(candidates, described, seeds)
    taken = [candidates[best] for best in choose(means)]
    arms = [arm for arm in described if any(arm in candidate for candidate in taken)]
    loaded = load_networks([weights[arm] for arm in arms], [models[arm] for arm in arms], device, *kinds)
    of_replicates = [
        {(arm, seed) for arm in candidate for seed in group} for candidate, group in zip(taken, seeds, strict=True)
    ]
    read = [(arm, each.seed) for arm in arms for each in described[arm]]
    members = {key: each for key, each in zip(read, loaded, strict=True) if key in set.union(*of_replicates)}
    return Combination(
        networks=[network for network, _ in members.values()],
        descriptions=[description for _, description in members.values()],
        replicates=[[place for place, key in enumerate(members) if key in keys] for keys in of_replicates],
        average_strands=average_strands,
        qualities=[
            {names[index]: float(of_replicate[index]) for index in np.argsort(-of_replicate, kind="stable")}
            for of_replicate in means.T
        ],
    )


def _require_seeds(seeds: set[int], descriptions: Sequence[ModelDescription], file: Path) -> None:
    there = {each.seed for each in descriptions}
    if missing := seeds - there:
        raise InputError(
            "networks that are to be averaged are not in the file",
            file=file,
            found=f"seeds {sorted(there)}",
            allowed=f"seeds {sorted(missing)} too",
            fix="train the arm again with all seeds of the configuration",
        )


def _qualities_of_others(
    candidates: Sequence[Candidate], described: Mapping[int, Sequence[ModelDescription]], seeds: Sequence[Sequence[int]]
) -> np.ndarray:
    """The mean validation quality (candidates, replicates) by which each replicate chooses."""
    used = [seed for group in seeds for seed in group]
    of_arms = {arm: {each.seed: each.quality for each in descriptions} for arm, descriptions in described.items()}
    qualities = [[np.mean([of_arms[arm][seed] for arm in candidate]) for seed in used] for candidate in candidates]
    places = [[used.index(seed) for seed in group] for group in seeds]
    return qualities_of_others(np.array(qualities), places)

"""Arms and combinations of them: which trained networks answer together, what they answer, and what that costs.

Every network reads every window once on each strand, however many replicates it is a member of. What replicates answer
is the mean of what their members give, before any sigmoid or softmax: as :class:`rc_equivariant.Ensemble`, and as
:class:`rc_equivariant.StrandAverage` around it where strands are averaged, but without running them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from torch import nn

from rc_equivariant.cost import multiply_adds
from workflow_support.errors import InputError

from ..models.saved import ModelDescription, load_descriptions
from .averages import load_networks
from .predict import Clock
from .records import EvaluatedModel

#: Positions of the arms that are averaged.
Candidate = list[int]
Outputs = TypeVar("Outputs")


@dataclass(frozen=True)
class Combination:
    """Networks, and the replicates of an arm or combination that they are members of.

    Parameters
    ----------
    networks, descriptions
        Of the candidate that was taken.
    replicates
        Positions of the members of each in ``networks``.
    average_strands
        Whether answers are the mean of both strands.
    qualities
        Mean validation quality of each candidate, by its arms joined by ``+``, the one taken first.
    clock
        How long the networks take.
    """

    networks: list[nn.Module]
    descriptions: list[ModelDescription]
    replicates: list[list[int]]
    average_strands: bool
    qualities: dict[str, float]
    clock: Clock = field(default_factory=Clock)

    @property
    def kind(self) -> str:
        """Of the task that all networks are for."""
        return self.descriptions[0].kind

    def answers(
        self,
        forward: Sequence[Outputs],
        brought_back: Sequence[Outputs],
        mean: Callable[[Sequence[Outputs]], Outputs],
    ) -> Iterator[tuple[Outputs, Outputs]]:
        """What each replicate answers for windows and, brought back to their strand, for their reverse complements.

        Parameters
        ----------
        forward, brought_back
            What each network gives for the same.
        mean
            Of outputs.
        """
        for members in self.replicates:
            strands = [mean([outputs[member] for member in members]) for outputs in (forward, brought_back)]
            yield (mean(strands), mean(strands)) if self.average_strands else tuple(strands)

    def evaluated(self, replicate: int, *, task: str, arm: str, size: str, seed: int) -> EvaluatedModel:
        """Which replicate it is and what it costs."""
        members = self.replicates[replicate]
        described = [self.descriptions[member] for member in members]
        strands = 2 if self.average_strands else 1
        has_choice = len(self.qualities) > 1
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
            chosen=next(iter(self.qualities)).split("+") if has_choice else None,
            candidates=self.qualities if has_choice else None,
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
    """The networks of the best of the candidates, by mean validation quality over all seeds; the first of equals.

    Seeds that no replicate uses count too, so that one choice serves combinations of any number of seeds.

    Parameters
    ----------
    weights, models
        One of each an arm, with all of its replicates.
    candidates
        Positions in ``weights`` and ``models`` of the arms that are averaged.
    seeds
        Of each replicate, those of the networks of every arm that it averages.
    device, kinds
        As :func:`learning.evaluation.averages.load_networks` takes them.

    Raises
    ------
    InputError
        If a network that is needed is not there, cannot be loaded, or if they do not go together.
    """
    described = {arm: load_descriptions(models[arm]) for candidate in candidates for arm in candidate}
    used = {seed for group in seeds for seed in group}
    for arm, descriptions in described.items():
        _require_seeds(used, descriptions, models[arm])
    qualities = [_quality([each for arm in candidate for each in described[arm]]) for candidate in candidates]
    ranked = sorted(range(len(candidates)), key=lambda index: -qualities[index])
    taken = candidates[ranked[0]]
    loaded = load_networks([weights[arm] for arm in taken], [models[arm] for arm in taken], device, *kinds)
    members = [each for each in loaded if each[1].seed in used]
    return Combination(
        networks=[network for network, _ in members],
        descriptions=[description for _, description in members],
        replicates=[[place for place, (_, each) in enumerate(members) if each.seed in group] for group in seeds],
        average_strands=average_strands,
        qualities={"+".join(described[arm][0].arm for arm in candidates[index]): qualities[index] for index in ranked},
    )


def _require_seeds(seeds: set[int], descriptions: Sequence[ModelDescription], file: Path) -> None:
    there = {each.seed for each in descriptions}
    if missing := seeds - there:
        raise InputError(
            "networks that are to be averaged are not in the file",
            file=file,
            found=f"seeds {sorted(there)}",
            allowed=f"seeds {sorted(missing)} too",
            mend="train the arm again with all seeds of the configuration",
        )


def _quality(descriptions: Sequence[ModelDescription]) -> float:
    return float(np.mean([each.quality for each in descriptions]))

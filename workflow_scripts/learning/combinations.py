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

from .clock import Clock
from .evaluation import EvaluatedModel
from .replicates import load_replicates
from .saved_models import ModelDescription, load_description

#: Of each replicate, its members.
Candidate = list[list[int]]
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
        How long each network takes, by its position.
    """

    networks: list[nn.Module]
    descriptions: list[ModelDescription]
    replicates: Candidate
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
        """Which replicate it is and what it cost; to be asked for once the networks have been timed."""
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
            windows_per_second=1 / (strands * sum(map(self.clock.seconds_per_window, members))),
            seconds=sum(description.seconds for description in described),
            device=described[0].device,
            chosen=next(iter(self.qualities)).split("+") if has_choice else None,
            candidates=self.qualities if has_choice else None,
        )


def load_combination(
    weights: Sequence[Path],
    models: Sequence[Path],
    candidates: Sequence[Candidate],
    average_strands: bool,
    device: torch.device,
    *kinds: str,
) -> Combination:
    """The networks of the best of the candidates, by mean validation quality over its networks; the first of equals.

    Parameters
    ----------
    candidates
        Of each, the members of each replicate: positions in ``weights`` and ``models``.
    device, kinds
        As :func:`learning.replicates.load_replicates` takes them.

    Raises
    ------
    InputError
        If a network that is needed cannot be loaded, or if they do not go together.
    """
    descriptions = {index: load_description(models[index]) for each in candidates for index in _networks_of(each)}
    ranked = sorted(candidates, key=lambda candidate: -_quality(candidate, descriptions))
    taken = _networks_of(ranked[0])
    place = {index: position for position, index in enumerate(taken)}
    return Combination(
        networks=load_replicates(
            [weights[index] for index in taken], [models[index] for index in taken], device, *kinds
        ),
        descriptions=[descriptions[index] for index in taken],
        replicates=[[place[index] for index in members] for members in ranked[0]],
        average_strands=average_strands,
        qualities={_name(candidate, descriptions): _quality(candidate, descriptions) for candidate in ranked},
    )


def _networks_of(candidate: Candidate) -> list[int]:
    """Each once, in the order in which replicates name them."""
    return list(dict.fromkeys(index for members in candidate for index in members))


def _quality(candidate: Candidate, descriptions: dict[int, ModelDescription]) -> float:
    return float(np.mean([descriptions[index].quality for index in _networks_of(candidate)]))


def _name(candidate: Candidate, descriptions: dict[int, ModelDescription]) -> str:
    return "+".join(dict.fromkeys(descriptions[index].arm for index in _networks_of(candidate)))

"""Channels with which an arm's network costs as much as the networks that it is compared with.

They are found for each task, because costs depend on the width of the windows and on the number of classes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rc_equivariant.cost import multiply_adds
from rc_equivariant.layers.module import EquivariantModule
from workflow_support.errors import InputError

from .networks import build_network, describe

#: The largest ratio of the two costs, either way, that still counts as equal. Few channels leave large steps.
LARGEST_RATIO = 1.25
#: Networks of more channels are not tried.
MOST_CHANNELS = 4096


def parameters(network: EquivariantModule) -> int:
    """Count the free parameters of a network."""
    return sum(parameter.numel() for parameter in network.parameters())


#: What a network costs, by the name that claims give it.
MEASURES: dict[str, Callable[[EquivariantModule], int]] = {"parameters": parameters, "multiply_adds": multiply_adds}


@dataclass(frozen=True)
class Inputs:
    """The inputs and classes of the networks of a task: bases of a window, classes, and names of input tracks."""

    window: int
    classes: int = 2
    tracks: tuple[str, ...] = ()


def cost_of(network: Mapping[str, Any], inputs: Inputs, measure: str) -> int:
    """The cost of one network, described without what the task decides, in a measure of :data:`MEASURES`."""
    described = describe(network, window=inputs.window, classes=inputs.classes, tracks=inputs.tracks)
    return MEASURES[measure](build_network(described.to_dict()))


def find_channels(
    arm: str, network: Mapping[str, Any], target: int, times: int, measure: str, inputs: Inputs
) -> tuple[int, int]:
    """The channels with which the network of an arm costs nearest to ``target``, and that cost, both times ``times``.

    Numbers of channels that the layers refuse, such as odd ones where channels pair up, are left out. Costs grow with
    the channels. Of two that are equally near by their ratio to the target, the fewer channels are taken.

    Raises
    ------
    InputError
        If no number of channels comes within a quarter of the target.
    """
    costs: dict[int, int | None] = {}

    def cost(channels: int) -> int | None:
        if channels not in costs:
            try:
                costs[channels] = times * cost_of({**network, "channels": channels}, inputs, measure)
            except InputError:
                costs[channels] = None
        return costs[channels]

    def next_possible(channels: int) -> int:
        return next((each for each in range(channels, MOST_CHANNELS + 1) if cost(each) is not None), MOST_CHANNELS + 1)

    below, above = 0, next_possible(1)
    while above <= MOST_CHANNELS and cost(above) < target:
        below, above = above, next_possible(2 * above)
    # The cost is less than the target at ``below``, if that is not 0, and at least the target at ``above``.
    while below + 1 < above:
        middle = next_possible((below + above) // 2)
        if middle >= above:
            above = (below + above) // 2
        elif cost(middle) < target:
            below = middle
        else:
            above = middle
    near = [each for each in (below, next_possible(max(above, 1))) if 0 < each <= MOST_CHANNELS]
    ratios = {each: abs(math.log(cost(each) / target)) for each in near}
    best = min(ratios, key=ratios.__getitem__, default=None)
    if best is None or ratios[best] > math.log(LARGEST_RATIO):
        found = "; ".join(f"{each} channels: {cost(each):,}" for each in near)
        raise InputError(
            f"no number of channels gives `{arm}` the {target:,} {measure.replace('_', '-')} of the other side",
            found=found or "no number of channels that its layers can have",
            allowed=f"a cost within a factor of {LARGEST_RATIO} of it",
            fix="compare with a network of other layers, or delete this measure from at_equal of the claim",
        )
    return best, cost(best)

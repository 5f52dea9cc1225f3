"""Steps of one training, or of several as a stack, and the draws of many steps on their way to the device."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call

from rc_equivariant.layers.dropout import Dropout

from .state import Objective, TrainingState

#: Steps whose draws are copied to the device together, which takes few copies and little memory.
STEPS_AT_ONCE = 64


def drawn_steps(objectives: Sequence[Objective], steps: int, device: torch.device) -> Iterator[tuple[Tensor, ...]]:
    """Yield for each step the draws of all objectives, tensors (objectives, batch, ...).

    The batches of one step have the same size, as all replicates of an arm and size have.
    """
    for start in range(0, steps, STEPS_AT_ONCE):
        yield from _on_device(objectives, min(STEPS_AT_ONCE, steps - start), device)


def _on_device(objectives: Sequence[Objective], steps: int, device: torch.device) -> Iterator[tuple[Tensor, ...]]:
    drawn = [[objective.draw() for _ in range(steps)] for objective in objectives]
    sizes = [len(rows) for rows, *_ in drawn[0]]
    # The first kind holds the rows of all steps and objectives, the others what else an objective draws.
    kinds = zip(*([np.concatenate(parts) for parts in zip(*own, strict=True)] for own in drawn), strict=True)
    return zip(*(torch.from_numpy(np.stack(kind)).to(device).split(sizes, dim=1) for kind in kinds), strict=True)


#: Modules that draw random numbers in training.
_RANDOM = (nn.modules.dropout._DropoutNd, Dropout)


class Alone:
    """The steps of a single training.

    ``averages`` are the averages over steps and the tensors that they are averages of; both lists are empty if the
    settings ask for none.
    """

    def __init__(self, state: TrainingState) -> None:
        self.states, self.optimiser, self.scaler = [state], state.optimiser, state.scaler
        weights = state.network.state_dict()
        self.averages = list(state.average.values()), [weights[name] for name in state.average]

    def losses(self, drawn: tuple[Tensor, ...]) -> Tensor:
        """The loss of the batch that ``drawn`` (1, batch, ...) decides; shape (1,)."""
        (state,) = self.states
        with state.drawing():
            return state.objective.loss(state.network, tuple(part[0] for part in drawn)).unsqueeze(0)

    def gradients(self) -> list[list[Tensor]]:
        """The gradients of all parameters as views (1, ...), in one list per network that is trained apart."""
        return [[each.unsqueeze(0) for each in own] for own in _gradients_of(self.optimiser)]


class Stack:
    """The steps of several trainings of one architecture, each with its own weights, batches and random numbers.

    The gradient of the sum of the losses is for each network that of its own loss, and AdamW treats each number by
    itself, so every training goes on as it would alone, but for rounding.

    Parameters
    ----------
    states
        Trainings after the same number of epochs, on the same windows. Their tensors become views of the stack's.
    """

    def __init__(self, states: Sequence[TrainingState]) -> None:
        self.states = list(states)
        own = [state.network.state_dict(keep_vars=True) for state in states]
        # The state holds all tensors but constants of the architecture, which the networks share.
        values = {name: _stacked([tensors[name] for tensors in own]) for name in own[0]}
        self.optimiser = _stacked_optimiser(states, {id(own[0][name]): values[name] for name in own[0]})
        averages = {name: _stacked([state.average[name] for state in states]) for name in states[0].average}
        self.averages = list(averages.values()), [values[name].detach() for name in averages]
        # Float16, which needs one, trains one by one, as each training has its own scale.
        self.scaler = torch.amp.GradScaler(enabled=False)
        self._values = {f"network.{name}": value for name, value in values.items()}
        self._loss = _Loss(_network_of_all(states), states[0].objective)

    def losses(self, drawn: tuple[Tensor, ...]) -> Tensor:
        """The loss of each training's batch, which ``drawn`` (trainings, batch, ...) decides; shape (trainings,)."""
        return torch.vmap(self._loss_of_one)(self._values, drawn)

    def gradients(self) -> list[list[Tensor]]:
        """The gradients of all parameters, each of shape (trainings, ...), as :meth:`Alone.gradients`."""
        return _gradients_of(self.optimiser)

    def _loss_of_one(self, values: dict[str, Tensor], drawn: tuple[Tensor, ...]) -> Tensor:
        return functional_call(self._loss, values, drawn)


def steps_of(states: Sequence[TrainingState]) -> Alone | Stack:
    """The steps of one or several trainings."""
    return Alone(states[0]) if len(states) == 1 else Stack(states)


class _Loss(nn.Module):
    """The loss as a module that holds the network, so that a call can replace the network's parameters."""

    def __init__(self, network: nn.Module, objective: Objective) -> None:
        super().__init__()
        self.network, self._objective = network, objective

    def forward(self, *drawn: Tensor) -> Tensor:
        return self._objective.loss(self.network, drawn)


def _stacked(tensors: Sequence[Tensor]) -> Tensor:
    """A stack of tensors, which become views of it."""
    stack = torch.stack([tensor.detach() for tensor in tensors])
    for tensor, part in zip(tensors, stack.unbind(), strict=True):
        tensor.data = part
    return stack.requires_grad_(tensors[0].requires_grad)


def _stacked_optimiser(states: Sequence[TrainingState], stack_of: dict[int, Tensor]) -> torch.optim.Optimizer:
    """AdamW for stacks of parameters, with the moments of all; ``stack_of`` maps the first training's by identity."""
    optimisers = [state.optimiser for state in states]
    groups = [
        group | {"params": [stack_of[id(parameter)] for parameter in group["params"]]}
        for group in optimisers[0].param_groups
    ]
    optimiser = torch.optim.AdamW(groups)
    for alike in zip(*map(_parameters_of, optimisers), strict=True):
        moments = [_moments(each, parameter) for each, parameter in zip(optimisers, alike, strict=True)]
        # One count for all, as they have made equally many steps.
        step = moments[0]["step"].clone()
        for own in moments:
            own["step"] = step
        stacks = {name: _stacked([own[name] for own in moments]) for name in ("exp_avg", "exp_avg_sq")}
        optimiser.state[stack_of[id(alike[0])]] = {"step": step} | stacks
    return optimiser


def _parameters_of(optimiser: torch.optim.Optimizer) -> list[Tensor]:
    return [parameter for group in optimiser.param_groups for parameter in group["params"]]


def _gradients_of(optimiser: torch.optim.Optimizer) -> list[list[Tensor]]:
    """The gradients of each ``member`` that groups of parameters name."""
    of_members: dict[int, list[Tensor]] = {}
    for group in optimiser.param_groups:
        found = [parameter.grad for parameter in group["params"] if parameter.grad is not None]
        of_members.setdefault(group["member"], []).extend(found)
    return list(of_members.values())


def _moments(optimiser: torch.optim.Optimizer, parameter: Tensor) -> dict[str, Tensor]:
    """Count and moments of a parameter, those with which AdamW begins if there are none."""
    if not optimiser.state[parameter]:
        zeros = {name: torch.zeros_like(parameter, requires_grad=False) for name in ("exp_avg", "exp_avg_sq")}
        optimiser.state[parameter] = {"step": torch.zeros(())} | zeros
    return optimiser.state[parameter]


def _network_of_all(states: Sequence[TrainingState]) -> nn.Module:
    """A network to call with the parameters of each training; its random modules draw from each one's own stream."""
    network = copy.deepcopy(states[0].network)
    for parent in list(network.modules()):
        for name, module in parent.named_children():
            if isinstance(module, _RANDOM):
                setattr(parent, name, _OneByOne(module, states))
    return network.train()


class _OneByOne(nn.Module):
    """A module that draws random numbers, called under torch.vmap for one training after the other."""

    def __init__(self, module: nn.Module, states: Sequence[TrainingState]) -> None:
        super().__init__()
        self.module, self._states = module, states

    def forward(self, x: Tensor) -> Tensor:
        return _CallOneByOne.apply(x, self)

    def call(self, stack: Tensor) -> Tensor:
        """The results for a stack of inputs."""
        results = []
        for x, state in zip(stack.unbind(), self._states, strict=True):
            with state.drawing():
                results.append(self.module(x))
        return torch.stack(results)


class _CallOneByOne(torch.autograd.Function):
    @staticmethod
    def forward(x: Tensor, caller: _OneByOne) -> Tensor:
        raise NotImplementedError("only stacks are taken one by one")

    @staticmethod
    def setup_context(ctx, inputs: tuple, output: Tensor) -> None:
        pass

    @staticmethod
    def vmap(info, in_dims: tuple, x: Tensor, caller: _OneByOne) -> tuple[Tensor, int]:
        return caller.call(x.movedim(in_dims[0], 0)), 0

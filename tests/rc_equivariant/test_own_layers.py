"""Layers that somebody writes take part in containers, exports and costs by what they state."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from rc_equivariant import (
    Conv1d,
    EquivariantModule,
    GatedUnit,
    Representation,
    Residual,
    Sequential,
    SharedOverStrands,
    StrandAverage,
    Sum,
    export,
)
from rc_equivariant.cost import multiply_adds

SPACE = Representation(regular=2, trivial=1)
X = torch.randn(2, SPACE.size, 9, generator=torch.Generator().manual_seed(0))


class Doubled(nn.Module):
    """A module of torch alone that states its types: it needs no export of its own."""

    in_type = out_type = SPACE

    def forward(self, x):
        return 2 * x


class PlainMixture(nn.Module):
    def __init__(self, inner, weight):
        super().__init__()
        self.inner, self.weight = inner, nn.Parameter(weight.clone())

    def forward(self, x):
        return self.inner(x) + self.weight * x


class Mixture(nn.Module):
    """A module with a layer of the library inside and a matrix of its own, of no class of the library."""

    in_type = out_type = SPACE

    def __init__(self):
        super().__init__()
        self.inner = Conv1d(SPACE, SPACE, 1)
        self.weight = nn.Parameter(torch.full((SPACE.size, 9), 0.5))

    def forward(self, x):
        return self.inner(x) + self.weight * x


class WithHooks(Mixture):
    def export(self):
        return PlainMixture(export(self.inner), self.weight.detach())

    def multiply_adds(self, inputs, output):
        (x,) = inputs
        assert x.shape == output.shape
        return output.numel()


CONTAINERS = {
    "Sequential": lambda layer: Sequential(layer, Conv1d(SPACE, SPACE, 1)),
    "Residual": Residual,
    "Sum": lambda layer: Sum(layer, layer),
    "GatedUnit": lambda layer: GatedUnit(layer, Conv1d(SPACE, SPACE, 1)),
    "SharedOverStrands": lambda layer: SharedOverStrands(layer, SPACE, SPACE.size),
    "nn.Sequential": lambda layer: nn.Sequential(layer, nn.ReLU()),
}
in_containers = pytest.mark.parametrize("make", CONTAINERS.values(), ids=CONTAINERS)


@in_containers
@pytest.mark.parametrize("layer", [Doubled, WithHooks])
def test_containers_export_it(make, layer):
    model = make(layer())
    exported = export(model)
    assert not any(isinstance(part, EquivariantModule | Mixture) for part in exported.modules())
    assert not exported.training
    assert torch.allclose(exported(X), model(X), atol=1e-6)


@in_containers
def test_containers_do_not_guess_what_it_does_with_layers_of_the_library(make):
    with pytest.raises(ValueError, match=r"Mixture contains modules of this library.* a method export\(\)"):
        export(make(Mixture()))


@in_containers
def test_its_own_arithmetic_is_counted_with_that_of_its_parts(make):
    """And nothing twice; a layer that is called for both strands or in two branches counts each time."""
    calls = 2 if make in (CONTAINERS["Sum"], CONTAINERS["SharedOverStrands"]) else 1
    beside = 5 * 5 * 9 if make in (CONTAINERS["Sequential"], CONTAINERS["GatedUnit"]) else 0
    assert multiply_adds(make(WithHooks()), X) == calls * (5 * 5 * 9 + 5 * 9) + beside
    assert multiply_adds(make(Doubled()), X) == beside


@in_containers
def test_an_unknown_cost_is_refused(make):
    with pytest.raises(ValueError, match=r"of Mixture are unknown: .* a method multiply_adds\(inputs, output\)"):
        multiply_adds(make(Mixture()), X)


def test_a_layer_of_the_base_class_without_an_export_says_so():
    class Own(EquivariantModule):
        pass

    with pytest.raises(NotImplementedError, match="Own has no export: give the class a method"):
        export(Sequential(Own(SPACE, SPACE)))


def test_costs_are_those_of_one_sample():
    assert multiply_adds(WithHooks(), X) == multiply_adds(WithHooks(), X[:1])


def test_averages_over_strands_export_it_too():
    average = StrandAverage(WithHooks())
    assert torch.allclose(average.export()(X), average(X), atol=1e-6)

"""Pooling and logits equal their definitions on whole points, and curvatures are positive and apart."""

from __future__ import annotations

import math

import pytest
import torch
from hyperbolic_features import TYPES, assert_same, features_of, perturbed
from hyperbolic_registry import bent
from hypothesis import given, settings
from hypothesis import strategies as st
from rc_registry import MIXED, OTHER
from torch import Tensor

from rc_equivariant import Ordinary, parameter_groups
from rc_equivariant.hyperbolic import (
    CentroidPool1d,
    Curvature,
    LorentzBatchNorm1d,
    LorentzConv1d,
    LorentzLogits,
    lorentz,
)


def test_pooling_gives_the_centroid_of_positions():
    layer, x = CentroidPool1d(MIXED, bent()), features_of(MIXED)
    mean = lorentz.lift(x, 0.7).mean(2)
    size = (mean[:, :1].square() - mean[:, 1:].square().sum(1, keepdim=True)).sqrt()
    assert torch.allclose(layer(x), math.sqrt(0.7) * mean[:, 1:] / size, rtol=0, atol=1e-6)


def published_logits(x: Tensor, z: Tensor, a: Tensor, k: Tensor) -> Tensor:
    root, size = k.sqrt(), z.norm(dim=1)
    alpha = (a / root).cosh() * (x @ z.T) - (a / root).sinh() * size * lorentz.time_of(x, k)
    beta = (((a / root).cosh() * size).square() - ((a / root).sinh() * size).square()).sqrt()
    return alpha.sign() * beta * root * torch.asinh(alpha / (root * beta)).abs()


@pytest.mark.parametrize("space", TYPES, ids=str)
def test_logits_are_the_published_ones(space):
    out = Ordinary(3) if isinstance(space, Ordinary) else OTHER
    layer, x = perturbed(LorentzLogits(space, out, bent())), features_of(space, length=None)
    expected = published_logits(x, layer.kernel().squeeze(2), layer.channel_bias(), layer.curvature())
    assert_same(layer(x), expected, [x, *layer.parameters()])


def test_logits_are_zero_on_their_hyperplane_and_grow_with_the_distance():
    """At k the plane of z = (1, 0) and a crosses its axis a from the origin; the logit there is |z| times the rest."""
    layer = LorentzLogits(Ordinary(2), Ordinary(1), Curvature(2.0)).double()
    layer.weight.data.copy_(torch.tensor([3.0, 0.0]))
    layer.bias.data.fill_(0.6)
    points = lorentz.exp0(torch.tensor([[0.6, 0.0], [1.6, 0.0], [-0.4, 0.0]], dtype=torch.float64), 2.0)
    assert torch.allclose(layer(points)[:, 0], torch.tensor([0.0, 3.0, -3.0], dtype=torch.float64), atol=1e-6)


def test_a_class_without_a_direction_has_a_gradient():
    """Published defect: 0 / 0."""
    layer = LorentzLogits(Ordinary(3), Ordinary(1), Curvature())
    layer.weight.data.zero_()
    x = torch.tensor([[1.0, -2.0, 0.5]])
    y = layer(x)
    weight, bias = torch.autograd.grad(y.sum(), [layer.weight, layer.bias])
    assert published_logits(x, torch.zeros(1, 3), torch.zeros(1), torch.tensor(1.0)).isnan().all()
    assert torch.allclose(weight, x[0], atol=1e-3)
    assert y.abs().max() < 1e-5
    assert bias.isfinite().all()


def relative_error(x: Tensor, expected: Tensor) -> float:
    return float((x - expected).norm() / expected.norm())


@pytest.mark.parametrize(("offset", "tolerance"), [(2.0, 1e-5), (11.0, 1e-3), (-11.0, 1e-3)])
def test_logits_keep_their_digits_in_float32_at_hyperplanes_far_away(offset, tolerance):
    """Of points near the hyperplane, up to 7.8 sqrt(k) away, where the definition in float32 has lost them."""
    torch.manual_seed(0)
    layer = LorentzLogits(Ordinary(5), Ordinary(1), Curvature(2.0))
    layer.bias.data.fill_(offset)
    exact = LorentzLogits(Ordinary(5), Ordinary(1), Curvature(2.0)).double()
    exact.load_state_dict(layer.state_dict())
    z = exact.kernel().squeeze(2).detach()
    foot = lorentz.exp0(offset * z / z.norm(), 2.0)
    x = lorentz.boost(0.1 * torch.randn(20, 5, dtype=torch.float64), foot, 2.0).float()
    offsets, k = exact.channel_bias().detach(), exact.curvature().detach()
    definition = published_logits(x.double(), z, offsets, k)
    assert torch.allclose(exact(x.double()), definition, rtol=0, atol=1e-8)
    assert relative_error(layer(x).detach(), definition) < tolerance
    if abs(offset) > 10:
        assert relative_error(published_logits(x, z.float(), offsets.float(), k.float()), definition) > 10 * tolerance


@pytest.mark.parametrize("offset", [100.0, -100.0])
def test_a_hyperplane_out_of_reach_can_come_back(offset):
    """Far points see it come nearer by as much as its offset falls."""
    layer = LorentzLogits(Ordinary(3), Ordinary(1), Curvature(2.0)).double()
    layer.bias.data.fill_(offset)
    y = layer(torch.randn(4, 3, dtype=torch.float64))
    (gradient,) = torch.autograd.grad(y.mean(), layer.bias)
    assert float(gradient) == pytest.approx(-float(layer.kernel().detach().norm()), rel=1e-6)
    nearer = LorentzLogits(Ordinary(3), Ordinary(1), Curvature(2.0)).double()
    nearer.load_state_dict(layer.state_dict() | {"bias": layer.bias.detach() * 0.15})
    x = torch.randn(4, 3, dtype=torch.float64)
    step = float((layer(x) - nearer(x)).detach().mean())
    assert step == pytest.approx(-0.85 * offset * float(layer.kernel().detach().norm()), rel=1e-6)


def test_logits_of_any_offset_are_finite():
    layer = LorentzLogits(Ordinary(3), Ordinary(2), Curvature(1e-3))
    layer.bias.data.copy_(torch.tensor([1e3, -1e3]))
    assert layer(1e3 * torch.randn(4, 3)).isfinite().all()


@given(st.floats(-80, 80))
@settings(max_examples=20)
def test_k_is_positive_whatever_is_learnt(log_k):
    curvature = Curvature(learnt=True)
    curvature.log_k.data.fill_(log_k)
    assert float(curvature().detach()) > 0


@pytest.mark.parametrize("k", [0.0, -1.0, math.inf, math.nan])
def test_k_must_be_a_positive_number(k):
    with pytest.raises(ValueError, match="positive number"):
        Curvature(k)


def test_parameters_of_curvatures_are_apart_and_each_is_there_once():
    """Published defect: a filter by name finds none of them, so that k is trained with the weights, and decays."""
    curvature = Curvature(0.7, learnt=True)
    network = torch.nn.Sequential(
        LorentzBatchNorm1d(MIXED, curvature), LorentzConv1d(MIXED, MIXED, 3, curvature.borrow().borrow())
    )
    weights, curvatures = (group["params"] for group in parameter_groups(network, 0.1))
    assert [id(p) for p in curvatures] == [id(curvature.log_k)]
    assert {id(p) for p in weights} | {id(curvature.log_k)} == {id(p) for p in network.parameters()}
    assert len(weights) == len(list(network.parameters())) - 1
    assert not list(Curvature(0.7).parameters())
    assert float(Curvature(0.7)()) == pytest.approx(0.7)

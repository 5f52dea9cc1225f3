"""Batch normalisation of points equals its composition, gives what it says, and keeps its digits."""

from __future__ import annotations

import pytest
import torch
from hyperbolic_features import TYPES, assert_same, features_of, perturbed
from hyperbolic_registry import bent
from rc_registry import MIXED
from torch import Tensor

from rc_equivariant import Ordinary, Representation
from rc_equivariant.hyperbolic import Curvature, LorentzBatchNorm1d, lorentz
from rc_equivariant.hyperbolic.radial import MAX_RADIUS


def plain_batch_norm(layer: LorentzBatchNorm1d, x: Tensor) -> Tensor:
    k, space = layer.curvature(), layer.in_type
    both = x if isinstance(space, Ordinary) else torch.cat([x, space.act(x)])
    rows = both.transpose(1, 2).flatten(0, 1)
    centre = lorentz.centroid(rows, k, 0)[None, :, None]
    variance = lorentz.distance(x, centre, k).square().mean()
    factor = layer.scale / (variance + layer.eps).sqrt()
    tangent = factor * lorentz.log0(lorentz.centre(x, centre, k), k)
    return lorentz.boost(lorentz.exp0(tangent, k), layer.shift_tying.expand(layer.shift).view(1, -1, 1), k)


@pytest.mark.parametrize("space", [*TYPES, Representation(sign=2)], ids=str)
def test_batch_norm_is_a_centring_a_scaling_and_a_boost(space):
    layer, x = perturbed(LorentzBatchNorm1d(space, bent())), features_of(space)
    variables = [v for v in (x, *layer.parameters()) if v.numel()]
    assert_same(layer(x), plain_batch_norm(layer, x), variables)


@pytest.mark.parametrize("k", [0.5, 1.0, 2.0])
def test_normalised_points_have_the_centroid_and_the_mean_square_distance_asked_for(k):
    """Published defect: what it calls the variance is the mean distance, of which the result depends on the data."""
    layer = LorentzBatchNorm1d(Ordinary(3), Curvature(k), eps=0.0).double()
    layer.scale.data.fill_(0.8)
    layer.shift.data.copy_(torch.tensor([1.0, -2.0, 0.5]))
    x = features_of(Ordinary(3), batch=30).detach() + 3
    y, at = layer(x), layer.shift.detach()[None, :, None]
    assert float(lorentz.distance(y, at, k).square().mean().sqrt()) == pytest.approx(0.8, rel=1e-9)
    distances = lorentz.distance(x, lorentz.centroid(x, k, (0, 2))[None, :, None], k)
    published = 0.8 * distances / distances.mean()
    assert abs(float(published.square().mean().sqrt()) - 0.8) > 0.02
    # The centroid of points that are scaled about their own is where they were moved to, but for asymmetry.
    alike = LorentzBatchNorm1d(Ordinary(3), Curvature(k)).double()
    mirrored = torch.cat(
        [x, lorentz.boost(-lorentz.centre(x, at, k), at, k), lorentz.boost(lorentz.centre(x, at, k), at, k)]
    )
    alike.shift.data.copy_(layer.shift.data)
    assert torch.allclose(lorentz.centroid(alike(mirrored[30:]), k, (0, 2)), layer.shift.data, rtol=0, atol=1e-8)


def test_evaluation_uses_the_statistics_of_the_first_batch_after_it():
    layer = perturbed(LorentzBatchNorm1d(MIXED, bent()))
    x = features_of(MIXED)
    expected = layer(x)
    assert torch.allclose(layer.eval()(x), expected, rtol=0, atol=1e-12)
    state = {name: value.clone() for name, value in layer.state_dict().items()}
    layer(features_of(MIXED, seed=2))
    assert all(torch.equal(value, state[name]) for name, value in layer.state_dict().items())


def test_running_statistics_are_an_average_and_later_an_exponential_one():
    layer = LorentzBatchNorm1d(Ordinary(2), Curvature(), momentum=0.5).double()
    centres, variances = [], []
    for seed in range(3):
        x = features_of(Ordinary(2), seed=seed).detach() * (seed + 1)
        layer(x)
        centres.append(lorentz.centroid(x, 1.0, (0, 2)))
        variances.append(lorentz.distance(x, centres[-1][None, :, None], 1.0).square().mean())
    expected = lorentz.centroid(torch.stack(centres[:2]), 1.0, 0)
    expected = lorentz.centroid(torch.stack([expected, centres[2]]), 1.0, 0)
    assert torch.allclose(layer.running_centre, expected, rtol=0, atol=1e-12)
    assert float(layer.running_variance) == pytest.approx(float(variances[0] / 4 + variances[1] / 4 + variances[2] / 2))


def test_nothing_is_learnt_from_one_point():
    with pytest.raises(ValueError, match="more than 1 value"):
        LorentzBatchNorm1d(MIXED, Curvature())(torch.zeros(1, MIXED.size, 1))


def test_points_that_are_all_one_give_finite_gradients():
    layer = LorentzBatchNorm1d(MIXED, bent())
    for value in (0.0, 1.0, 1e3):
        x = torch.full((3, MIXED.size, 5), value, requires_grad=True)
        gradients = torch.autograd.grad(layer(x).square().sum(), [x, *layer.parameters()])
        assert all(g.isfinite().all() for g in gradients)


def test_batch_norm_in_float32_keeps_the_digits_of_a_tight_cluster_far_out():
    x = (features_of(Ordinary(5), batch=20).detach() * 1e-3 + 4).float()
    layer = LorentzBatchNorm1d(Ordinary(5), Curvature())
    expected = LorentzBatchNorm1d(Ordinary(5), Curvature()).double()(x.double())
    # Half a digit of the input, 2.4e-7, is 2.4e-4 of the cluster.
    assert float((layer(x) - expected).norm() / expected.norm()) < 1e-2


@pytest.mark.parametrize("k", [1e-3, 1.0, 1e3])
def test_batch_norm_of_points_as_far_out_as_they_come_is_finite(k):
    v = 1e9 * torch.randn(30, 5, 4, generator=torch.Generator().manual_seed(0))
    layer = LorentzBatchNorm1d(Ordinary(5), Curvature(k, learnt=True))
    with torch.no_grad():
        layer.scale.mul_(3)
        layer.shift.add_(1)
    x = lorentz.exp0(v, torch.tensor(k)).requires_grad_()
    y = layer(x)
    gradients = torch.autograd.grad(y.square().mean(), [x, *layer.parameters()])
    assert all(values.isfinite().all() for values in (y, *gradients))


@pytest.mark.parametrize(("k", "scale"), [(1e-4, 1e-2), (0.25, 0.5), (1.0, 1.0), (100.0, 1.0)])
def test_normalised_points_start_where_curvature_can_be_felt_but_not_much_further(k, scale):
    assert float(LorentzBatchNorm1d(Ordinary(2), Curvature(k)).scale.detach()) == pytest.approx(scale)


@pytest.mark.parametrize("spread", [1e-9, 1e-2, 1.0, 300.0])
@pytest.mark.parametrize("scale", [-20.0, -0.7, 0.0, 0.04, 1.0, 20.0])
def test_gradients_are_right_wherever_points_lie(spread, scale):
    """Near one another; far out, where distances have a largest; with no scale at all."""
    layer = perturbed(LorentzBatchNorm1d(MIXED, bent()))
    layer.scale.data.fill_(scale)
    x = (features_of(MIXED).detach() * spread + 0.5).requires_grad_()
    variables = [x, *layer.parameters()]
    y, expected = layer(x), plain_batch_norm(layer, x)
    weights = torch.randn(y.shape, generator=torch.Generator().manual_seed(9), dtype=y.dtype)
    largest = float(expected.detach().abs().max())
    assert torch.allclose(y, expected, rtol=0, atol=1e-9 * largest)
    gradients = [torch.autograd.grad(each, variables, weights) for each in (y, expected)]
    for ours, theirs in zip(*gradients, strict=True):
        assert torch.allclose(ours, theirs, rtol=0, atol=1e-7 * float(theirs.abs().max()) + 1e-12)


def by_rapidity(layer: LorentzBatchNorm1d, x: Tensor) -> Tensor:
    """Of points on a line, which are numbers: distances from the origin over sqrt(k), with a sign."""
    k = layer.curvature()
    root = k.sqrt()
    rapidity, of_centre = (x / root).asinh(), (x.mean() / (k + x.square()).sqrt().mean()).atanh()
    variance = k * (rapidity - of_centre).square().mean()
    scaled = (rapidity - of_centre) * layer.scale / (variance + layer.eps).sqrt()
    return root * (scaled.clamp(-MAX_RADIUS, MAX_RADIUS) + (layer.shift / root).asinh()).sinh()


@pytest.mark.parametrize("scale", [-30.0, 1.0, 30.0])
@pytest.mark.parametrize("far", [0.0, 10.0, 1e3])
def test_points_of_one_channel_are_numbers_on_a_line(far, scale):
    layer = perturbed(LorentzBatchNorm1d(Ordinary(1), bent()))
    layer.scale.data.fill_(scale)
    x = ((features_of(Ordinary(1)).detach() * 0.5).exp() * (far + 0.3)).requires_grad_()
    variables = [x, *layer.parameters()]
    y, expected = layer(x), by_rapidity(layer, x)
    assert torch.allclose(y, expected, rtol=1e-6, atol=0)
    weights = torch.randn(y.shape, generator=torch.Generator().manual_seed(9), dtype=y.dtype) / expected.detach().abs()
    gradients = [torch.autograd.grad(each, variables, weights) for each in (y, expected)]
    for ours, theirs in zip(*gradients, strict=True):
        assert torch.allclose(ours, theirs, rtol=0, atol=1e-5 * float(theirs.abs().max()) + 1e-9)


def test_the_gradient_of_k_keeps_its_digits_where_points_are_almost_one():
    """Where rounding puts their mean farther from the axis than any of them, it is taken for one of them."""
    x = (1 + 1e-4 * features_of(Ordinary(1), batch=20).detach()).float()
    weights = torch.randn(x.shape, generator=torch.Generator().manual_seed(9))
    of_k = []
    for dtype in (torch.float32, torch.float64):
        layer = LorentzBatchNorm1d(Ordinary(1), Curvature(learnt=True)).to(dtype)
        (gradient,) = torch.autograd.grad(layer(x.to(dtype)), layer.curvature.parameters(), weights.to(dtype))
        of_k.append(float(gradient))
    assert of_k[0] == pytest.approx(of_k[1], rel=1e-3)


@pytest.mark.parametrize("spread", [0.1, 1.0])
def test_evaluation_keeps_its_digits_far_out(spread):
    far = 1000 * torch.nn.functional.normalize(torch.randn(5, 1, generator=torch.Generator().manual_seed(2)), dim=0)
    x = (far.double() * (1 + spread * features_of(Ordinary(5), batch=20).detach().tanh())).float()
    wide = LorentzBatchNorm1d(Ordinary(5), Curvature()).double()
    wide(x.double())
    narrow = LorentzBatchNorm1d(Ordinary(5), Curvature())
    narrow.load_state_dict(wide.state_dict())
    wide.load_state_dict(narrow.state_dict())
    y, expected = narrow.eval()(x).detach(), wide.eval()(x.double()).detach()
    assert float((y - expected).norm() / expected.norm()) < 1e-4


def test_torch_finds_the_gradients_right():
    layer, x = perturbed(LorentzBatchNorm1d(MIXED, bent())), features_of(MIXED)
    assert torch.autograd.gradcheck(lambda *_: layer(x), (x, *layer.parameters()))

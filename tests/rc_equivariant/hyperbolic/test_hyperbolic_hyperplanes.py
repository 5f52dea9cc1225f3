"""Layers of distances to hyperplanes equal compositions of the model's functions, and their points move out as fast."""

from __future__ import annotations

import math

import pytest
import torch
from hyperbolic_features import CURVATURES, TYPES, assert_same, features_of, perturbed
from hyperbolic_registry import bent, network
from rc_registry import MIXED, OTHER
from torch import Tensor
from torch.nn import functional

from rc_equivariant import Conv1d, KmerConv1d, KmerEncoding, Ordinary, Representation
from rc_equivariant.hyperbolic import (
    Curvature,
    LorentzConv1d,
    LorentzFlattenLinear,
    LorentzKmerConv1d,
    LorentzLinear,
    LorentzLogits,
    lorentz,
)
from rc_equivariant.hyperbolic.radial import MAX_RADIUS

PLANES = {"linear_map": "hyperplanes"}


def of_moved_points(s: Tensor, u: Tensor, a: Tensor, k: Tensor) -> Tensor:
    """The outputs (field, out) for fields (field, in): the foot of each hyperplane is moved to the origin.

    There the hyperplane consists of the points with u.s = 0, and |u| sqrt(k) sinh(d / sqrt(k)) is u.s.
    """
    feet = lorentz.exp0((a / u.norm(dim=1).square())[:, None] * u, k)
    moved = lorentz.centre(s[:, None], feet[None], k, dim=2)
    return (moved * u).sum(2)


@pytest.mark.parametrize("space", TYPES, ids=str)
def test_a_convolution_moves_hyperplanes_to_the_origin(space):
    out = Ordinary(4) if isinstance(space, Ordinary) else OTHER
    layer = perturbed(LorentzConv1d(space, out, 4, bent(), stride=3, padding=2, **PLANES))
    x = features_of(space)
    fields = functional.pad(x, (2, 2)).unfold(2, 4, 3).permute(0, 2, 1, 3)
    expected = of_moved_points(
        fields.flatten(2).flatten(0, 1), layer.kernel().flatten(1), layer.channel_bias(), layer.time.curvature()
    )
    assert_same(layer(x), expected.view(*fields.shape[:2], -1).transpose(1, 2), [x, *layer.parameters()])


@pytest.mark.parametrize("k", CURVATURES)
def test_a_linear_layer_gives_distances_to_hyperplanes(k):
    """A point at the distance r along the normal is r - a / |u| from the hyperplane."""
    layer = LorentzLinear(Ordinary(2), Ordinary(1), Curvature(k), **PLANES).double()
    layer.weight.data.copy_(torch.tensor([0.0, 2.0]))
    layer.bias.data.fill_(1.0)
    radii = torch.tensor([-0.7, 0.0, 0.5, 1.5], dtype=torch.float64)
    points = lorentz.exp0(radii[:, None] * torch.tensor([[0.0, 1.0]], dtype=torch.float64), k)
    expected = 2 * math.sqrt(k) * torch.sinh((radii - 0.5) / math.sqrt(k))
    assert torch.allclose(layer(points)[:, 0], expected, rtol=1e-5, atol=1e-6)


def test_outputs_are_lorentz_products_with_spacelike_vectors():
    """<x, V> with V = (|u| sinh, cosh u), whose square is |u|^2; the definition of the paper."""
    layer = perturbed(LorentzLinear(Ordinary(5), Ordinary(3), bent(), **PLANES))
    x, k, u, a = features_of(Ordinary(5), length=None), layer.time.curvature(), layer.kernel()[..., 0], layer.bias
    alpha = a / (k.sqrt() * u.norm(dim=1))
    v = torch.cat([(u.norm(dim=1) * alpha.sinh())[:, None], alpha.cosh()[:, None] * u], 1)
    assert torch.allclose(v[:, 1:].square().sum(1) - v[:, 0].square(), u.square().sum(1))
    points = lorentz.lift(x, k)
    assert_same(layer(x), points[:, 1:] @ v[:, 1:].T - points[:, :1] * v[:, 0], [x, *layer.parameters()])


@pytest.mark.parametrize("space", TYPES, ids=str)
def test_a_flattening_is_a_convolution_over_everything(space):
    out = Ordinary(4) if isinstance(space, Ordinary) else Representation(regular=2, trivial=1, sign=2)
    layer, x = perturbed(LorentzFlattenLinear(space, out, 9, bent(), **PLANES)), features_of(space)
    convolution = LorentzConv1d(space, out, 9, bent(), **PLANES).double()
    basis = torch.eye(space.size * 9, dtype=torch.float64).view(-1, space.size, 9)
    kernel = layer._mapped(basis).T.view(out.size, space.size, 9)
    convolution.from_kernel(kernel.detach(), layer.bias_tying.expand(layer.bias).flatten().detach())
    convolution.time.curvature.log_k.data.copy_(layer.time.curvature.log_k)
    assert torch.allclose(layer(x), convolution(x)[..., 0], rtol=0, atol=1e-11)


@pytest.mark.parametrize("out", [Ordinary(4), MIXED], ids=str)
def test_kmers_are_looked_up_as_points_of_their_one_hot_form(out):
    encoding = KmerEncoding(2)
    looked_up = perturbed(LorentzKmerConv1d(encoding, out, 3, bent(), **PLANES))
    space = Ordinary(encoding.size) if isinstance(out, Ordinary) else encoding.type
    dense = LorentzConv1d(space, out, 3, bent(), **PLANES).double()
    dense.gain = looked_up.gain
    dense.load_state_dict(looked_up.state_dict())
    kmers = encoding.indices(torch.randint(5, (3, 12), generator=torch.Generator().manual_seed(0)))
    assert torch.allclose(looked_up(kmers), dense(encoding.one_hot(kmers).double()), rtol=0, atol=1e-11)


def test_torch_finds_the_gradients_right():
    layer, x = perturbed(LorentzConv1d(MIXED, OTHER, 3, bent(), **PLANES)), features_of(MIXED, batch=2, length=4)
    assert torch.autograd.gradcheck(lambda *_: layer(x), (x, *layer.parameters()))
    flat, x = perturbed(LorentzFlattenLinear(MIXED, OTHER, 4, bent(), **PLANES)), features_of(MIXED, batch=2, length=4)
    assert torch.autograd.gradcheck(lambda *_: flat(x), (x, *flat.parameters()))


@pytest.mark.parametrize("space", TYPES, ids=str)
def test_in_hardly_curved_space_they_are_affine_maps(space):
    out = Ordinary(4) if isinstance(space, Ordinary) else OTHER
    layer = LorentzConv1d(space, out, 3, Curvature(1e8), **PLANES).double()
    layer.bias.data.uniform_(-1, 1)
    x = features_of(space)
    expected = functional.conv1d(x, layer.kernel(), -layer.channel_bias())
    assert torch.allclose(layer(x), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("k", CURVATURES)
def test_initial_outputs_are_those_of_euclidean_layers(k):
    torch.manual_seed(0)
    layer = LorentzConv1d(MIXED, Representation(regular=200), 9, Curvature(k), **PLANES)
    torch.manual_seed(0)
    euclidean = Conv1d(MIXED, Representation(regular=200), 9)
    x = torch.randn(20, MIXED.size, 30)
    assert torch.allclose(layer(x), euclidean(x), atol=1e-5)
    assert float(layer(x).detach().square().mean()) == pytest.approx(2, rel=0.1)
    encoding = KmerEncoding(2)
    kmers = torch.randint(16, (20, 30))
    torch.manual_seed(1)
    of_kmers = LorentzKmerConv1d(encoding, MIXED, 5, Curvature(k), **PLANES)
    torch.manual_seed(1)
    assert torch.allclose(of_kmers(kmers), KmerConv1d(encoding, MIXED, 5)(kmers), atol=1e-5)


def test_hyperplanes_leave_the_origin_at_the_first_step():
    """The gradient by an offset of 0 is -t / sqrt(k)."""
    layer = LorentzLinear(Ordinary(3), Ordinary(2), Curvature(2.0), **PLANES).double()
    x = torch.randn(4, 3, dtype=torch.float64)
    (gradient,) = torch.autograd.grad(layer(x)[:, 1].sum(), layer.bias)
    expected = -(lorentz.time_of(x, 2.0) / math.sqrt(2)).sum()
    assert torch.allclose(gradient, torch.tensor([0.0, float(expected)], dtype=torch.float64), atol=1e-6)


@pytest.mark.parametrize("offset", [0.0, 1e3, -1e3])
def test_outputs_and_gradients_of_any_hyperplane_are_finite(offset):
    """Without a direction, and out of reach, where the hyperplane stays at the largest radius."""
    layer = LorentzLinear(Ordinary(3), Ordinary(2), Curvature(1e-2), **PLANES)
    layer.weight.data[:3] = 0
    layer.bias.data.fill_(offset)
    x = 10 * torch.randn(4, 3)
    y = layer(x)
    assert y.isfinite().all()
    assert all(g.isfinite().all() for g in torch.autograd.grad(y.square().mean(), list(layer.parameters())))
    if offset:
        u = layer.kernel()[1, :, 0].detach().double()
        foot = lorentz.exp0((math.copysign(MAX_RADIUS, offset) * 0.1 * u / u.norm())[None], 1e-2)
        at_foot = layer.double()(foot)[0, 1] / (foot.norm() * u.norm())
        assert float(at_foot.detach().abs()) < 1e-5


def test_outputs_keep_three_digits_in_float32_four_units_away():
    torch.manual_seed(0)
    layer = LorentzLinear(Ordinary(5), Ordinary(1), Curvature(2.0), **PLANES).double()
    u = layer.kernel()[..., 0].detach()
    layer.bias.data.fill_(float(4 * math.sqrt(2) * u.norm()))
    x = lorentz.boost(torch.randn(50, 5, dtype=torch.float64), lorentz.exp0(4 * math.sqrt(2) * u / u.norm(), 2.0), 2.0)
    exact = layer(x).detach()
    assert float((layer.float()(x.float()).detach() - exact).norm() / exact.norm()) < 1e-3


def test_hyperplanes_need_offsets():
    with pytest.raises(ValueError, match="bias=True"):
        LorentzConv1d(MIXED, OTHER, 3, bent(), bias=False, **PLANES)


def test_offsets_of_logits_shrink_with_longer_normals():
    layer, x = perturbed(LorentzLogits(MIXED, OTHER, bent(), **PLANES)), features_of(MIXED, length=None)
    usual = LorentzLogits(MIXED, OTHER, bent()).double()
    z = layer.kernel().squeeze(2).detach()
    usual.from_kernel(z[..., None], layer.channel_bias().detach() / z.norm(dim=1))
    usual.curvature.log_k.data.copy_(layer.curvature.log_k)
    assert torch.allclose(layer(x), usual(x), rtol=0, atol=1e-10)
    assert not torch.allclose(layer.channel_bias(), usual.channel_bias(), rtol=0, atol=1e-2)


def test_a_network_has_no_weights_of_times():
    """One weight for each channel of space in each of six convolutions and the dense layer."""
    sizes = {}
    for linear_map in ("free", "hyperplanes"):
        module = network("standard", "single", linear_map=linear_map)
        sizes[linear_map] = sum(p.numel() for p in module.parameters())
    assert sizes["free"] - sizes["hyperplanes"] == 6 * 7 + 8

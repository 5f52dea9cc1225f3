"""Concatenated points that are drawn in keep their mean log radius, and layers read them as such points."""

from __future__ import annotations

import math

import pytest
import torch
from hyperbolic_features import TYPES, assert_same, features_of, perturbed
from hyperbolic_registry import bent
from rc_registry import OTHER

from rc_equivariant import KmerEncoding, Ordinary
from rc_equivariant.hyperbolic import LorentzConv1d, LorentzFlattenLinear, LorentzKmerConv1d, lorentz
from rc_equivariant.hyperbolic.maps import log_radius_shrinkage

DRAWN_IN = {"concatenation": "log_radius"}


@pytest.mark.parametrize(("channels", "points"), [(2, 9), (15, 9), (31, 101)])
def test_the_mean_log_radius_of_normal_points_stays(channels, points):
    generator = torch.Generator().manual_seed(0)
    s = torch.randn(3000, points, channels, generator=generator, dtype=torch.float64)
    drawn_in = math.sqrt(log_radius_shrinkage("log_radius", channels, points)) * s.flatten(1)
    alone, together = (float(each.norm(dim=-1).log().mean()) for each in (s, drawn_in))
    assert together == pytest.approx(alone, abs=0.01)
    assert float(s.flatten(1).norm(dim=-1).log().mean()) > alone + 1
    assert log_radius_shrinkage("direct", channels, points) == log_radius_shrinkage("log_radius", channels, 1) == 1


def whole(fields: torch.Tensor, layer, kernel: torch.Tensor) -> torch.Tensor:
    """The map of drawn-in fields (.., in): whole points times the vectors of the outputs, which hold c."""
    c, k = math.sqrt(layer.time.shrinkage), layer.time.curvature()
    points, w = lorentz.lift(c * fields, k, dim=-1), kernel / c
    if hasattr(layer.time, "tying"):
        time, bias = layer.time.tying.expand(layer.time.weight).flatten() / c, layer.channel_bias()
    else:
        alpha = layer.channel_bias() / (k.sqrt() * w.norm(dim=1))
        time, bias, w = -w.norm(dim=1) * alpha.sinh(), 0, w * alpha.cosh()[:, None]
    return points @ torch.cat([time[:, None], w], 1).T + bias


@pytest.mark.parametrize("linear_map", ["free", "hyperplanes"])
@pytest.mark.parametrize("space", TYPES, ids=str)
def test_a_convolution_reads_fields_that_are_drawn_in(space, linear_map):
    out = Ordinary(4) if isinstance(space, Ordinary) else OTHER
    layer = perturbed(LorentzConv1d(space, out, 4, bent(), linear_map=linear_map, **DRAWN_IN))
    x = features_of(space)
    fields = x.unfold(2, 4, 1).permute(0, 2, 1, 3).flatten(2)
    expected = whole(fields, layer, layer.kernel().flatten(1)).transpose(1, 2)
    assert_same(layer(x), expected, [x, *layer.parameters()])


def test_a_flattening_is_drawn_in_by_all_positions():
    layer = LorentzFlattenLinear(Ordinary(5), Ordinary(2), 9, bent(), **DRAWN_IN)
    assert layer.time.shrinkage == log_radius_shrinkage("log_radius", 5, 9)
    convolution = LorentzConv1d(Ordinary(5), Ordinary(2), 9, bent(), **DRAWN_IN)
    assert float(convolution.time.k().detach()) == pytest.approx(float(layer.time.k().detach()))
    assert float(layer.time.k().detach()) == pytest.approx(0.7 / layer.time.shrinkage)


def test_known_kmers_together_are_as_far_out_as_one():
    layer = perturbed(LorentzKmerConv1d(KmerEncoding(1), Ordinary(2), 6, bent(), **DRAWN_IN))
    one_hot = layer.in_type.one_hot(torch.arange(6)[None] % 4).double()
    fields = one_hot.flatten(1)
    assert float(layer.time.shrinkage * fields.square().sum()) == pytest.approx(1)
    expected = whole(fields, layer, layer.kernel().flatten(1))
    assert torch.allclose(layer(torch.arange(6)[None] % 4)[..., 0], expected, rtol=0, atol=1e-11)

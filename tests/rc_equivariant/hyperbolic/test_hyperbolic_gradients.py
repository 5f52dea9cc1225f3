"""Functions of the Lorentz model are finite, gradients too, in any memory order, and agree with geoopt."""

from __future__ import annotations

import pytest
import torch
from hyperbolic_features import CURVATURES, points

from rc_equivariant.hyperbolic import lorentz

FUNCTIONS = {
    "lift": lambda x, y, k: lorentz.lift(x, k),
    "log0": lambda x, y, k: lorentz.log0(x, k),
    "exp0 of log0": lambda x, y, k: lorentz.exp0(lorentz.log0(x, k), k),
    "dist0": lambda x, y, k: lorentz.dist0(x, k),
    "inner": lorentz.inner,
    "distance": lorentz.distance,
    "boost": lorentz.boost,
    "centre": lorentz.centre,
    "centroid": lambda x, y, k: lorentz.centroid(torch.cat([x, y]), k, 0),
    "change_curvature": lambda x, y, k: lorentz.change_curvature(x, k, 2 * k),
}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_values_and_gradients_are_finite(name, dtype):
    """At the origin, at equal points, and at any distance up to where squares of float32 end."""
    for radius in (0.0, 1e-30, 1e-12, 1e-6, 1e-3, 1.0, 1e3, 1e6):
        for second in (radius, 0.0, 1.0, 1e3):
            x, y = (s.to(dtype).requires_grad_() for s in points(0, [radius, second]))
            for other in (y, x, -x):
                k = torch.tensor(0.7, dtype=dtype, requires_grad=True)
                value = FUNCTIONS[name](x, other, k)
                gradients = torch.autograd.grad(value.sum(), (x, y, k), allow_unused=True)
                assert value.isfinite().all()
                assert all(g.isfinite().all() for g in gradients if g is not None), (radius, second)


def test_exp0_of_any_vector_is_finite_and_keeps_its_direction():
    v = torch.tensor([[3.0, -4.0]]) * torch.tensor([1e-20, 1.0, 1e3, 1e10])[:, None]
    v.requires_grad_()
    s = lorentz.exp0(v, 0.5)
    assert s.isfinite().all()
    assert torch.allclose(s / s.norm(dim=1, keepdim=True), torch.tensor([[0.6, -0.8]]), atol=1e-6)
    assert lorentz.squared_norm(s).isfinite().all()
    (gradient,) = torch.autograd.grad(s.sum(), v)
    assert gradient.isfinite().all()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradients_are_the_numerical_ones(name):
    x, y = (s.requires_grad_() for s in points(3, [0.8, 1.7], n=3))
    k = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(FUNCTIONS[name], (x, y, k))
    small = (0.01 * x.detach()).requires_grad_()
    assert torch.autograd.gradcheck(FUNCTIONS[name], (small, y, k))


def test_other_dimensions_and_memory_orders_give_the_same():
    x = torch.randn(4, 3, 6, dtype=torch.float64)
    by = torch.randn(1, 3, 1, dtype=torch.float64)
    last, by_last = x.transpose(1, 2), by.transpose(1, 2)
    for function in (lorentz.boost, lorentz.centre, lorentz.distance):
        expected = function(x, by, 0.6)
        assert torch.allclose(function(last, by_last, 0.6, dim=-1).transpose(1, 2), expected, rtol=0, atol=1e-13)
    expected = lorentz.centroid(x, 0.6, (0, 2))
    assert torch.allclose(lorentz.centroid(last, 0.6, (0, 1), dim=-1), expected, rtol=0, atol=1e-14)


# Another library


def test_geoopt_agrees():
    """geoopt 0.5 has whole points along the last dimension, the same k, and the origin first."""
    geoopt = pytest.importorskip("geoopt", reason="geoopt, the reference of other authors, is not installed")
    for k in CURVATURES:
        manifold = geoopt.Lorentz(k=torch.tensor(k, dtype=torch.float64))
        x, y = points(1, [1.2, 2.5])
        whole_x, whole_y = (lorentz.lift(s, k) for s in (x, y))
        assert torch.allclose(manifold.dist(whole_x, whole_y), lorentz.distance(x, y, k)[:, 0], rtol=1e-9)
        assert torch.allclose(manifold.dist0(whole_x), lorentz.dist0(x, k)[:, 0], rtol=1e-9)
        assert torch.allclose(manifold.logmap0(whole_x)[:, 1:], lorentz.log0(x, k), rtol=1e-8)
        tangent = torch.cat([torch.zeros(1, 1), y], 1)
        assert torch.allclose(manifold.expmap0(tangent)[:, 1:], lorentz.exp0(y, k), rtol=1e-9)
        assert torch.allclose(manifold.inner(whole_x, whole_x, whole_y), lorentz.inner(x, y, k)[:, 0], rtol=1e-12)
        carried = manifold.transp0(whole_y, manifold.logmap0(whole_x))
        boosted = manifold.expmap(whole_y, carried)[:, 1:]
        assert torch.allclose(boosted, lorentz.boost(x, y, k), rtol=1e-8)

"""The Lorentz model keeps its digits in float32 and equals its definitions in many digits."""

from __future__ import annotations

import math

import mpmath
import pytest
import torch
from hyperbolic_features import CURVATURES, direction, points
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from rc_equivariant.hyperbolic import lorentz, radial

RADII = [10.0**e for e in range(-6, 7)]
mpmath.mp.dps = 50

ks = st.floats(0.05, 20)
seeds = st.integers(0, 2**31)


def relative(actual: Tensor, expected: Tensor) -> float:
    return float((actual.double() - expected.double()).norm() / expected.double().norm())


# The definitions, in 50 digits, of vectors (t, s)


def exact_point(s: Tensor, k: float) -> mpmath.matrix:
    space = [mpmath.mpf(float(x)) for x in s.flatten()]
    return mpmath.matrix([mpmath.sqrt(k + sum(x * x for x in space)), *space])


def exact_inner(x, y):
    return sum(a * b for a, b in zip(x[1:], y[1:], strict=True)) - x[0] * y[0]


def exact_distance(x, y, k: float):
    return mpmath.sqrt(k) * mpmath.acosh(max(1, -exact_inner(x, y) / k))


def origin(n: int, k: float) -> mpmath.matrix:
    return mpmath.matrix([mpmath.sqrt(k)] + [0] * n)


def exact_log(base, x, k: float) -> mpmath.matrix:
    """d(base, x) u / |u|, u the part of x that is orthogonal to ``base``."""
    u = x + base * (exact_inner(base, x) / k)
    size = mpmath.sqrt(max(0, exact_inner(u, u)))
    return u * (exact_distance(base, x, k) / size) if size else u


def exact_transport(v, start, end, k: float) -> mpmath.matrix:
    """Parallel transport of a tangent vector."""
    return v + (start + end) * (exact_inner(end, v) / (k - exact_inner(start, end)))


def exact_exp(base, v, k: float) -> mpmath.matrix:
    size = mpmath.sqrt(max(0, exact_inner(v, v)) / k)
    return base * mpmath.cosh(size) + v * (mpmath.sinh(size) / size) if size else base


def space_of(x) -> Tensor:
    return torch.tensor([[float(value) for value in x[1:]]], dtype=torch.float64)


# One point


@pytest.mark.parametrize("k", CURVATURES)
@pytest.mark.parametrize("radius", RADII)
def test_one_point_functions_keep_their_digits_in_float32(radius, k):
    for seed in range(2):
        s = (radius * math.sqrt(k) * direction(seed)[None]).float()
        point = exact_point(s, k)
        distance = float(exact_distance(origin(5, k), point, k))
        k32 = torch.tensor(k)
        assert relative(lorentz.lift(s, k32), torch.tensor([[float(x) for x in point]])) < 1e-6
        assert relative(lorentz.dist0(s, k32), torch.tensor([[distance]])) < 1e-5
        assert relative(lorentz.log0(s, k32), space_of(exact_log(origin(5, k), point, k))) < 1e-5
        assert relative(lorentz.exp0(lorentz.log0(s, k32), k32), s) < 1e-5


def test_the_published_arcosh_loses_them():
    """What section f of the facts reports: arcosh of the time is zero or far off within 3e-4 of the origin."""
    s = torch.tensor([[1e-4]])
    published = lorentz.time_of(s, 1.0).acosh()
    assert abs(float(published) - 1e-4) > 0.5e-4
    assert relative(lorentz.dist0(s, 1.0), torch.tensor([[1e-4]])) < 1e-6


@given(seeds, st.floats(-6, 6), ks)
@settings(max_examples=25)
def test_lifted_points_are_on_the_sheet(seed, exponent, k):
    (s,) = points(seed, [10**exponent * math.sqrt(k)])
    point = lorentz.lift(s, k)
    assert float(-(point[0, 0] ** 2) + s.square().sum()) == pytest.approx(-k, abs=1e-12 * float(point[0, 0] ** 2))
    assert torch.equal(point[:, :1], lorentz.time_of(s, k))


@given(seeds, st.floats(-6, 1), ks)
@settings(max_examples=25)
def test_exp0_and_log0_are_inverse_in_float64(seed, exponent, k):
    length = min(10**exponent, 0.99 * radial.MAX_RADIUS * k**0.5)
    (v,) = points(seed, [length])
    assert relative(lorentz.log0(lorentz.exp0(v, k), k), v) < 1e-12
    assert float(lorentz.dist0(lorentz.exp0(v, k), k)) == pytest.approx(length, rel=1e-12)


@pytest.mark.parametrize("function", [radial.asinhc, radial.sinhc])
def test_series_and_function_meet(function):
    below, above = (torch.tensor([1e-3 * (1 + e)], dtype=torch.float64, requires_grad=True) for e in (-1e-9, 1e-9))
    values = [function(q) for q in (below, above)]
    slopes = [torch.autograd.grad(y, q)[0] for y, q in zip(values, (below, above), strict=True)]
    assert values[0].item() == pytest.approx(values[1].item(), abs=1e-12)
    assert float(slopes[0]) == pytest.approx(float(slopes[1]), abs=1e-9)


def test_a_change_of_curvature_keeps_the_distance_from_the_origin():
    (s,) = points(0, [3.0])
    moved = lorentz.change_curvature(s, 0.5, 4.0)
    assert float(lorentz.dist0(moved, 4.0)) == pytest.approx(float(lorentz.dist0(s, 0.5)), rel=1e-13)
    assert relative(moved / moved.norm(), s / s.norm()) < 1e-13
    assert not torch.allclose(moved, s)
    assert relative(lorentz.change_curvature(s, 2.0, 2.0), s) < 1e-14


# Two points

pairs = st.tuples(st.floats(0, 10), st.floats(0, 10))


@given(seeds, pairs, ks)
@settings(max_examples=25)
def test_two_point_functions_equal_their_definitions(seed, norms, k):
    x, y = points(seed, norms)
    exact_x, exact_y = exact_point(x, k), exact_point(y, k)
    assert float(lorentz.inner(x, y, k)) == pytest.approx(float(exact_inner(exact_x, exact_y)), rel=1e-11)
    assert float(lorentz.distance(x, y, k)) == pytest.approx(float(exact_distance(exact_x, exact_y, k)), rel=1e-9)
    # exp_b of the transported log0 is the boost of the point.
    carried = exact_transport(exact_log(origin(5, k), exact_x, k), origin(5, k), exact_y, k)
    expected = space_of(exact_exp(exact_y, carried, k))
    assert torch.allclose(lorentz.boost(x, y, k), expected, rtol=0, atol=1e-11 * (1 + float(expected.norm())))
    assert torch.allclose(lorentz.centre(x, y, k), lorentz.boost(x, -y, k), rtol=0, atol=1e-10)
    mean = (exact_x + exact_y) / 2
    exact_centroid = mean * mpmath.sqrt(-k / exact_inner(mean, mean))
    assert torch.allclose(lorentz.centroid(torch.cat([x, y]), k, 0), space_of(exact_centroid)[0], rtol=0, atol=1e-11)


@given(seeds, pairs, st.sampled_from(CURVATURES))
@settings(max_examples=25)
def test_two_point_functions_in_float32_are_near_those_in_float64(seed, norms, k):
    """Points as near to each other as 1e-3 of their norm included; norms are over sqrt(k)."""
    x, y = ((math.sqrt(k) * s).float() for s in points(seed, norms))
    near = x + 1e-3 * y
    for a, b in ((x, y), (x, near)):
        expected = float(lorentz.distance(a.double(), b.double(), k))
        assert float(lorentz.distance(a, b, k)) == pytest.approx(expected, rel=1e-4, abs=1e-6 * math.sqrt(k))
        scale = float(lorentz.time_of(a.double(), k) * lorentz.time_of(b.double(), k)) / math.sqrt(k)
        for function in (lorentz.boost, lorentz.centre):
            difference = function(a, b, k).double() - function(a.double(), b.double(), k)
            assert float(difference.norm()) < 2e-6 * scale
        both = torch.cat([a, b])
        assert relative(lorentz.centroid(both, k, 0) + 1, lorentz.centroid(both.double(), k, 0) + 1) < 1e-4


def test_centring_keeps_the_digits_of_near_points_and_a_plain_boost_does_not():
    at = torch.tensor([[3.0, 4.0, 0.0]])
    s = at + 1e-4 * torch.tensor([[1.0, -1.0, 2.0]])
    expected = lorentz.boost(s.double(), -at.double(), 1.0)
    assert relative(lorentz.centre(s, at, 1.0), expected) < 1e-5
    assert relative(lorentz.boost(s, -at, 1.0), expected) > 1e-3


@given(seeds, pairs, ks)
@settings(max_examples=20)
def test_a_boost_is_an_isometry_that_leads_from_the_origin(seed, norms, k):
    x, y = points(seed, norms)
    (by,) = points(seed + 9, [1.5])
    moved = lorentz.distance(lorentz.boost(x, by, k), lorentz.boost(y, by, k), k)
    assert float(moved) == pytest.approx(float(lorentz.distance(x, y, k)), rel=1e-7)
    assert torch.allclose(lorentz.boost(torch.zeros_like(by), by, k), by, rtol=0, atol=1e-14)
    assert torch.equal(lorentz.centre(by, by, k), torch.zeros_like(by))
    assert torch.allclose(lorentz.centre(lorentz.boost(x, by, k), by, k), x, rtol=0, atol=1e-11)


@given(seeds, st.lists(st.floats(0.1, 5), min_size=3, max_size=3), ks)
@settings(max_examples=20)
def test_a_centroid_weighs_and_moves_with_its_points(seed, weights, k):
    x = torch.cat(points(seed, [0.3, 1.0, 4.0]))
    (by,) = points(seed + 9, [1.5])
    by = by[0]
    weights = torch.tensor(weights, dtype=torch.float64)[:, None]
    mean = lorentz.centroid(x, k, 0, weights)
    moved = lorentz.centroid(lorentz.boost(x, by[None], k), k, 0, weights)
    assert torch.allclose(moved, lorentz.boost(mean[None], by[None], k)[0], rtol=0, atol=1e-10)
    assert torch.allclose(lorentz.centroid(x, k, 0, 7 * weights), mean, rtol=0, atol=1e-13)
    assert torch.allclose(lorentz.centroid(x[:1].expand(4, -1), k, 0), x[0], rtol=0, atol=1e-13)
    chords = lambda c: float((weights * lorentz.squared_chord(x, c[None], k)).sum())  # noqa: E731
    for place in range(3):
        nudge = 1e-3 * direction(seed + 20 + place)
        assert chords(mean) <= chords(mean + nudge)

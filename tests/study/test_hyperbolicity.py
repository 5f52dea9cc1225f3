"""Gromov's delta has the values that are known of trees, circles and spaces, and does not depend on units or order."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from study.hyperbolicity import QUANTILES, gromov_deltas, hyperbolicity_table, measure
from study.reference_spaces import DIMENSIONS, flat, hyperbolic, random_tree, reference_spaces, reference_table, sphere

SEEDS = st.integers(0, 2**32 - 1)


def cycle(points: int) -> np.ndarray:
    steps = np.abs(np.subtract.outer(np.arange(points), np.arange(points)))
    return np.minimum(steps, points - steps).astype(float)


def delta_by_the_four_point_condition(distances: np.ndarray) -> float:
    """Half of the most by which the largest of the three sums of opposite sides exceeds the second largest."""
    worst = 0.0
    for w, x, y, z in combinations(range(len(distances)), 4):
        d = distances
        sums = sorted([d[w, x] + d[y, z], d[w, y] + d[x, z], d[w, z] + d[x, y]])
        worst = max(worst, (sums[2] - sums[1]) / 2)
    return worst


@given(SEEDS, st.integers(3, 20))
def test_a_tree_has_no_delta(seed: int, points: int) -> None:
    distances = random_tree(points, np.random.default_rng(seed))
    assert gromov_deltas(distances).max() <= 1e-12 * distances.max()


@pytest.mark.parametrize(("points", "delta"), [(4, 1.0), (5, 0.5), (6, 1.0), (8, 2.0), (12, 3.0)])
def test_delta_of_a_cycle_of_unit_edges_is_known(points: int, delta: float) -> None:
    assert measure(cycle(points))["delta"] == delta


def test_the_worst_cycle_is_as_far_from_a_tree_as_anything_can_be() -> None:
    assert measure(cycle(4))["relative_delta"] == 1.0


def test_corners_of_a_square_break_the_condition_by_its_diagonals_less_its_sides() -> None:
    corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    distances = np.linalg.norm(corners[:, None] - corners[None], axis=-1)
    assert measure(distances)["delta"] == pytest.approx(np.sqrt(2) - 1)
    # At every base point, the pair of its neighbours has the diagonals against it, and the other pairs do not.
    assert np.count_nonzero(gromov_deltas(distances) > 1e-12) == 4


@given(SEEDS, st.integers(4, 12), st.integers(1, 6))
def test_the_maximum_is_that_of_the_four_point_condition(seed: int, points: int, dimension: int) -> None:
    distances = flat(points, np.random.default_rng(seed), dimension)
    assert gromov_deltas(distances).max() == pytest.approx(delta_by_the_four_point_condition(distances), abs=1e-12)


@given(SEEDS, st.floats(1e-3, 1e3))
def test_relative_values_depend_on_neither_unit_nor_order(seed: int, unit: float) -> None:
    rng = np.random.default_rng(seed)
    distances, order = sphere(10, rng, 2), rng.permutation(10)
    before, after = measure(distances), measure(unit * distances[np.ix_(order, order)])
    assert after["delta"] == pytest.approx(unit * before["delta"])
    for name in ("relative_delta", "mean", *QUANTILES):
        assert after[name] == pytest.approx(before[name], abs=1e-9)


@given(SEEDS)
def test_every_base_point_and_pair_has_a_value_between_0_and_half_the_diameter(seed: int) -> None:
    distances = flat(9, np.random.default_rng(seed), 3)
    deltas = gromov_deltas(distances)
    assert len(deltas) == 9 * 8 * 7 / 2
    assert deltas.min() >= 0
    assert 2 * deltas.max() <= distances.max() * (1 + 1e-12)


def test_points_that_are_all_one_have_no_relative_delta() -> None:
    measured = measure(np.zeros((5, 5)))
    assert measured["delta"] == measured["diameter"] == 0
    assert np.isnan(measured["relative_delta"])


def test_what_is_no_matrix_of_distances_is_refused() -> None:
    with pytest.raises(ValueError, match="3 or more points"):
        gromov_deltas(np.zeros((2, 2)))


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_hyperbolic_space_is_the_more_like_a_tree_the_more_it_is_curved(dimension: int) -> None:
    deltas = reference_table(40, 4, 0).groupby(["space", "dimension", "curvature"])["relative_delta"].mean()
    of_curvature = [deltas["hyperbolic", dimension, curvature] for curvature in (-5.0, -1.0, -0.5)]
    ascending = [*of_curvature, deltas["flat", dimension, 0.0], deltas["sphere", dimension, 1.0]]
    assert ascending == sorted(ascending)


def test_published_values_of_reference_spaces_are_met() -> None:
    """Of 60 points of the plane and of the hyperbolic plane, and of 100 on the sphere: 0.53, 0.21 and 0.91."""
    rng = np.random.default_rng(0)
    plane = np.mean([measure(flat(60, rng, 2))["relative_delta"] for _ in range(5)])
    bent = np.mean([measure(hyperbolic(60, rng, 2, -1.0))["relative_delta"] for _ in range(5)])
    round_ = np.mean([measure(sphere(60, rng, 2))["relative_delta"] for _ in range(5)])
    assert plane == pytest.approx(0.5, abs=0.08)
    assert bent == pytest.approx(0.21, abs=0.08)
    assert round_ == pytest.approx(0.91, abs=0.08)


def test_hyperbolic_space_of_hardly_any_curvature_is_flat() -> None:
    bent = hyperbolic(20, np.random.default_rng(3), 4, -1e-8)
    assert np.allclose(bent, flat(20, np.random.default_rng(3), 4), rtol=1e-5)


def test_reference_spaces_change_with_the_seed_alone() -> None:
    first, again, other = (reference_table(8, 2, seed) for seed in (1, 1, 2))
    assert first.equals(again)
    assert not np.allclose(first["diameter"], other["diameter"])
    assert len(first) == 2 * len(reference_spaces())


def test_the_table_has_one_row_per_seed_and_sample() -> None:
    distances = np.stack([[cycle(4), 2 * cycle(4)], [cycle(4), cycle(4)]])
    table = hyperbolicity_table("task", "arm", [3, 5], distances)
    assert table[["task", "arm", "seed", "sample"]].to_numpy().tolist() == [
        ["task", "arm", 3, 0],
        ["task", "arm", 3, 1],
        ["task", "arm", 5, 0],
        ["task", "arm", 5, 1],
    ]
    assert table["delta"].tolist() == [1, 2, 1, 1]
    assert set(table["relative_delta"]) == {1.0}

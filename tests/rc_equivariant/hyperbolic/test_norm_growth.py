"""Points that a layer gives move out as the logarithm of the steps, or as fast as their hyperplanes."""

from __future__ import annotations

import pytest
from norm_growth import DISTANCE, OPTIMISERS, norms_after


def growth(line: str, optimiser: str) -> list[float]:
    """What two doublings of the number of steps add to the norm."""
    first, second, third = norms_after(line, optimiser, [120, 240, 480])
    return [second - first, third - second]


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_free_weights_add_the_same_with_each_doubling_of_the_steps(optimiser):
    first, second = growth("free", optimiser)
    assert 0.3 < second < first * 1.1 < 0.7


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_offsets_of_hyperplanes_add_twice_as_much_with_each_doubling(optimiser):
    first, second = growth("hyperplanes, offsets alone", optimiser)
    assert second / first == pytest.approx(2, rel=0.1)


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_hyperplanes_with_their_normals_arrive_first(optimiser):
    (together,) = norms_after("hyperplanes", optimiser, [240])
    (alone,) = norms_after("hyperplanes, offsets alone", optimiser, [240])
    assert together > DISTANCE - 1 > 3 * alone

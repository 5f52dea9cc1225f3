"""Gains by the distance from the middle: what they are at the start, what they can become, and who shares them."""

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from rc_equivariant import NetworkDescription, Ordinary, PositionGain, Representation, build
from rc_equivariant.cost import multiply_adds
from rc_equivariant.layers.position_gain import PACE

MIXED = Representation(regular=2, trivial=1, sign=2)


def test_nothing_changes_at_the_start():
    x = torch.randn(2, MIXED.size, 11)
    assert torch.equal(PositionGain(MIXED, 11)(x), x)


def test_factors_at_the_distances_and_between_them():
    layer = PositionGain(Ordinary(1), 9, distances=3)
    # Distances 0, 2 and 4 of the positions 4, 2 and 0; position 3 lies halfway between the first two.
    layer.strength.data = torch.tensor([[0.5, 0.0, -10.0]])
    factors = layer.factors()[0]
    assert_close(factors[[4, 2, 0]], 2 * torch.sigmoid(torch.tensor([2.0, 0.0, -40.0])))
    assert_close(factors[3], 2 * torch.sigmoid(torch.tensor(1.0)))
    assert torch.equal(factors, factors.flip(0))
    assert 0 <= factors.min() <= factors.max() <= 2


@pytest.mark.parametrize("positions", [11, 30, 58, 185, 500, 501, 976])
@pytest.mark.parametrize("distances", [2, 5, 8])
def test_factors_are_even_to_the_bit_and_linear_in_between(positions, distances):
    layer = PositionGain(Ordinary(7), positions, distances)
    layer.strength.data = torch.randn(7, distances, generator=torch.Generator().manual_seed(positions))
    factors = layer.factors()
    assert torch.equal(factors, factors.flip(1))
    knots = np.linspace(0, (positions - 1) / 2, distances)
    away = np.abs(np.arange(positions) - (positions - 1) / 2)
    logits = np.array([np.interp(away, knots, row) for row in layer.strength.detach().double().numpy()])
    assert_close(factors, 2 * torch.sigmoid(PACE * torch.from_numpy(logits)).float(), rtol=1e-5, atol=1e-5)


def test_partners_share_their_factors_and_all_others_have_their_own():
    layer = PositionGain(MIXED, 10, distances=2)
    assert layer.strength.shape == (5, 2)
    layer.strength.data = torch.randn(5, 2)
    factors = layer.factors()
    assert torch.equal(factors[[0, 1]], factors[[3, 2]])
    assert factors.unique(dim=0).shape[0] == 5


@pytest.mark.parametrize("positions", [1, 2, 3])
def test_few_positions_have_factors_too(positions):
    layer = PositionGain(Ordinary(2), positions, distances=5)
    assert torch.equal(layer.factors(), torch.ones(2, positions))


def test_fewer_than_two_distances_are_refused():
    with pytest.raises(ValueError, match="distances = 1 is impossible: give at least 2"):
        PositionGain(MIXED, 10, distances=1)
    with pytest.raises(ValueError, match="distances is 1"):
        NetworkDescription.named("labelled", "regular", 3, 8, 60, distances=1)


def test_a_gain_has_no_more_distances_than_positions():
    def described(window, distances):
        return NetworkDescription.named("default", "regular", 3, 8, window, distances=distances)

    for window in range(15, 60):
        positions = described(window, 0).positions
        if positions > 1:
            assert described(window, positions).positions == positions
        text = f"leaves {positions} positions after the trunk, and the head needs {positions + 1}: take windows of "
        with pytest.raises(ValueError, match=f"{text}.* or a smaller distances") as error:
            described(window, positions + 1)
        least = int(str(error.value).split("take windows of ")[1].split()[0])
        assert all(described(enough, positions + 1) for enough in range(least, least + 9))


def test_other_numbers_of_positions_are_refused():
    with pytest.raises(ValueError, match="of 10 positions got features of shape"):
        PositionGain(MIXED, 10)(torch.zeros(1, MIXED.size, 11))


def test_a_network_with_a_gain_starts_as_the_one_without_and_costs_as_much():
    torch.manual_seed(0)
    without = build(NetworkDescription.named("labelled", "irrep", 3, 8, 60, 0.5)).eval()
    with_gain = build(NetworkDescription.named("labelled", "irrep", 3, 8, 60, 0.5, distances=4)).eval()
    missing = with_gain.load_state_dict(without.state_dict(), strict=False)
    assert missing.missing_keys == ["head.gain.strength"]
    assert not missing.unexpected_keys
    kmers = torch.randint(64, (5, 58))
    assert torch.equal(with_gain(kmers), without(kmers))
    assert multiply_adds(with_gain) == multiply_adds(without)

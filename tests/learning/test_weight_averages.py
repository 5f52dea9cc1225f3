"""The average of the weights over the steps is validated and kept; training itself goes on as without it."""

from functools import partial

import pytest
import torch
from interrupted_trainings import HYPERBOLIC, labelled
from plain_trainings import KINDS, objective_of, steps_by_hand, with_options
from planted_windows import planted_codes

from learning.training.averages import weight_of_a_step
from learning.training.loop import train
from learning.training.options import TRAININGS
from learning.training.settings import Training
from rc_equivariant.encoding import KmerEncoding

DECAY = 0.8


def averages_by_hand(parts):
    """The averages after each step in float64: plain over the first five, exponential from then on."""
    average = None
    for step, weights in enumerate(steps_by_hand(*parts), start=1):
        newest = max(1 / step, 1 - DECAY)
        values = {name: value.double() for name, value in weights.items() if value.is_floating_point()}
        average = values if average is None else {
            name: (1 - newest) * average[name] + newest * value for name, value in values.items()
        }  # fmt: skip
        yield average


@pytest.mark.parametrize("kind", KINDS)
def test_the_best_epoch_has_the_average_over_all_steps_up_to_it(kind):
    parts = with_options(kind, weight_average=DECAY)
    trained = train(*parts, seed=1)
    expected = list(averages_by_hand(parts))[trained.best.epoch * objective_of(parts[1]).steps_per_epoch - 1]
    found = trained.network.state_dict()
    for name, value in expected.items():
        assert torch.allclose(found[name].double(), value, rtol=1e-5, atol=1e-6), name


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_recorded_is_the_validation_of_the_average_and_training_does_not_notice(kind):
    plain, averaged = (train(*with_options(kind, weight_average=decay), seed=1) for decay in (0.0, DECAY))
    assert [each.train_loss for each in plain.history] == [each.train_loss for each in averaged.history]
    assert [each.validation for each in plain.history] != [each.validation for each in averaged.history]
    again = objective_of(with_options(kind)[1]).validate(averaged.network)
    assert again == averaged.best.validation


def test_an_average_starts_as_the_plain_one_and_never_holds_the_initial_weights():
    weights = [weight_of_a_step(step, 0.75) for step in range(8)]
    assert weights == [1, 1 / 2, 1 / 3, 1 / 4, 1 / 4, 1 / 4, 1 / 4, 1 / 4]


@pytest.mark.parametrize("make", [labelled, partial(labelled, 2, **HYPERBOLIC)], ids=["flat", "hyperbolic"])
def test_an_average_of_equivariant_networks_is_equivariant(make):
    network = train(*with_options("labelled", make, weight_average=DECAY), seed=1).network.double().eval()
    codes = torch.from_numpy(planted_codes(50, seed=3)[0])
    kmers = KmerEncoding(1).indices(codes)
    forward, reverse = network(kmers), network(network.in_type.act(kmers))
    assert forward.std() > 0.01
    assert (forward - reverse).abs().max() < 1e-10


@pytest.mark.parametrize("kind", TRAININGS)
def test_a_decay_is_less_than_1(kind):
    with pytest.raises(ValueError, match="weight_average is 1: it must be less than 1"):
        Training.of_kind(kind, {"weight_average": 1})

"""The test kit measures what it says, of any module, and leaves the module and the random numbers as they were."""

from __future__ import annotations

import copy
import doctest
import math

import pytest
import torch
from torch import nn

from rc_equivariant import Conv1d, KmerEncoding, Ordinary, Representation, testing
from rc_equivariant.testing import (
    all_representations,
    assert_equivariant,
    equivariance_error,
    gradient_equivariance_error,
    random_features,
    random_representation,
)

STRANDS = Representation(regular=2)


class Foreign(nn.Module):
    """Somebody's module: a function with the spaces that it claims to map between."""

    def __init__(self, function, in_type=STRANDS, out_type=STRANDS):
        super().__init__()
        self.function, self.in_type, self.out_type = function, in_type, out_type

    def forward(self, *inputs):
        return self.function(*inputs)


class DrawsOnce(nn.Module):
    """One draw a sample: equivariant only where the generator is restored."""

    def forward(self, x):
        return x * torch.rand(len(x), 1, 1)


class Counts(nn.Module):
    """Its state changes in a call, and its output with it."""

    def __init__(self):
        super().__init__()
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x):
        self.calls += 1
        return self.calls * x


class RunningMean(nn.Module):
    """Takes off the average of the batches before: of both strands, or only of channels of the first."""

    def __init__(self, channels):
        super().__init__()
        self.channels = channels
        self.register_buffer("mean", torch.zeros(()))

    def forward(self, x):
        if not self.training:
            return x - self.mean
        self.mean = x[:, self.channels].mean().detach()
        return x


def test_the_docstring_example_holds():
    assert doctest.testmod(testing).failed == 0


def test_the_error_is_the_largest_difference_over_the_largest_value():
    x = torch.tensor([[[1.0, 2.0], [3.0, 4.0]], [[1.0, 2.0], [3.0, 4.0]]], dtype=torch.float64)
    # Twice the first channel: RC of one sample gives (8, 6), (2, 1), of which it should give (4, 3), (4, 2).
    scaled = Foreign(lambda x: x * torch.tensor([[2.0], [1.0]], dtype=x.dtype), Representation(1), Representation(1))
    assert equivariance_error(scaled, x) == 4 / 4


@pytest.mark.parametrize("seed", range(20))
def test_some_samples_are_reverse_complemented_and_some_are_not(seed):
    """A function of the differences between samples is equivariant if all of them turn, or none."""
    centred = Foreign(lambda x: x - x.mean(0))
    assert equivariance_error(centred, seed=seed, batch=2) > 1e-3


def test_one_sample_alone_is_refused():
    with pytest.raises(ValueError, match="2 samples or more"):
        equivariance_error(nn.Identity(), in_type=STRANDS, out_type=STRANDS, batch=1)


def test_modules_without_types_are_asked_for_them():
    with pytest.raises(ValueError, match="Conv1d does not say its in_type"):
        equivariance_error(nn.Conv1d(4, 4, 3))
    with pytest.raises(ValueError, match="out_type="):
        equivariance_error(nn.Conv1d(4, 4, 3), in_type=STRANDS)


@pytest.mark.parametrize(
    ("module", "in_type", "out_type"),
    [
        (nn.Conv1d(4, 4, 3), STRANDS, STRANDS),
        (nn.ReLU(), Representation(sign=3), Representation(sign=3)),
        (nn.BatchNorm1d(4), STRANDS, STRANDS),
        (nn.Dropout(0.5), STRANDS, STRANDS),
        (nn.Embedding(17, 4), KmerEncoding(2), Ordinary(4)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_plain_layers_are_not_equivariant(module, in_type, out_type):
    with pytest.raises(AssertionError, match=type(module).__name__):
        assert_equivariant(module, in_type=in_type, out_type=out_type)


def test_gradients_of_symmetric_weights_give_untied_ones_away():
    """At its symmetric start an untied bias shows in gradients alone."""
    untied = nn.BatchNorm1d(4).eval()
    assert equivariance_error(untied, in_type=STRANDS, out_type=STRANDS) < 1e-6
    assert gradient_equivariance_error(untied, in_type=STRANDS, out_type=STRANDS) > 1e-3


def test_gradients_of_inputs_are_compared():
    stopped = Foreign(lambda x: torch.cat([x[:, :2].detach(), x[:, 2:]], 1))
    assert equivariance_error(stopped) == 0
    assert gradient_equivariance_error(stopped) > 0.1


def test_the_generator_is_restored_between_the_calls_and_after_them():
    before = torch.get_rng_state()
    assert_equivariant(DrawsOnce(), in_type=STRANDS, out_type=STRANDS)
    assert torch.equal(torch.get_rng_state(), before)


def test_the_module_is_left_as_it_was():
    module = Counts()
    assert_equivariant(module, in_type=STRANDS, out_type=STRANDS)
    assert module.calls == 0
    network = nn.Sequential(nn.BatchNorm1d(4), nn.Conv1d(4, 4, 1)).eval()
    state = copy.deepcopy(network.state_dict())
    equivariance_error(network, in_type=STRANDS, out_type=STRANDS)
    assert not network.training and all(p.grad is None for p in network.parameters())
    assert all(torch.equal(value, state[name]) for name, value in network.state_dict().items())


def test_statistics_kept_for_evaluation_are_compared():
    assert_equivariant(RunningMean(channels=slice(None)), in_type=STRANDS, out_type=STRANDS)
    with pytest.raises(AssertionError, match="in eval mode after a training batch"):
        assert_equivariant(RunningMean(channels=slice(2)), in_type=STRANDS, out_type=STRANDS)


def test_tuples_of_spaces():
    encoding = KmerEncoding(1)

    def networks(kmers, track):
        return encoding.one_hot(kmers).to(track), track.mean(2)

    good = Foreign(networks, (encoding, STRANDS), (encoding.type, STRANDS))
    assert_equivariant(good)
    swapped = Foreign(networks, (encoding, STRANDS), (encoding.type, Ordinary(4)))
    assert equivariance_error(swapped) > 0.1
    with pytest.raises(ValueError, match="zip"):
        equivariance_error(Foreign(networks, (encoding, STRANDS), STRANDS))


def test_outputs_that_are_not_numbers_are_no_pass():
    module = Foreign(lambda x: x * math.nan)
    assert math.isnan(equivariance_error(module))
    with pytest.raises(AssertionError, match="nan"):
        assert_equivariant(module)


@pytest.mark.parametrize(("dtype", "fails"), [(torch.float64, True), (torch.float32, False)])
def test_the_tolerance_depends_on_the_precision(dtype, fails):
    slightly_off = Foreign(lambda x: x + 1e-7 * x[:, :1])
    x = random_features(STRANDS, 3, 8, torch.Generator().manual_seed(0), dtype)
    if not fails:
        assert_equivariant(slightly_off, x)
        return
    with pytest.raises(AssertionError, match="1e-12 is allowed"):
        assert_equivariant(slightly_off, x)
    assert_equivariant(slightly_off, x, tolerance=1e-6)


def test_all_representations_are_each_there_once():
    assert set(all_representations(2)) == {
        Representation(1, 0, 0),
        Representation(0, 1, 0),
        Representation(0, 0, 1),
        Representation(0, 2, 0),
        Representation(0, 0, 2),
        Representation(0, 1, 1),
    }
    # Sizes 1 to n: as many as there are (regular, trivial, sign, left over) with 2 regular + the others = n, less none.
    assert len(all_representations(6)) == len(set(all_representations(6))) == 28 + 15 + 6 + 1 - 1


def test_random_representations_reach_all_and_no_others():
    generator = torch.Generator().manual_seed(0)
    assert {random_representation(generator, 3) for _ in range(500)} == set(all_representations(3))


def test_random_features_have_the_shape_of_the_space():
    generator = torch.Generator().manual_seed(0)
    assert random_features(STRANDS, 3, 7, generator, torch.float64).shape == (3, 4, 7)
    assert random_features(STRANDS, 3, None, generator).shape == (3, 4)
    kmers = random_features(KmerEncoding(2), 50, 40, generator)
    assert kmers.shape == (50, 40)
    assert kmers.unique().tolist() == list(range(17))


def test_numbers_of_16_bits_need_a_tolerance():
    layer = Conv1d(Representation(2), Representation(2), 3).bfloat16()
    with pytest.raises(ValueError, match="tolerance="):
        assert_equivariant(layer)
    assert_equivariant(layer, tolerance=0.1)

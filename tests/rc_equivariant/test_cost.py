"""Multiply-adds against numbers worked out by hand and against torch's own count of the plain form."""

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from rc_equivariant import (
    Ensemble,
    Network,
    NetworkDescription,
    StrandAverage,
)
from rc_equivariant.cost import multiply_adds

#: Positions after each convolution of the published binary networks on single nucleotides, and after the pooling.
FIRST, SECOND, THIRD, POOLED = 986, 973, 960, 47
PUBLISHED_STANDARD = FIRST * 16 * 15 + (SECOND + THIRD) * 16 * 16 * 14 + POOLED * 16


def binary(representation, **changes):
    return Network(NetworkDescription.published("binary", representation, **changes))


def profile(representation="standard", control=True):
    return Network(NetworkDescription.published("profile", representation, tracks=("control",) * control))


def test_the_published_standard_network_by_hand():
    assert PUBLISHED_STANDARD == 7_165_264
    assert multiply_adds(binary("standard")) == PUBLISHED_STANDARD


def test_ties_save_no_arithmetic():
    expected = FIRST * 32 * 15 + (SECOND + THIRD) * 32 * 32 * 14 + POOLED * 16
    assert multiply_adds(binary("rcps")) == multiply_adds(binary("regular")) == expected
    merged_irrep = FIRST * 32 * 15 + (SECOND + THIRD) * 32 * 32 * 14 + POOLED * 32
    assert multiply_adds(binary("irrep")) == merged_irrep


def test_kmers_are_looked_up_at_one_addition_a_tap():
    """Longer k-mers leave fewer positions, and cost nothing else."""
    expected = (FIRST - 3) * 16 * 15 + (SECOND - 3 + THIRD - 3) * 16 * 16 * 14 + 46 * 16
    assert multiply_adds(binary("standard", kmer=4)) == expected


@pytest.mark.parametrize("control", [False, True])
def test_the_published_profile_network_by_hand(control):
    first = 1326 * 64 * 21
    lengths = [1322, 1314, 1298, 1266, 1202, 1074]
    expected = first + sum(lengths) * 64 * 64 * 3 + 1000 * 2 * 64 * 75 + 64 * 2
    if control:
        expected += 1000 * 2 * 4 + 2 * 2
    assert multiply_adds(profile(control=control)) == expected


def test_a_network_of_labelled_sequences_by_hand():
    """102 bases give 88 positions, one on either side makes 90, or 30 of three; then a maximum and a mean of each."""
    description = NetworkDescription.named("labelled", "standard", 1, channels=16, window=102, classes=3)
    expected = 90 * 16 * 15 + 2 * 30 * 16 * 16 * 5 + 2 * 16 * 64 + 64 * 3
    assert multiply_adds(Network(description)) == expected


def test_both_strands_and_all_members_count():
    one, other = binary("standard"), binary("regular", kmer=3)
    assert multiply_adds(StrandAverage(one)) == 2 * PUBLISHED_STANDARD
    both = multiply_adds(one) + multiply_adds(other)
    assert multiply_adds(Ensemble([one, other])) == both
    assert multiply_adds(StrandAverage(Ensemble([StrandAverage(one), other]))) == 2 * (both + PUBLISHED_STANDARD)
    assert multiply_adds(StrandAverage(Ensemble([profile(), profile()]))) == 4 * multiply_adds(profile())


@pytest.mark.parametrize("make", [lambda: binary("regular"), lambda: profile("irrep")], ids=["binary", "profile"])
def test_torch_counts_the_plain_form_alike(make):
    """But for the first convolution, which is dense in the plain form and looks up in ours."""
    network = make()
    description = network.description
    inputs = [torch.zeros(1, 4, description.window)]
    if description.tracks:
        inputs.append(torch.zeros(1, 2, description.output_length))
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network.export()(*inputs)
    width = getattr(description.trunk, "first_width", 15)
    first = (description.window - width + 1) * description.symmetry.channels * width
    plain = counter.get_total_flops() // 2 - 3 * first
    assert plain == multiply_adds(network)


def test_the_network_is_left_as_it_was():
    network = binary("regular").train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    assert multiply_adds(network) == multiply_adds(network)
    assert network.training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert not any(module._forward_hooks for module in network.modules())


def test_a_layer_of_another_kind_is_refused_rather_than_left_out():
    network = binary("standard")
    network.head.classify = nn.LSTM(16, 1)
    with pytest.raises(ValueError, match="LSTM"):
        multiply_adds(network)

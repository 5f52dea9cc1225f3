"""Networks for labelled sequences: what they compute, their shapes, and what they refuse."""

import pytest
import torch
from torch.nn import functional

from rc_equivariant import KmerEncoding, Network, NetworkDescription, Ordinary
from rc_equivariant.testing import assert_equivariant, equivariance_error

WINDOW = 60
EQUIVARIANT = [("rcps", 1, None), ("regular", 3, None), ("regular", 4, None), ("irrep", 2, 0.5), ("irrep", 3, 0.75)]


def small(representation, kmer, plus_fraction=None, **changes):
    sizes = {"window": WINDOW, "first_width": 7, "dense": 6} | changes
    return Network(NetworkDescription.named("labelled", representation, kmer, 8, plus_fraction=plus_fraction, **sizes))


def codes_with_unknowns(window=WINDOW, batch=4):
    return torch.randint(0, 5, (batch, window))


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


@pytest.mark.parametrize("window", range(58, 64))
@pytest.mark.parametrize("arm", EQUIVARIANT, ids=str)
def test_windows_of_every_rest_of_the_pooling_are_exact(arm, window):
    """The widths from 58 to 63 leave each rest by pools of 3, of odd and of even lengths."""
    network = small(*arm, window=window).double()
    assert_equivariant(network, network.encoding.indices(codes_with_unknowns(window)))


def test_the_defaults_are_exact_in_double_precision():
    network = Network(NetworkDescription.named("labelled", "irrep", 3, 16, window=101, plus_fraction=0.75)).double()
    assert_equivariant(network, network.encoding.indices(codes_with_unknowns(101)))


def test_standard_networks_are_not_invariant():
    network = small("standard", 3).eval()
    assert equivariance_error(network, network.encoding.indices(codes_with_unknowns())) > 1e-2


@pytest.mark.parametrize("kmer", [1, 3])
def test_standard_networks_compute_what_plain_operations_compute(kmer):
    network = small("standard", kmer, window=61, dropout=0.0).double()
    codes = codes_with_unknowns(61)
    # 55 positions after the first convolution: one unknown base on either side makes them 57, in pools of 3.
    assert network.trunk.padding == 1
    x = network.encoding.one_hot(network.encoding.indices(functional.pad(codes, (1, 1), value=4))).double()
    first, _, *residuals = network.trunk.features
    x = functional.avg_pool1d(normalised(x, first, padding=0, dilation=1), 3)
    for dilation, residual in zip((1, 2), residuals, strict=True):
        x = x + normalised(x, residual.branch, padding=2 * dilation, dilation=dilation)
    first_linear, last_linear = (network.head.classify[place] for place in (1, 4))
    pooled = torch.cat([x.amax(2), x.mean(2)], 1)
    expected = last_linear(functional.relu(first_linear(pooled))).squeeze(1)
    torch.testing.assert_close(network(network.encoding.indices(codes)), expected, rtol=0, atol=1e-12)


def normalised(x, block, padding, dilation):
    """ReLU of batch norm of a convolution, with torch's functions."""
    x = functional.conv1d(x, block.convolution.kernel(), padding=padding, dilation=dilation)
    return functional.relu(functional.batch_norm(x, None, None, block.norm.scale, block.norm.shift, training=True))


@pytest.mark.parametrize(("classes", "shape"), [(2, (4,)), (3, (4, 3)), (7, (4, 7))])
def test_two_classes_give_one_logit_and_more_give_one_each(classes, shape):
    network = small("regular", 3, classes=classes)
    kmers = network.encoding.indices(codes_with_unknowns())
    assert network(kmers).shape == shape
    assert network.out_type == Ordinary(shape[1] if classes > 2 else 1)
    assert network.eval().export()(KmerEncoding(1).one_hot(codes_with_unknowns())).shape == shape


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int32, torch.int64])
def test_indices_may_be_stored_in_few_bytes(dtype):
    network = small("regular", 3).eval()
    kmers = network.encoding.indices(codes_with_unknowns())
    assert torch.equal(network(kmers.to(dtype)), network(kmers))


@pytest.mark.parametrize("kmer", [1, 2, 3])
def test_the_field_of_view_of_the_first_convolution_is_that_of_its_bases(kmer):
    network = small("regular", kmer, first_width=9)
    assert network.trunk.features[0].convolution.kernel_size == 9 - kmer + 1


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"representation": "irrep"}, "plus_fraction"),
        ({"representation": "rcps"}, 'use "regular"'),
        ({"representation": "regular", "channels": 15}, "even number"),
        ({"classes": 1}, "classes is 1: it must be at least 2"),
        ({"first_width": 2}, "holds no 3-mer"),
        ({"pool_width": 4}, "pool_width is 4: it must be odd"),
        ({"pool_width": -1}, "pool_width is -1"),
        ({"residual_width": 2}, "residual_width is 2: it must be odd"),
        ({"dilations": (1, 0)}, "dilations"),
        ({"window": 14}, "window of 14 bases leaves 0 positions after the trunk.* take windows of 15 bases or more"),
        ({"dropout": 1.0}, "less than 1"),
        ({"dense": 0}, "dense is 0: it must be at least 1"),
    ],
)
def test_contradictory_descriptions_are_refused(changes, text):
    description = {"representation": "standard", "kmer": 3, "channels": 16, "window": 101} | changes
    with pytest.raises(ValueError, match=text):
        NetworkDescription.named("labelled", **description)


def test_other_windows_are_refused():
    network = small("regular", 2)
    with pytest.raises(ValueError, match=r"windows of 60 bases as 59 indices of 2-mers"):
        network(network.encoding.indices(codes_with_unknowns(61)))


def test_the_shortest_window_is_that_of_the_first_convolution():
    network = small("irrep", 3, 0.75, window=7)
    assert network(network.encoding.indices(codes_with_unknowns(7))).shape == (4,)

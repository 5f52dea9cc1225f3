"""Convolutions and linear maps compute what torch computes with the expanded weights, and so do their gradients."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from rc_equivariant import Conv1d, KmerConv1d, KmerEncoding, Linear, Ordinary, Representation
from rc_equivariant.functional.lookup import kmer_convolution
from rc_equivariant.testing import random_features

OUT_TYPES = [Representation(3), Representation(0, 2, 3), Representation(1, 2, 1), Ordinary(5)]
MIXED = Representation(regular=1, trivial=2, sign=1)
TOLERANCES = {torch.float64: 1e-12, torch.float32: 1e-5}


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def perturbed(layer, dtype=torch.float64):
    """The layer with random weights, biases included."""
    torch.manual_seed(1)
    layer = layer.to(dtype)
    for parameter in layer.parameters():
        parameter.data.normal_()
    return layer


def assert_close(actual: Tensor, expected: Tensor):
    largest = expected.detach().abs().max()
    assert actual.shape == expected.shape
    assert (actual - expected).detach().abs().max() <= TOLERANCES[expected.dtype] * largest


def assert_same_function(actual: Tensor, expected: Tensor, variables: list[tuple[Tensor, Tensor]]):
    """Equal values, and equal gradients of the variables of one and of the other."""
    assert_close(actual, expected)
    weights = torch.randn(expected.shape, generator=generator(9), dtype=expected.dtype)
    of_actual = torch.autograd.grad(actual, [a for a, _ in variables], weights)
    of_expected = torch.autograd.grad(expected, [b for _, b in variables], weights)
    for ours, theirs in zip(of_actual, of_expected, strict=True):
        assert_close(ours, theirs)


def assert_look_up_is_dense(k, out_type, width, positions, bias=True, dtype=torch.float64, kmers=None):
    encoding = KmerEncoding(k)
    look_up = perturbed(KmerConv1d(encoding, out_type, width, bias=bias), dtype)
    one_hot = Ordinary(encoding.size) if isinstance(out_type, Ordinary) else encoding.type
    dense = Conv1d(one_hot, out_type, width, bias=bias).to(dtype)
    dense.gain = look_up.gain
    dense.load_state_dict(look_up.state_dict())
    if kmers is None:
        kmers = random_features(encoding, 3, positions, generator(k))
    variables = list(zip(look_up.parameters(), dense.parameters(), strict=True))
    assert_same_function(look_up(kmers), dense(encoding.one_hot(kmers).to(dtype)), variables)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
@pytest.mark.parametrize("k", range(1, 7))
@pytest.mark.parametrize("bias", [True, False])
def test_table_look_up_equals_the_dense_convolution(k, dtype, bias):
    assert_look_up_is_dense(k, MIXED, 4, 60, bias, dtype)


@pytest.mark.parametrize("out_type", OUT_TYPES, ids=str)
@pytest.mark.parametrize("width", [1, 2, 5])
def test_table_look_up_to_every_kind_of_space(out_type, width):
    assert_look_up_is_dense(2, out_type, width, 30)


@given(st.integers(1, 3), st.integers(1, 9), st.integers(0, 10))
@settings(max_examples=60)
def test_table_look_up_on_sequences_hardly_longer_than_the_kernel(k, width, more):
    """Where most or all positions are near an end, which some taps never read."""
    assert_look_up_is_dense(k, MIXED, width, width + more)


@pytest.mark.parametrize("unknown", [True, False])
def test_table_look_up_where_all_kmers_are_alike(unknown):
    kmers = torch.full((2, 20), 16 if unknown else 5)
    assert_look_up_is_dense(2, MIXED, 4, 20, kmers=kmers)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int16, torch.int32, torch.int64], ids=str)
def test_any_integers_are_indices(dtype):
    encoding = KmerEncoding(2)
    layer, kmers = KmerConv1d(encoding, MIXED, 3), random_features(encoding, 2, 12, generator())
    assert torch.equal(layer(kmers.to(dtype)), layer(kmers))


def test_gradient_of_the_table_is_the_numerical_one():
    table = torch.randn(3, 5, 2, generator=generator(), dtype=torch.float64, requires_grad=True)
    kmers = torch.randint(0, 5, (2, 7), generator=generator())
    assert torch.autograd.gradcheck(lambda table: kmer_convolution(kmers, table), table)


@pytest.mark.parametrize("kmers", [torch.zeros(2, 9), torch.zeros(2, 1, 9, dtype=torch.int64)], ids=["float", "3d"])
def test_look_ups_refuse_what_is_no_index(kmers):
    with pytest.raises(ValueError, match="maps 1-mer indices to 3r: it needs integers"):
        KmerConv1d(KmerEncoding(1), Representation(3), 4)(kmers)


GEOMETRIES = [
    {},
    {"kernel_size": 1},
    {"kernel_size": 6},
    {"padding": 3},
    {"padding": "same"},
    {"stride": 3, "padding": 3},
    {"dilation": 4},
    {"kernel_size": 4, "stride": 2, "padding": 5, "dilation": 3},
]


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
def test_convolution_equals_that_of_torch_with_the_expanded_kernel(geometry, bias, dtype):
    geometry = {"kernel_size": 5} | geometry
    layer = perturbed(Conv1d(MIXED, Representation(2, 1, 2), **geometry, bias=bias), dtype)
    x = random_features(MIXED, 3, 26, generator(), dtype).requires_grad_()
    options = {name: value for name, value in geometry.items() if name != "kernel_size"}
    expected = functional.conv1d(x, layer.kernel(), layer.channel_bias(), **options)
    assert_same_function(layer(x), expected, [(v, v) for v in (x, *layer.parameters())])


@pytest.mark.parametrize(
    ("in_type", "out_type", "groups"),
    [
        (Representation(trivial=4, sign=2), Representation(trivial=2, sign=4), 2),
        (Representation(sign=6), Representation(trivial=3), 3),
        (Representation(regular=2), Representation(regular=4), 2),
        (Ordinary(6), Ordinary(4), 2),
    ],
    ids=str,
)
def test_grouped_convolution_equals_that_of_torch(in_type, out_type, groups):
    layer = perturbed(Conv1d(in_type, out_type, 4, groups=groups))
    x = random_features(in_type, 3, 11, generator(), torch.float64).requires_grad_()
    expected = functional.conv1d(x, layer.kernel(), layer.channel_bias(), groups=groups)
    assert_same_function(layer(x), expected, [(v, v) for v in (x, *layer.parameters())])


def in_other_memory_orders(x: Tensor) -> dict[str, Tensor]:
    return {
        "channels last": x.transpose(1, 2).contiguous().transpose(1, 2),
        "every other position": torch.stack([x, -x], 3).flatten(2)[..., ::2],
        "every other channel": torch.stack([x, -x], 2).flatten(1, 2)[:, ::2],
        "repeated": x[:1].expand(3, -1, -1),
    }


@pytest.mark.parametrize("order", ["channels last", "every other position", "every other channel", "repeated"])
@pytest.mark.parametrize("geometry", [{}, {"padding": 3}, {"stride": 2, "dilation": 2}], ids=str)
def test_the_order_in_memory_changes_nothing(order, geometry):
    layer = perturbed(Conv1d(MIXED, MIXED, 4, **geometry))
    contiguous = random_features(MIXED, 3, 13, generator(), torch.float64)
    x = in_other_memory_orders(contiguous)[order]
    assert not x.is_contiguous()
    ours, theirs = x.detach().requires_grad_(), x.clone(memory_format=torch.contiguous_format).requires_grad_()
    expected = functional.conv1d(theirs, layer.kernel(), layer.channel_bias(), **geometry)
    assert_same_function(layer(ours), expected, [(ours, theirs), (layer.weight, layer.weight)])


def test_convolution_between_ordinary_spaces_is_the_usual_one():
    layer = perturbed(Conv1d(Ordinary(3), Ordinary(5), 4))
    x = random_features(Ordinary(3), 2, 11, generator(), torch.float64)
    assert_close(layer(x), functional.conv1d(x, layer.weight.view(5, 3, 4), layer.bias))


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("out_type", OUT_TYPES, ids=str)
def test_linear_maps_are_the_usual_ones_with_the_expanded_matrix(out_type, bias):
    in_type = Ordinary(4) if isinstance(out_type, Ordinary) else MIXED
    layer = perturbed(Linear(in_type, out_type, bias=bias))
    x = random_features(in_type, 3, None, generator(), torch.float64).requires_grad_()
    expected = x @ layer.kernel()[..., 0].T + (layer.channel_bias() if bias else 0)
    assert_same_function(layer(x), expected, [(v, v) for v in (x, *layer.parameters())])


@pytest.mark.parametrize(
    ("layer", "x", "message"),
    [
        (Conv1d(Representation(2), Representation(3), 3), torch.zeros(1, 5, 9), "2r .4 channels. to 3r"),
        (Conv1d(Representation(2), Representation(3), 3), torch.zeros(4, 9), "needs a tensor"),
        (Linear(Representation(2), Representation(3)), torch.zeros(1, 4, 9), "2r .4 channels. to 3r"),
    ],
)
def test_layers_refuse_other_feature_spaces(layer, x, message):
    with pytest.raises(ValueError, match=message):
        layer(x)


@given(st.integers(1, 6), st.integers(1, 4), st.integers(0, 3), st.integers(1, 3), st.integers(1, 30))
@settings(max_examples=150)
def test_lengths_that_a_stride_does_not_cover_evenly_are_refused_at_every_call(
    width, stride, padding, dilation, length
):
    layer = Conv1d(MIXED, MIXED, width, stride, padding, dilation)
    steps = length + 2 * padding - dilation * (width - 1) - 1
    x = torch.zeros(1, MIXED.size, length)
    if steps < 0:
        return
    if steps % stride == 0:
        assert layer(x).shape[2] == steps // stride + 1
        return
    for _ in range(2):
        with pytest.raises(ValueError, match=f"not equivariant on {length} positions"):
            layer(x)


def test_ordinary_features_may_leave_positions_over():
    assert Conv1d(Ordinary(2), Ordinary(2), 3, stride=2)(torch.zeros(1, 2, 10)).shape == (1, 2, 4)


@pytest.mark.parametrize(
    "geometry", [{"kernel_size": 4}, {"kernel_size": 14}, {"kernel_size": 2, "dilation": 3}], ids=str
)
def test_one_sided_same_padding_is_refused(geometry):
    with pytest.raises(ValueError, match="one more on one side"):
        Conv1d(MIXED, MIXED, padding="same", **geometry)


def test_even_widths_with_even_reach_may_have_same_padding():
    layer = Conv1d(MIXED, MIXED, 4, padding="same", dilation=2)
    assert layer(torch.zeros(1, MIXED.size, 9)).shape[2] == 9


def test_same_padding_with_a_stride_is_refused():
    with pytest.raises(ValueError, match="stride 1, not 2"):
        Conv1d(MIXED, MIXED, 5, stride=2, padding="same")


@pytest.mark.parametrize("index", [-1, 17, 300])
@pytest.mark.parametrize("position", [0, 5, -1])
def test_an_index_out_of_range_is_an_unknown_kmer(index, position):
    layer, kmers = KmerConv1d(KmerEncoding(2), MIXED, 3), random_features(KmerEncoding(2), 2, 9, generator())
    unknown = kmers.clone()
    kmers[:, position], unknown[:, position] = index, 16
    assert torch.equal(layer(kmers), layer(unknown))


def test_an_empty_batch_gives_an_empty_batch():
    kmers = torch.zeros(0, 9, dtype=torch.int64)
    assert KmerConv1d(KmerEncoding(1), MIXED, 3)(kmers).shape == (0, MIXED.size, 7)


@pytest.mark.parametrize("padding", ["some", -1, 1.5])
def test_impossible_padding_is_refused(padding):
    with pytest.raises(ValueError, match="padding"):
        Conv1d(MIXED, MIXED, 3, padding=padding)


def test_valid_padding_is_none():
    assert Conv1d(MIXED, MIXED, 3, padding="valid").padding == 0


@pytest.mark.parametrize("length", [1, 4])
def test_too_few_positions_are_refused_by_name(length):
    with pytest.raises(ValueError, match=f"sees 5 positions at a time, more than the {length} given"):
        Conv1d(MIXED, MIXED, 5)(torch.zeros(1, MIXED.size, length))

"""Normalisation, blocks with it and the mean of strands equal their definitions written out, gradients included."""

from __future__ import annotations

import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from rc_equivariant import Activation, BatchNorm1d, Conv1d, ConvBlock, LayerNorm, Ordinary, Representation, StrandMerge
from rc_equivariant.functional.normalisation import normalise_batch
from rc_equivariant.hyperbolic import Curvature, LorentzConv1d
from rc_equivariant.testing import all_representations, gradient_equivariance_error, random_features

MIXED = Representation(regular=2, trivial=1, sign=2)
small_representations = st.sampled_from(all_representations(4))


def features_of(space, batch=4, length=9, seed=0):
    x = random_features(space, batch, length, torch.Generator().manual_seed(seed), torch.float64)
    return (2 * x + 0.5).requires_grad_()


def perturbed(layer):
    torch.manual_seed(1)
    for parameter in layer.double().parameters():
        parameter.data.uniform_(0.5, 2)
    return layer


def statistics(x: Tensor, space) -> tuple[Tensor, Tensor, Tensor]:
    """Mean, mean squared deviation and its unbiased form of each channel, from all values that share them."""
    columns = []
    for channel in range(space.size):
        sharing = sorted({channel, int(space.partner[channel])})
        values = x[:, sharing]
        if space.signs[channel] < 0:
            power = values.square().mean()
            columns.append((torch.zeros_like(power), power, power))
        else:
            columns.append((values.mean(), values.var(correction=0), values.var()))
    return tuple(torch.stack(column) for column in zip(*columns, strict=True))


def plain_batch_norm(layer: BatchNorm1d, x: Tensor) -> Tensor:
    mean, variance, unbiased = statistics(x, layer.in_type)
    divisor = unbiased.sqrt() + layer.eps if layer.eps_on_deviation else (variance + layer.eps).sqrt()
    scale, shift = layer.affine()
    return (x - mean[:, None]) / divisor[:, None] * scale[:, None] + shift[:, None]


def assert_same_function(function, reference, variables):
    actual, expected = function(), reference()
    assert actual.shape == expected.shape
    assert torch.allclose(actual, expected, rtol=0, atol=1e-12)
    weights = torch.randn(expected.shape, generator=torch.Generator().manual_seed(9), dtype=expected.dtype)
    for ours, theirs in zip(
        torch.autograd.grad(actual, variables, weights), torch.autograd.grad(expected, variables, weights), strict=True
    ):
        assert torch.allclose(ours, theirs, rtol=0, atol=1e-11)


@pytest.mark.parametrize("eps_on_deviation", [False, True])
@given(small_representations, st.integers(1, 6))
@settings(max_examples=30)
def test_batch_norm_equals_its_definition(eps_on_deviation, space, length):
    layer = perturbed(BatchNorm1d(space, eps=1e-3, eps_on_deviation=eps_on_deviation))
    x = features_of(space, length=length)
    variables = [v for v in (x, *layer.parameters()) if v.numel()]
    assert_same_function(lambda: layer(x), lambda: plain_batch_norm(layer, x), variables)


@pytest.mark.parametrize("eps_on_deviation", [False, True])
def test_gradient_of_batch_norm_is_the_numerical_one(eps_on_deviation):
    x = features_of(MIXED, batch=2, length=3)
    scale, shift = (torch.rand(MIXED.size, dtype=torch.float64, requires_grad=True) for _ in range(2))

    def normalised(x, scale, shift):
        return normalise_batch(x, scale, shift, MIXED.partner, MIXED.signs < 0, 1e-3, eps_on_deviation)[0]

    assert torch.autograd.gradcheck(normalised, (x, scale, shift))


@pytest.mark.parametrize("shared", [MIXED, Ordinary(3)], ids=str)
def test_batch_norm_reads_any_memory_order(shared):
    layer, x = perturbed(BatchNorm1d(shared)), features_of(shared).detach()
    rows = x.transpose(1, 2).contiguous().transpose(1, 2)
    assert not rows.is_contiguous()
    assert torch.allclose(layer(rows), layer(x), rtol=0, atol=1e-13)


@pytest.mark.parametrize("eps_on_deviation", [False, True])
def test_running_statistics_are_those_of_the_first_batch_after_it(eps_on_deviation):
    layer = BatchNorm1d(MIXED, eps_on_deviation=eps_on_deviation).double()
    x = features_of(MIXED)
    layer(x)
    mean, _, unbiased = statistics(x, MIXED)
    assert torch.allclose(layer.running_mean, mean, rtol=0, atol=1e-13)
    assert torch.allclose(layer.running_variance, unbiased, rtol=0, atol=1e-13)


def test_running_statistics_are_an_average_and_later_an_exponential_one():
    layer = BatchNorm1d(MIXED, momentum=0.25).double()
    batches = [features_of(MIXED, seed=seed).detach() * (seed + 1) for seed in range(7)]
    for x in batches:
        layer(x)
    weights = torch.tensor([0.25 * 0.75**3] * 4 + [0.25 * 0.75**2, 0.25 * 0.75, 0.25], dtype=torch.float64)
    # The plain average of the first four, each a quarter, fades by 0.75 with each of the three that follow.
    assert weights.sum() == 1
    mean, _, unbiased = (torch.stack(column) for column in zip(*[statistics(x, MIXED) for x in batches], strict=True))
    assert torch.allclose(layer.running_mean, weights @ mean, rtol=0, atol=1e-12)
    assert torch.allclose(layer.running_variance, weights @ unbiased, rtol=0, atol=1e-12)


@pytest.mark.parametrize("eps_on_deviation", [False, True])
@pytest.mark.parametrize("space", [MIXED, Ordinary(3), Representation(sign=2)], ids=str)
def test_evaluation_uses_the_running_statistics(space, eps_on_deviation):
    layer = perturbed(BatchNorm1d(space, eps_on_deviation=eps_on_deviation))
    layer(features_of(space, seed=1))
    x, (scale, shift) = features_of(space), layer.affine()
    variance = layer.running_variance
    divisor = variance.sqrt() + layer.eps if eps_on_deviation else (variance + layer.eps).sqrt()
    assert_same_function(
        lambda: layer.eval()(x),
        lambda: (x - layer.running_mean[:, None]) / divisor[:, None] * scale[:, None] + shift[:, None],
        [x],
    )
    state = {name: value.clone() for name, value in layer.state_dict().items()}
    layer.eval()(features_of(space, seed=2))
    assert all(torch.equal(value, state[name]) for name, value in layer.state_dict().items())


def test_batch_norm_of_ordinary_features_is_the_usual_one():
    ours, usual = BatchNorm1d(Ordinary(6)).double(), nn.BatchNorm1d(6, momentum=None).double()
    for seed in range(3):
        x = features_of(Ordinary(6), seed=seed)
        assert torch.allclose(ours(x), usual(x), rtol=0, atol=1e-12)
    assert torch.allclose(ours.running_mean, usual.running_mean)
    assert torch.allclose(ours.running_variance, usual.running_var)
    assert torch.allclose(ours.eval()(x), usual.eval()(x), rtol=0, atol=1e-12)


@pytest.mark.parametrize("layer", [BatchNorm1d(Representation(sign=2)), LayerNorm(Representation(sign=2))])
def test_sign_channels_are_scaled_and_never_shifted(layer):
    layer = layer.double()
    over = (0, 2) if isinstance(layer, BatchNorm1d) else 1
    assert layer.shift.numel() == 0
    x = features_of(Representation(sign=2))
    expected = x / (x.square().mean(over, keepdim=True) + layer.eps).sqrt()
    assert torch.allclose(layer(x), expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize("eps_on_deviation", [False, True])
def test_a_channel_of_one_value_in_all_samples_gives_finite_gradients(eps_on_deviation):
    layer = BatchNorm1d(MIXED, eps_on_deviation=eps_on_deviation).double()
    x = torch.ones(3, MIXED.size, 5, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(layer(x).square().sum(), x)
    assert gradient.isfinite().all()


@pytest.mark.parametrize("batch", [0, 1])
def test_nothing_is_learnt_from_less_than_two_values_a_channel(batch):
    layer = BatchNorm1d(MIXED)
    with pytest.raises(ValueError, match=f"more than {batch} value"):
        layer(torch.randn(batch, MIXED.size, 1))
    assert layer.batches == 0


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_numbers_of_16_bits_are_summed_as_wider_ones(dtype):
    x = (300 * torch.randn(16, MIXED.size, 500) + 100).to(dtype).requires_grad_()
    wide = x.detach().float().requires_grad_()
    layer, norm = BatchNorm1d(MIXED), LayerNorm(MIXED)
    for module in (layer, norm):
        y, expected = module(x), module(wide)
        assert y.dtype == dtype
        assert torch.allclose(y.float(), expected, atol=0.02)
    weights = torch.randn(expected.shape) + 4
    (of_scale,) = torch.autograd.grad((layer(x).float() * weights).sum(), layer.scale)
    (of_wide,) = torch.autograd.grad((layer(wide) * weights).sum(), layer.scale)
    assert torch.allclose(of_scale, of_wide, rtol=0.01, atol=30)
    assert layer.running_variance.isfinite().all()


def test_features_far_from_zero_are_normalised_equivariantly():
    x = torch.randn(8, 8, 50) + 100
    assert gradient_equivariance_error(BatchNorm1d(Representation(4)), x) < 1e-5


def test_a_block_does_not_fold_what_is_more_than_a_convolution():
    """Batch norm would be folded into a part of it alone."""
    with pytest.raises(ValueError, match="cannot be folded into LorentzConv1d"):
        ConvBlock(LorentzConv1d(MIXED, MIXED, 3, Curvature()))


def test_a_frozen_norm_stays_frozen_in_a_block():
    block = perturbed(ConvBlock(Conv1d(MIXED, MIXED, 3))).train()
    block(features_of(MIXED, seed=1))
    block.norm.eval()
    x, before = features_of(MIXED, seed=2), int(block.norm.batches)
    parts = nn.Sequential(block.convolution, block.norm, block.activation)
    assert torch.allclose(block(x), parts(x), rtol=0, atol=1e-12)
    assert block.norm.batches == before


@pytest.mark.parametrize("activation", [None, "elu"])
@pytest.mark.parametrize("training", [True, False])
@given(small_representations)
@settings(max_examples=15)
def test_a_block_equals_its_parts_one_after_the_other(activation, training, space):
    convolution = Conv1d(MIXED, space, 3)
    block = perturbed(ConvBlock(convolution, activation and Activation(space, activation, "softsign")))
    block(features_of(MIXED, seed=1))
    parts = copy.deepcopy(nn.Sequential(block.convolution, block.norm, block.activation)).train(training)
    block.train(training)
    x = features_of(MIXED)
    ours, theirs = block(x), parts(x)
    assert torch.allclose(ours, theirs, rtol=0, atol=1e-12)
    weights = torch.randn_like(ours)
    pairs = [(x, x), *zip(block.parameters(), parts.parameters(), strict=True)]
    pairs = [(ours_, theirs_) for ours_, theirs_ in pairs if ours_.numel()]
    of_block = torch.autograd.grad(ours, [a for a, _ in pairs], weights)
    of_parts = torch.autograd.grad(theirs, [b for _, b in pairs], weights)
    assert all(torch.allclose(a, b, rtol=0, atol=1e-10) for a, b in zip(of_block, of_parts, strict=True))
    with torch.no_grad():
        assert torch.allclose(block(x), parts(x), rtol=0, atol=1e-12)
    assert torch.equal(block.norm.running_variance, parts[1].running_variance)


def plain_layer_norm(layer: LayerNorm, x: Tensor) -> Tensor:
    space = layer.in_type
    turned = space.signs < 0
    means = x[:, ~turned].mean(1, keepdim=True) if (~turned).any() else 0
    centred = torch.where(turned[:, None], x, x - means)
    scale, shift = layer.affine()
    return centred / (centred.square().mean(1, keepdim=True) + layer.eps).sqrt() * scale[:, None] + shift[:, None]


@given(small_representations)
@settings(max_examples=30)
def test_layer_norm_equals_its_definition(space):
    layer, x = perturbed(LayerNorm(space, eps=1e-3)), features_of(space)
    variables = [v for v in (x, *layer.parameters()) if v.numel()]
    assert_same_function(lambda: layer(x), lambda: plain_layer_norm(layer, x), variables)


def test_layer_norm_of_ordinary_features_is_the_usual_one():
    x = features_of(Ordinary(6))
    usual = nn.LayerNorm(6, dtype=torch.float64)(x.transpose(1, 2)).transpose(1, 2)
    assert torch.allclose(LayerNorm(Ordinary(6)).double()(x), usual, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    "layer", [BatchNorm1d(MIXED), LayerNorm(MIXED), StrandMerge(MIXED)], ids=lambda m: type(m).__name__
)
def test_other_feature_spaces_are_refused(layer):
    with pytest.raises(ValueError, match=r"maps 2r\+1p\+2m \(7 channels\)"):
        layer(torch.zeros(2, 5, 9))


def plain_merge(x: Tensor, space) -> Tensor:
    first_of_copy = [c for c in range(space.size) if c <= space.partner[c]]
    return torch.stack([(x[:, c] + space.signs[c] * x[:, space.partner[c]].flip(1)) / 2 for c in first_of_copy], 1)


@given(small_representations, st.integers(1, 8))
@settings(max_examples=60)
def test_merging_strands_equals_its_formula_and_is_invariant(space, length):
    merge, x = StrandMerge(space).double(), features_of(space, length=length)
    assert_same_function(lambda: merge(x), lambda: plain_merge(x, space), [x])
    assert torch.equal(merge(x), merge(space.act(x)))
    assert merge(x).shape[1] == merge.out_type.size == space.regular + space.trivial + space.sign


def test_merging_ordinary_features_leaves_them():
    x = features_of(Ordinary(3))
    assert StrandMerge(Ordinary(3))(x) is x

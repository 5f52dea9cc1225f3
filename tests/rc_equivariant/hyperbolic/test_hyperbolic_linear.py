"""Linear maps of points equal the published ones of whole points, unfolded, and lack their defects."""

from __future__ import annotations

import pytest
import torch
from hyperbolic_features import TYPES, assert_same, features_of, perturbed
from hyperbolic_registry import bent
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from rc_registry import MIXED, OTHER
from torch import Tensor
from torch.nn import functional

from rc_equivariant import FlattenLinear, KernelTying, KmerEncoding, Ordinary, Representation
from rc_equivariant.hyperbolic import (
    Curvature,
    LorentzConv1d,
    LorentzFlattenLinear,
    LorentzKmerConv1d,
    LorentzLinear,
    lorentz,
)
from rc_equivariant.hyperbolic.convolved_points import convolve_points
from rc_equivariant.testing import all_representations

small_representations = st.sampled_from(all_representations(4))


def concatenated(points: Tensor, k: Tensor) -> Tensor:
    """Qu & Zou (2022): whole points (.., n, 1 + c) to whole points (.., 1 + n c)."""
    n = points.shape[-2]
    time = (points[..., 0].square().sum(-1) - (n - 1) * k).sqrt()
    return torch.cat([time[..., None], points[..., 1:].flatten(-2)], -1)


def published_convolution(layer: LorentzConv1d, x: Tensor, padding: int) -> Tensor:
    """Fields of whole points, unfolded and concatenated, then the space rows of the matrix."""
    k = layer.time.curvature()
    padded = functional.pad(x, (padding, padding))
    fields = lorentz.lift(padded, k).unfold(2, layer.kernel_size, layer.stride).permute(0, 2, 3, 1)
    by_tap = layer.kernel().transpose(1, 2).flatten(1)
    time = layer.time.tying.expand(layer.time.weight).view(-1, 1)
    whole = concatenated(fields, k)
    return (whole @ torch.cat([time, by_tap], 1).T + layer.channel_bias()).transpose(1, 2)


@pytest.mark.parametrize("space", TYPES, ids=str)
def test_a_convolution_is_the_published_one_of_unfolded_points(space):
    out = Ordinary(4) if isinstance(space, Ordinary) else OTHER
    layer = perturbed(LorentzConv1d(space, out, 4, bent(), stride=3, padding=2))
    x = features_of(space)
    assert_same(layer(x), published_convolution(layer, x, 2), [x, *layer.parameters()])


def plain_convolution(x, kernel, bias, time_weight, k, steps):
    stride, padding, dilation, _ = steps
    ones = x.new_ones(1, 1, kernel.shape[2])
    fields = functional.conv1d(x.square().sum(1, keepdim=True), ones, None, stride, padding, dilation)
    return functional.conv1d(x, kernel, bias, stride, padding, dilation) + time_weight[:, None] * (fields + k).sqrt()


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("steps", [(1, 0, 1, 1), (1, 9, 1, 1), (3, 5, 2, 1), (2, 0, 3, 1)], ids=str)
def test_a_convolution_has_any_steps(steps, bias, channels):
    generator = torch.Generator().manual_seed(0)
    shapes = [(2, channels, 11), (channels, channels, 3), (channels,), (channels,)]
    x, kernel, *vectors = (
        torch.randn(shape, generator=generator, dtype=torch.float64, requires_grad=True) for shape in shapes
    )
    k = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
    inputs = [x, kernel, vectors[0] if bias else None, vectors[1], k]
    variables = [x for x in inputs if x is not None]
    assert_same(convolve_points(*inputs, steps), plain_convolution(*inputs, steps), variables)


def test_torch_finds_the_gradients_of_a_convolution_right():
    layer, x = perturbed(LorentzConv1d(MIXED, OTHER, 3, bent())), features_of(MIXED)
    assert torch.autograd.gradcheck(lambda *_: layer(x), (x, *layer.parameters()))


@pytest.mark.parametrize("out", [Ordinary(4), MIXED], ids=str)
def test_kmers_are_looked_up_as_points_of_their_one_hot_form(out):
    encoding = KmerEncoding(2)
    looked_up = perturbed(LorentzKmerConv1d(encoding, out, 3, bent()))
    space = Ordinary(encoding.size) if isinstance(out, Ordinary) else encoding.type
    dense = LorentzConv1d(space, out, 3, bent()).double()
    dense.gain = looked_up.gain
    dense.load_state_dict(looked_up.state_dict())
    kmers = encoding.indices(torch.randint(5, (3, 12), generator=torch.Generator().manual_seed(0)))
    one_hot = encoding.one_hot(kmers).double()
    pairs = zip(looked_up.parameters(), dense.parameters(), strict=True)
    y, expected = looked_up(kmers), dense(one_hot)
    assert torch.allclose(y, expected, rtol=0, atol=1e-12)
    for ours, theirs in pairs:
        (a,), (b,) = (
            torch.autograd.grad(v.square().sum(), p, retain_graph=True) for v, p in ((y, ours), (expected, theirs))
        )
        assert torch.allclose(a, b, rtol=0, atol=1e-9)


@pytest.mark.parametrize("k", [0.9, 1.0, 1.1])
def test_concatenated_points_are_points_at_any_curvature(k):
    """Published defect: flattening subtracts (n - 1) / k, which is off the sheet by tens at k = 0.9 and n = 200."""
    points = lorentz.lift(torch.randn(1, 200, 3, dtype=torch.float64), k, dim=2)
    space = points[0, :, 1:].square().sum()
    ours, published = (points[0, :, 0].square().sum() - 199 * c for c in (k, 1 / k))
    assert float(space - ours) == pytest.approx(-k, abs=1e-9)
    assert (abs(float(space - published) + k) > 30) == (k != 1)
    layer = perturbed(LorentzFlattenLinear(Ordinary(3), Ordinary(1), 200, Curvature(k)))
    layer.plus.data.zero_()
    expected = layer.time.weight * ours.sqrt() + layer.bias
    assert torch.allclose(layer(points[:, :, 1:].transpose(1, 2))[0], expected, rtol=1e-6)


@given(small_representations, small_representations, st.integers(1, 6))
@settings(max_examples=15)
def test_flattening_reaches_every_equivariant_map(space, other, length):
    """As many parameters as tied entries, and independent: the expanded kernel has that rank in them."""
    # Layers whose outputs are all zero are refused.
    assume(KernelTying(space, other, length).size)
    layer = FlattenLinear(space, other, length, bias=False).double()
    assert sum(p.numel() for p in layer.parameters()) == KernelTying(space, other, length).size
    kernel = layer.export()[1].weight.view(other.size, space.size, length)
    mirrored = other.signs[:, None, None] * space.signs[:, None] * kernel[other.partner][:, space.partner].flip(2)
    assert torch.allclose(kernel, mirrored, rtol=0, atol=1e-14)
    squares = sum(p.square().sum() for p in layer.parameters())
    # Both changes of basis are orthogonal, so that no combination of parameters vanishes in the kernel.
    assert kernel.square().sum().item() == pytest.approx(squares.item(), abs=1e-12)


@pytest.mark.parametrize("space", TYPES, ids=str)
def test_a_flattening_is_a_convolution_over_everything(space):
    out = Ordinary(4) if isinstance(space, Ordinary) else OTHER
    layer, x = perturbed(LorentzFlattenLinear(space, out, 9, bent())), features_of(space)
    weight = FlattenLinear.export(layer)[1].weight.detach()
    squares = x.square().sum((1, 2))[:, None]
    time = layer.time.tying.expand(layer.time.weight).flatten() * (squares + layer.time.curvature()).sqrt()
    expected = x.flatten(1) @ weight.T + time + layer.bias_tying.expand(layer.bias).flatten()
    assert torch.allclose(layer(x), expected, rtol=0, atol=1e-11)


def test_initial_flattening_keeps_the_variance_of_features():
    """Of ReLU layers: twice the mean square of the input."""
    torch.manual_seed(0)
    for space, out in ((Representation(4, 2, 2), Representation(300, 200, 200)), (Ordinary(12), Ordinary(900))):
        y = FlattenLinear(space, out, 25)(torch.randn(200, space.size, 25))
        parts = y.split([600, 200, 200], 1) if isinstance(out, Representation) else [y]
        for part in parts:
            assert float(part.var()) == pytest.approx(2, rel=0.1)


def test_a_flattening_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match="no linear map from"):
        FlattenLinear(MIXED, Ordinary(2), 5)
    with pytest.raises(ValueError, match="1 or more"):
        FlattenLinear(MIXED, OTHER, 0)
    with pytest.raises(ValueError, match="maps 5 positions, but got 6"):
        FlattenLinear(MIXED, OTHER, 5)(torch.zeros(1, MIXED.size, 6))


def test_a_linear_layer_is_a_convolution_of_width_one():
    layer, x = perturbed(LorentzLinear(MIXED, OTHER, bent())), features_of(MIXED, length=None)
    convolution = LorentzConv1d(MIXED, OTHER, 1, bent()).double()
    convolution.load_state_dict(layer.state_dict())
    assert torch.allclose(layer(x), convolution(x[..., None])[..., 0], rtol=0, atol=1e-13)

"""Long convolutions against dense ones with the kernels that they stand for."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from rc_equivariant import Conv1d, LongConv1d, Ordinary, Representation, export
from rc_equivariant.cost import multiply_adds
from rc_equivariant.plain_mixing import fast_length
from rc_equivariant.testing import random_features

SPACES = (
    Representation(regular=2, trivial=1, sign=2),
    Representation(regular=3),
    Representation(trivial=3, sign=1),
    Representation(trivial=2),
    Representation(sign=2),
    Ordinary(4),
)
of_spaces = pytest.mark.parametrize("space", SPACES, ids=str)
EXACT = 1e-12


def layer_of(space, reach: float = 6) -> LongConv1d:
    torch.manual_seed(0)
    layer = LongConv1d(space, reach).double()
    with torch.no_grad():
        layer.bias.normal_()
    return layer


def kernel_of(layer: LongConv1d, length: int) -> Tensor:
    """The dense kernel (out, in, 2 * length - 1), from the answers to single values in the middle of zeros."""
    size = layer.in_type.size
    impulses = torch.eye(size).double()[:, :, None] * (torch.arange(2 * length - 1) == length - 1)
    # The answer to an impulse is the kernel as convolutions have it; torch's layers correlate.
    return layer.convolution(impulses).transpose(0, 1).flip(2)


@pytest.mark.parametrize("length", [1, 2, 9, 16])
@of_spaces
def test_it_is_the_dense_convolution_of_its_kernels(space, length):
    layer = layer_of(space)
    dense = Conv1d(space, space, 2 * length - 1, padding="same").double()
    kernel = kernel_of(layer, length)
    dense.from_kernel(kernel, layer.channel_bias())
    assert torch.allclose(dense.kernel(), kernel, rtol=EXACT, atol=EXACT)
    x = random_features(space, 3, length, torch.Generator().manual_seed(1), torch.float64)
    expected = dense(x)
    assert (layer(x) - expected).abs().max() <= EXACT * expected.abs().max()
    assert (export(layer)(x) - expected).abs().max() <= EXACT * expected.abs().max()


@of_spaces
def test_kernels_are_as_rich_as_a_depthwise_layer_allows(space):
    """Each channel reads itself; channels of a pair of +1 and -1 read each other, by uneven kernels."""
    kernel = kernel_of(layer_of(space), 5)
    found = (kernel.abs() > 1e-9).any(2)
    expected = torch.eye(space.size, dtype=torch.bool)
    uneven = []
    if isinstance(space, Representation):
        for number in range(min(space.trivial, space.sign)):
            plus, minus = 2 * space.regular + number, 2 * space.regular + space.trivial + number
            uneven += [(plus, minus), (minus, plus)]
    for out, read in uneven:
        expected[out, read] = True
        assert torch.allclose(kernel[out, read], -kernel[out, read].flip(0), rtol=EXACT, atol=EXACT)
    assert torch.equal(found, expected)
    is_even = [torch.allclose(kernel[c, c], kernel[c, c].flip(0), rtol=1e-6) for c in range(space.size)]
    alone = 2 * space.regular if isinstance(space, Representation) else space.size
    assert is_even == [False] * alone + [True] * (space.size - alone)


@pytest.mark.parametrize("reach", [2, 30])
@pytest.mark.parametrize("space", [*SPACES[:2], SPACES[-1]], ids=str)
def test_it_starts_with_twice_the_mean_square_of_its_input(space, reach):
    torch.manual_seed(0)
    length, squares = 400, []
    with torch.no_grad():
        for _ in range(60):
            layer, x = LongConv1d(space, reach), torch.randn(4, space.size, length)
            squares.append(layer(x)[:, :, 150:250].square().mean())
    assert torch.stack(squares).mean() == pytest.approx(2, rel=0.12)


def test_wide_kernels_reach_as_far_as_they_say():
    """The widest kernels fall to 1/e over the reach, and the narrowest over two positions."""
    layer = layer_of(Representation(regular=3), 500)
    reaches = layer.convolution.log_reach.detach().exp()
    assert float(reaches.min()) == pytest.approx(2)
    assert float(reaches.max()) == pytest.approx(500)
    halves = layer.convolution.halves(2000).detach()
    first, last = halves[0, :100].square().mean(), halves[0, 500:600].square().mean()
    assert 0.5 * math.exp(-2) < last / first < 2 * math.exp(-2)


def test_any_length_has_the_same_kernels():
    layer = layer_of(SPACES[0])
    assert torch.allclose(kernel_of(layer, 4), kernel_of(layer, 9)[:, :, 5:-5], rtol=EXACT, atol=EXACT)


@pytest.mark.parametrize("least", [*range(1, 40), 2001, 262_143])
def test_lengths_of_transforms_are_fast_and_little_longer(least):
    found = fast_length(least)
    assert least <= found <= max(4 / 3 * least, 2)
    for factor in (3, 5):
        found = found // factor if found % factor == 0 else found
    assert found & (found - 1) == 0


def test_the_cost_grows_by_a_factor_of_the_logarithm():
    space = Representation(regular=2)
    layer = LongConv1d(space, 100)
    costs = [multiply_adds(layer, torch.zeros(1, 4, length)) for length in (1024, 4096)]
    assert costs == [4 * 2048 * (2 * 11 + 2), 4 * 8192 * (2 * 13 + 2)]
    signs = LongConv1d(Representation(trivial=2, sign=2), 100)
    assert multiply_adds(signs, torch.zeros(1, 4, 1024)) == 4 * 2048 * (2 * 11 + 4)


def test_memory_is_linear_in_the_length():
    """No tensor of the forward pass has more values than a few for each channel and position."""
    space, length = Representation(regular=2), 4096
    layer, sizes = LongConv1d(space, 100), []

    class Sizes(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, function, types, args=(), kwargs=None):
            made = function(*args, **(kwargs or {}))
            sizes.append(made.numel() if isinstance(made, Tensor) else 0)
            return made

    with Sizes():
        layer(torch.zeros(1, space.size, length))
    assert length < max(sizes) <= 16 * length

"""Rotary attention and attention pooling against their formulas, with padding, in every precision and under vmap."""

from __future__ import annotations

import cmath
import math

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.attention import SDPBackend, sdpa_kernel

from rc_equivariant import (
    AttentionPool1d,
    Conv1d,
    KmerEncoding,
    LongConv1d,
    MixerBlock,
    Network,
    NetworkDescription,
    Ordinary,
    Representation,
    RotaryAttention,
    export,
)
from rc_equivariant.cost import multiply_adds
from rc_equivariant.testing import assert_equivariant, random_features

MIXED = Representation(regular=2, trivial=1, sign=2)
SPACES = (MIXED, Representation(regular=3), Representation(trivial=3), Representation(sign=3), Ordinary(5))
HEADS, PAIRS = 2, 3
EXACT = 1e-12
of_spaces = pytest.mark.parametrize("space", SPACES, ids=str)


def features(space, batch: int = 3, length: int = 11) -> Tensor:
    return random_features(space, batch, length, torch.Generator().manual_seed(0), torch.float64)


def attention(space=MIXED) -> RotaryAttention:
    torch.manual_seed(0)
    return RotaryAttention(space, HEADS, PAIRS).double()


def by_hand(layer: RotaryAttention, x: Tensor) -> Tensor:
    """One position, head and pair at a time, with complex numbers for the pairs."""
    projected = layer.project(x).unflatten(1, (2, 3, HEADS, PAIRS))
    pairs = torch.complex(projected[:, 0], projected[:, 1])
    length = x.shape[2]
    rate = [1000 ** (-pair / (PAIRS - 1)) for pair in range(PAIRS)]
    read = torch.zeros(len(x), HEADS, PAIRS, length, dtype=torch.complex128)
    for row in range(len(x)):
        for head in range(HEADS):
            for i in range(length):
                scores = torch.zeros(length, dtype=torch.float64)
                for j in range(length):
                    for pair in range(PAIRS):
                        query, key = pairs[row, 0, head, pair, i], pairs[row, 1, head, pair, j]
                        turned = cmath.rect(1, (i - j) * rate[pair])
                        scores[j] += (query * turned * key.conj()).real
                weights = (scores / (2 * math.sqrt(2 * PAIRS))).softmax(0)
                read[row, head, :, i] = (pairs[row, 2, head] * weights).sum(1)
    return layer.merge(torch.cat([read.real.flatten(1, 2), read.imag.flatten(1, 2)], 1))


def test_it_computes_the_formula():
    layer, x = attention(), features(MIXED, 2, 6)
    assert torch.allclose(layer(x), by_hand(layer, x), rtol=EXACT, atol=EXACT)


def test_one_untied_projection_is_not_equivariant():
    """The control for all tests of equivariance."""
    layer = attention()
    tied = layer.project
    layer.project = nn.Conv1d(MIXED.size, tied.out_type.size, 1).double()
    with pytest.raises(AssertionError, match="not equivariant"):
        assert_equivariant(layer)


def test_it_depends_on_distances_alone():
    """The sequence moved by two positions, within unknown ones, reads the same."""
    layer, x = attention(), features(MIXED, length=9)
    padded = torch.cat([torch.randn(3, MIXED.size, 2).double(), x, torch.randn(3, MIXED.size, 5).double()], 2)
    known = torch.tensor([False] * 2 + [True] * 9 + [False] * 5).expand(3, -1)
    assert torch.allclose(layer(padded, known)[:, :, 2:11], layer(x), rtol=EXACT, atol=EXACT)
    assert not torch.allclose(layer(padded)[:, :, 2:11], layer(x), rtol=0.01, atol=0.01)


@pytest.mark.parametrize("make", [attention, lambda s: LongConv1d(s, 5).double()], ids=["attention", "long"])
@of_spaces
def test_with_unknown_positions_it_is_equivariant_and_exports_alike(make, space):
    layer = make(space)
    block = MixerBlock(layer).double()
    x = features(space)
    known = torch.rand(3, 11, generator=torch.Generator().manual_seed(2)) < 0.6
    known[0] = False
    for module in (layer, block):
        y = module(x, known)
        if not isinstance(space, Ordinary):
            mirrored = module(space.act(x), known.flip(1))
            assert (mirrored - space.act(y)).abs().max() <= EXACT * y.abs().max()
        assert (export(module)(x, known) - y).abs().max() <= EXACT * y.abs().max()
        assert y.isfinite().all()


def test_what_is_unknown_is_not_read():
    x = features(MIXED)
    changed = x.clone()
    changed[:, :, 4] += 1
    known = torch.ones(3, 11, dtype=torch.bool)
    known[:, 4] = False
    others = [position for position in range(11) if position != 4]
    for layer in (attention(), LongConv1d(MIXED, 5).double()):
        assert torch.equal(layer(changed, known)[:, :, others], layer(x, known)[:, :, others])
        assert not torch.equal(layer(changed)[:, :, others], layer(x)[:, :, others])


def sequences(lengths: list[int], width: int) -> Tensor:
    """Codes of random sequences, in the middle of rows of Ns."""
    rows = torch.full((len(lengths), width), 4)
    for row, length in zip(rows, lengths, strict=True):
        start = (width - length) // 2
        row[start : start + length] = torch.randint(4, (length,), generator=torch.Generator().manual_seed(length))
    return rows


@pytest.mark.parametrize("kind", ["attention", "long_convolution"])
@pytest.mark.parametrize("representation", ["standard", "regular"])
def test_features_of_a_sequence_do_not_depend_on_its_padding(kind, representation):
    """Only at positions that see some of the sequence; others have features of no sequence."""

    def trunk(window: int) -> nn.Module:
        torch.manual_seed(0)
        options = {"first_width": 6, "reduction": 1, "blocks": 2}
        return Network(NetworkDescription.named(kind, representation, 1, 6, window, **options)).double().eval().trunk

    narrow, wide = trunk(30), trunk(50)
    wide.load_state_dict(narrow.state_dict())
    found, expected = wide(sequences([20], 50)), narrow(sequences([20], 30))
    # The sequence and what the first convolution reads beyond its ends.
    assert torch.allclose(found[:, :, 10:-10], expected, rtol=EXACT, atol=EXACT)
    unknown = wide.features(sequences([20], 50))
    for block in wide.blocks:
        unknown = block(unknown)
    assert not torch.allclose(unknown[:, :, 10:-10], expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("kmer", [1, 3])
def test_known_positions_are_those_that_see_a_known_kmer(kmer):
    description = NetworkDescription.named("attention", "standard", kmer, 6, 40, first_width=6, reduction=3, blocks=1)
    trunk = Network(description).trunk
    given = []
    trunk.blocks[0].mixer.register_forward_pre_hook(lambda _, inputs: given.append(inputs[1]))
    codes = sequences([12], 40)
    trunk(KmerEncoding(kmer).indices(codes))
    trunk.export()(KmerEncoding(1).one_hot(codes))
    kmers = (codes.unfold(1, kmer, 1) < 4).all(2)
    seen = [kmers[:, start : start + 6 - kmer + 1].any() for start in range(35)]
    # 35 positions: windows of 3 + 2, every 3.
    expected = [any(seen[3 * place : 3 * place + 5]) for place in range(11)]
    assert given[0].tolist() == [expected]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_scores_are_computed_in_16_bits_under_autocast(dtype):
    layer, x = attention().float(), features(MIXED).float()
    with torch.autocast("cpu", dtype):
        assert layer(x).dtype == dtype
        assert torch.allclose(layer(x).float(), layer.double()(x.double()).float(), rtol=0.1, atol=0.1)


def test_second_derivatives_need_the_kernels_that_have_them():
    layer, x = attention(), features(MIXED, 1, 4).requires_grad_()
    with pytest.raises(RuntimeError, match="derivative for aten::_scaled_dot_product"):
        torch.autograd.grad(torch.autograd.grad(layer(x).pow(2).sum(), x, create_graph=True)[0].pow(2).sum(), x)
    with sdpa_kernel(SDPBackend.MATH):
        assert torch.autograd.gradgradcheck(layer, (x,))


@pytest.mark.parametrize("make", [attention, lambda s: LongConv1d(s, 5)], ids=["attention", "long"])
@of_spaces
@pytest.mark.filterwarnings("ignore:There is a performance drop")
def test_it_trains_as_a_stack(make, space):
    """Two copies that share their steps have the gradients of each alone."""
    layer, x = MixerBlock(make(space)).double(), features(space)
    own = dict(layer.named_parameters())
    stack = {name: torch.stack([value.detach()] * 2).requires_grad_() for name, value in own.items()}
    torch.vmap(lambda values: functional_call(layer, values, (x,)))(stack).square().sum().backward()
    layer(x).square().sum().backward()
    for name, parameter in own.items():
        if parameter.numel():
            for gradient in stack[name].grad:
                assert torch.allclose(gradient, parameter.grad, rtol=1e-7, atol=1e-9)


def test_attention_costs_its_scores_its_reading_and_its_maps():
    length, inner = 11, 2 * HEADS * PAIRS
    maps = length * 4 * inner * MIXED.size
    assert multiply_adds(attention(), features(MIXED)) == maps + 2 * length**2 * inner


def test_pooling_weighs_a_position_and_its_mirror_image_alike():
    torch.manual_seed(0)
    pool, x = AttentionPool1d(MIXED, 4).double(), features(MIXED)
    scores = pool.weighed.branches[1]
    weights = scores(x)
    assert torch.allclose(weights.sum(2), torch.ones(3, 5).double())
    assert torch.allclose(scores(MIXED.act(x)), weights.flip(2), rtol=EXACT, atol=EXACT)
    # The copies in order: two regular ones, whose channels mirror each other, one trivial and two sign ones.
    of_channels = weights[:, [0, 1, 1, 0, 2, 3, 4]]
    assert torch.allclose(pool(x), (x * of_channels).sum(2), rtol=EXACT, atol=EXACT)


def test_pooling_finds_one_position():
    """With sharp weights it is the maximum of a channel, not the mean."""
    space = Representation(regular=1)
    pool = AttentionPool1d(space, 2).double()
    identity = torch.eye(2, dtype=torch.float64)[:, :, None]
    layers = pool.weighed.branches[1]
    layers[0].from_kernel(identity)
    layers[2].from_kernel(torch.full((1, 2, 1), 100.0, dtype=torch.float64))
    x = torch.zeros(1, 2, 9, dtype=torch.float64)
    x[0, 0, 3] = 2
    assert torch.allclose(pool(x), torch.tensor([[2.0, 0.0]]).double())


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: RotaryAttention(MIXED, 0, 2), "0 heads of 2 pairs"),
        (lambda: AttentionPool1d(MIXED, 1), "1 scored channels"),
        (lambda: LongConv1d(MIXED, 1), "reach of 1"),
        (lambda: MixerBlock(Conv1d(MIXED, SPACES[1], 1)), "both types must be the same"),
        (lambda: MixerBlock(attention(), 0), "expansion of 0"),
    ],
)
def test_impossible_numbers_and_types_are_refused(make, text):
    with pytest.raises(ValueError, match=text):
        make()

"""Deep trunks and heads of summaries: their shapes, options, costs and what they refuse."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.func import functional_call

from rc_equivariant import (
    AvgPool1d,
    Concatenation,
    Conv1d,
    FlattenLinear,
    MaxPool1d,
    Network,
    NetworkDescription,
    Ordinary,
    Representation,
    SqueezeExcitation,
)
from rc_equivariant.cost import multiply_adds
from rc_equivariant.descriptions.deep_trunks import AttentionTrunk, LongConvolutionTrunk, ResidualTrunk
from rc_equivariant.descriptions.heads import AttentionPoolHead, DenseHead, FlattenHead, Head, ProfileHead
from rc_equivariant.descriptions.symmetry import Symmetry
from rc_equivariant.layers.pooling import window_of
from rc_equivariant.testing import assert_equivariant

REGULAR = Symmetry("regular", 1, 8)
STANDARD = Symmetry("standard", 1, 8)
TRUNKS = {
    "residual": ResidualTrunk(first_width=5, dilations=(1, 1, 2), squeezed=4),
    "residual by 3": ResidualTrunk(first_width=5, dilations=(1, 2), reduction=3, join="concatenation"),
    "attention": AttentionTrunk(first_width=5, reduction=3, heads=2, pairs=2),
    "long convolution": LongConvolutionTrunk(first_width=5, reduction=4, reach=30),
}


def network(trunk, head: Head | None = None, symmetry: Symmetry = REGULAR, window: int = 60) -> Network:
    torch.manual_seed(0)
    return Network(NetworkDescription(symmetry=symmetry, window=window, trunk=trunk, head=head or DenseHead(dense=6)))


def modules(root: nn.Module, kind: type) -> list:
    return [module for module in root.modules() if isinstance(module, kind)]


@pytest.mark.parametrize("window", range(40, 50))
@pytest.mark.parametrize("name", TRUNKS)
def test_any_window_is_pooled_to_the_positions_that_the_description_states(name, window):
    """Windows of any length, without padding, and exactly."""
    built = network(TRUNKS[name], window=window).double()
    kmers = torch.randint(5, (2, window))
    described = built.description
    assert built.trunk(kmers).shape[2] == described.positions == (window - 4) // described.trunk.resolution
    if window in (44, 47):
        assert_equivariant(built, kmers)


@pytest.mark.filterwarnings("ignore:There is a performance drop")
@pytest.mark.parametrize("head", [AttentionPoolHead(dense=6, dropout=0), FlattenHead(dense=6, dropout=0)], ids=str)
@pytest.mark.parametrize("name", TRUNKS)
def test_replicates_train_as_a_stack(name, head):
    """Two copies that share their steps have the gradients of each alone."""
    built, kmers = network(TRUNKS[name], head).double(), torch.randint(5, (4, 60))
    own = dict(built.state_dict(keep_vars=True))
    parameters = {name: p for name, p in built.named_parameters() if p.numel()}
    stack = {name: torch.stack([value.detach()] * 2).requires_grad_(name in parameters) for name, value in own.items()}
    torch.vmap(lambda values: functional_call(built, values, (kmers,)))(stack).square().sum().backward()
    built(kmers).square().sum().backward()
    for name, parameter in parameters.items():
        for gradient in stack[name].grad:
            assert torch.allclose(gradient, parameter.grad, rtol=1e-7, atol=1e-9), name


@pytest.mark.parametrize("name", TRUNKS)
def test_the_narrowest_window_is_that_which_the_refusal_names(name):
    trunk, head = TRUNKS[name], FlattenHead()
    narrowest = trunk.window_for(1, 1)
    assert trunk.positions(1, narrowest) == 1 > trunk.positions(1, narrowest - 1)
    assert network(trunk, head, window=narrowest)
    with pytest.raises(ValueError, match=f"take windows of {narrowest} bases or more"):
        network(trunk, head, window=narrowest - 1)


@pytest.mark.parametrize("length", range(4, 30))
@pytest.mark.parametrize("stride", [1, 2, 3, 4])
def test_windows_of_pooling_begin_and_end_with_the_positions(length, stride):
    width = window_of(length, stride)
    assert (length - width) % stride == 0
    assert (length - width) // stride + 1 == length // stride
    assert stride <= width < 2 * stride


def test_a_dilated_trunk_keeps_the_length_for_profiles():
    trunk = ResidualTrunk(first_width=5, dilations=(1, 2, 4, 8), reduction=1)
    built = network(trunk, ProfileHead(profile_width=7)).double()
    kmers = torch.randint(5, (3, 60))
    assert built.trunk(kmers).shape[2] == 56
    assert_equivariant(built, kmers)
    convolutions = [m for m in modules(built.trunk, Conv1d) if m.kernel_size == trunk.residual_width]
    assert [m.dilation for m in convolutions] == [1, 2, 4, 8]


def test_options_change_what_they_say():
    def trunk(**options) -> nn.Module:
        return network(ResidualTrunk(first_width=5, **options)).trunk

    plain = trunk()
    assert len(modules(plain, SqueezeExcitation)) == 2
    assert len(modules(plain, AvgPool1d)) == 1
    grouped = [m for m in modules(plain, Conv1d) if m.kernel_size == 7]
    assert [(m.groups, m.in_type) for m in grouped] == [(4, Representation(regular=8))] * 2
    assert not modules(trunk(squeezed=0), SqueezeExcitation)
    assert len(modules(trunk(blocks=3), SqueezeExcitation)) == 6
    assert len(modules(trunk(join="concatenation"), Concatenation)) == 2
    assert not modules(plain, Concatenation)
    assert len(modules(trunk(pool="max"), MaxPool1d)) == 1
    assert not modules(trunk(reduction=1), AvgPool1d)
    wide = [m for m in modules(trunk(expansion=3), Conv1d) if m.kernel_size == 7]
    assert {m.in_type for m in wide} == {Representation(regular=12)}


def test_maxima_between_stages_are_exact():
    for symmetry in (REGULAR, Symmetry("irrep", 1, 8, 1.0)):
        built = network(ResidualTrunk(first_width=5, pool="max"), symmetry=symmetry).double()
        assert_equivariant(built, torch.randint(4, (3, 60), generator=torch.Generator().manual_seed(1)))


@pytest.mark.parametrize(
    ("symmetry", "options", "text"),
    [
        (REGULAR, {"groups": 5}, "5 groups do not divide the 16 channels"),
        (Symmetry("irrep", 1, 5, 0.6), {"groups": 4}, "4 groups do not divide the 10 channels"),
        (Symmetry("irrep", 1, 8, 0.5), {"pool": "max"}, "the maximum of -1 channels is not equivariant"),
        (Symmetry("regular", 6, 8), {}, "holds no 6-mer"),
        (REGULAR, {"dilations": ()}, "dilations is empty"),
        (REGULAR, {"squeezed": 1}, "squeezed is 1"),
        (REGULAR, {"residual_width": 4}, "residual_width is 4: it must be odd"),
    ],
)
def test_what_cannot_be_equivariant_is_refused(symmetry, options, text):
    with pytest.raises(ValueError, match=text):
        network(ResidualTrunk(first_width=5, **options), symmetry=symmetry)


@pytest.mark.parametrize("expansion", [1, 3])
def test_odd_channels_of_irreps_are_widened_to_pairs(expansion):
    trunk = ResidualTrunk(first_width=5, expansion=expansion, groups=2)
    built = network(trunk, symmetry=Symmetry("irrep", 1, 5, 0.6)).double()
    assert_equivariant(built, torch.randint(5, (3, 60)))


def test_plus_and_minus_channels_meet_within_a_block():
    """A block of +1 and -1 channels changes what one kind gives if the other changes."""
    block = network(ResidualTrunk(first_width=5), symmetry=Symmetry("irrep", 1, 8, 0.5)).eval().trunk.features[1]
    x = torch.randn(1, 8, 20)
    for changed, read in ((slice(0, 4), slice(4, 8)), (slice(4, 8), slice(0, 4))):
        other = x.clone()
        other[:, changed] += 1
        assert not torch.allclose(block(other)[:, read], block(x)[:, read], atol=1e-4)


def test_the_cost_of_a_residual_network_by_hand():
    """60 bases give 56 positions, then 28; a block widens 8 channels to 16 and squeezes them to 4."""
    squeeze = 16 * 4 + 4 * 16
    block = lambda length: length * (8 * 16 + 16 * 4 * 7 + 16 * 8) + squeeze  # noqa: E731
    expected = 56 * 8 * 5 + block(56) + block(28) + 2 * 8 * 6 + 6
    trunk = ResidualTrunk(first_width=5, squeezed=4)
    assert multiply_adds(network(trunk, symmetry=STANDARD)) == expected
    # Gates of a regular network are one for each pair, and strands are merged before the dense layer.
    gates = 2 * 4 * 8
    assert multiply_adds(network(trunk)) == expected - gates - 2 * 4 * 6


def test_the_cost_of_an_attention_network_by_hand():
    trunk = AttentionTrunk(first_width=5, reduction=4, blocks=1, heads=2, pairs=3)
    length, inner = 14, 2 * 2 * 3
    block = length * (8 * 3 * inner + inner * 8 + 2 * 8 * 16) + 2 * length**2 * inner
    pooled = length * (8 * 16 + 16 * 8) + 8 * 6 + 6
    found = multiply_adds(network(trunk, AttentionPoolHead(dense=6), STANDARD))
    assert found == 56 * 8 * 5 + block + pooled


def test_heads_of_summaries_learn_from_minus_channels_too():
    """Merging strands before the hidden layer would lose what -1 channels say of both strands."""
    for head in (AttentionPoolHead(dense=6, dropout=0), FlattenHead(dense=6, dropout=0)):
        built = network(TRUNKS["residual"], head, Symmetry("irrep", 1, 8, 0.5)).eval()
        x = torch.randn(2, 8, built.description.positions)
        changed = x.clone()
        changed[:, 4:] *= 2
        assert not torch.allclose(built.head(changed), built.head(x), atol=1e-4)


def test_the_flatten_head_knows_positions_and_attention_pooling_does_not():
    flat, pooled = (network(TRUNKS["residual"], head).eval() for head in (FlattenHead(dense=6), AttentionPoolHead()))
    x = torch.randn(2, 8, flat.description.positions)
    assert torch.allclose(pooled.head(x.roll(3, 2)), pooled.head(x), atol=1e-5)
    assert not torch.allclose(flat.head(x.roll(3, 2)), flat.head(x), atol=1e-3)
    assert len(modules(flat.head, FlattenLinear)) == 1


def test_embeddings_are_those_of_both_strands():
    for head in (AttentionPoolHead(dense=6), FlattenHead(dense=6)):
        built = network(TRUNKS["attention"], head).double().eval()
        kmers = torch.randint(4, (3, 60))
        embedded = built.embed(kmers)
        assert embedded.shape == (3, 6)
        assert torch.allclose(built.embed(built.encoding.act(kmers)), embedded, rtol=1e-11, atol=1e-12)
        assert built.out_type == Ordinary(1)

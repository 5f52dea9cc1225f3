"""Branches, gates, group norm, resampling and sharing over strands, against their definitions and torch's layers."""

from __future__ import annotations

import pytest
import torch
from rc_features import EXACT, MIXED, features
from torch import nn
from torch.func import functional_call

from rc_equivariant import (
    BatchNorm1d,
    ChannelScale,
    Concatenation,
    Conv1d,
    ConvTranspose1d,
    FlattenLinear,
    GatedUnit,
    GlobalAvgPool1d,
    GroupNorm,
    Identity,
    KmerConv1d,
    KmerEncoding,
    Linear,
    Ordinary,
    Product,
    Representation,
    Sequential,
    SharedOverStrands,
    SqueezeExcitation,
    Sum,
    Upsample,
    gates_for,
    product,
    split,
)
from rc_equivariant.cost import multiply_adds
from rc_equivariant.testing import all_representations, random_features

OTHER = Representation(1, 2, 1)
SMALL = all_representations(4)


def close(found, expected):
    return torch.allclose(found, expected, rtol=EXACT, atol=EXACT)


def perturbed(layer: nn.Module) -> nn.Module:
    torch.manual_seed(0)
    for parameter in layer.double().parameters():
        parameter.data.add_(torch.randn_like(parameter), alpha=0.3)
    return layer


# Branches


def test_branches_are_joined_as_stated():
    first, second = perturbed(Conv1d(MIXED, MIXED, 3)), perturbed(Conv1d(MIXED, MIXED, 5))
    x = features(MIXED, 12)
    left, right = first(x)[..., 1:-1], second(x)
    assert close(Sum(first, second)(x), left + right)
    assert close(Product(first, second)(x), product([MIXED, MIXED], [left, right]))
    parts = split([MIXED, MIXED], Concatenation(first, second)(x))
    assert close(parts[0], left) and close(parts[1], right)


def test_features_without_positions_are_read_at_every_position():
    pool, x = GlobalAvgPool1d(MIXED), features(MIXED, 9)
    mean = x.mean(2, keepdim=True).expand_as(x)
    assert close(Sum(Identity(MIXED), pool)(x), x + mean)
    assert close(split([MIXED, MIXED], Concatenation(Identity(MIXED), pool)(x))[1], mean)
    assert Concatenation(pool, pool)(x).shape == (len(x), 2 * MIXED.size)


@pytest.mark.parametrize("length", [11, 12])
def test_branches_keep_the_order_in_memory(length):
    """Channels last, in which the next convolution reads them without a copy."""
    x = features(MIXED, length)
    for make in (Sum, Product, Concatenation):
        y = make(Identity(MIXED), Conv1d(MIXED, MIXED, 3).double())(x)
        assert y.transpose(1, 2).is_contiguous(), make


@pytest.mark.parametrize("container", [Sum, Product, Concatenation])
def test_branches_that_do_not_fit_are_refused(container):
    with pytest.raises(ValueError, match=r"branch 1, Identity, reads .* but branch 0, Identity, reads"):
        container(Identity(MIXED), Identity(OTHER))
    with pytest.raises(ValueError, match=r"module 1 of a .*, ReLU, has no in_type"):
        container(Identity(MIXED), nn.ReLU())
    uneven = container(Identity(MIXED), Conv1d(MIXED, MIXED, 4).double())
    with pytest.raises(ValueError, match=r"give 12, 9 positions, .*must be even"):
        uneven(features(MIXED, 12))


def test_sums_of_unlike_features_and_of_nothing_are_refused():
    with pytest.raises(ValueError, match=r"gives .* cannot be added to the .* of branch 0"):
        Sum(Identity(MIXED), Conv1d(MIXED, OTHER, 3))
    for container in (Sum, Concatenation):
        with pytest.raises(ValueError, match="of no modules has no type"):
            container()


def test_a_gated_unit_is_the_value_times_the_gate():
    value, gate = perturbed(Conv1d(MIXED, MIXED, 3)), perturbed(Conv1d(MIXED, gates_for(MIXED), 3))
    x = features(MIXED, 12)
    gates = torch.sigmoid(gate(x))
    expected = product([MIXED, gates_for(MIXED)], [value(x), gates])
    assert GatedUnit(value, gate).out_type == MIXED
    assert close(GatedUnit(value, gate)(x), expected)


def test_squeeze_and_excitation_of_ordinary_features_is_the_usual_one():
    layer, x = perturbed(SqueezeExcitation(Ordinary(6), 3)), features(Ordinary(6))
    first, second = (module for module in layer.modules() if isinstance(module, Linear))
    gates = torch.sigmoid(second(torch.relu(first(x.mean(2)))))
    assert close(layer(x), x * gates[..., None])


@pytest.mark.parametrize("space", [Representation(sign=3), MIXED], ids=str)
def test_gates_depend_on_sign_channels_and_are_the_same_on_both_strands(space):
    layer, x = perturbed(SqueezeExcitation(space, 4)), features(space)
    gates = layer.branches[1]
    assert close(gates(space.act(x)), gates(x))
    x.requires_grad_()
    gates(x).sum().backward()
    assert (x.grad[:, space.signs < 0] != 0).any()


@pytest.mark.parametrize(("space", "squeezed"), [(MIXED, 1), (Ordinary(4), 0)], ids=str)
def test_gates_of_too_few_channels_are_refused(space, squeezed):
    with pytest.raises(ValueError, match=rf"with {squeezed} squeezed channels is impossible: give at least"):
        SqueezeExcitation(space, squeezed)


def test_partners_share_a_scale():
    layer = ChannelScale(MIXED, 0.1)
    assert layer.scale.numel() == 2 + 1 + 2
    layer.scale.data = torch.arange(1.0, 6.0)
    assert torch.equal(layer.channel_scale(), torch.tensor([1.0, 2.0, 2.0, 1.0, 3.0, 4.0, 5.0]))


# Group norm


@pytest.mark.parametrize("groups", [1, 2, 3, 6])
def test_group_norm_of_ordinary_features_is_that_of_torch(groups):
    ours, theirs = perturbed(GroupNorm(Ordinary(6), groups)), nn.GroupNorm(groups, 6).double()
    theirs.weight.data, theirs.bias.data = ours.scale.data, ours.shift.data
    x = features(Ordinary(6))
    assert close(ours(x), theirs(x))


def test_group_norm_is_its_definition():
    """A group of the pair and the +1 channel, and one of the signs, which are only divided by their size."""
    space = Representation(regular=1, trivial=1, sign=2)
    layer, x = GroupNorm(space, 2, eps=0.0).double(), features(space)
    moved, signs = x[:, :3], x[:, 3:]
    centred = moved - moved.mean((1, 2), keepdim=True)
    expected = [part / part.square().mean((1, 2), keepdim=True).sqrt() for part in (centred, signs)]
    assert close(layer(x), torch.cat(expected, 1))


@pytest.mark.parametrize("groups", [0, 2, 4, 6])
def test_groups_that_would_part_a_pair_are_refused(groups):
    with pytest.raises(ValueError, match=rf"cannot have {groups} groups: its 5 copies .* one of 1, 5"):
        GroupNorm(MIXED, groups)


# Resampling


@pytest.mark.parametrize("space", [MIXED, Ordinary(6)], ids=str)
@pytest.mark.parametrize(("width", "stride", "padding", "dilation"), [(5, 3, 2, 1), (4, 1, 0, 2), (2, 2, 0, 1)])
def test_a_transposed_convolution_is_the_transpose(space, width, stride, padding, dilation):
    """<conv(x), y> = <x, transposed(y)> for the same kernel, whatever x and y."""
    out = Ordinary(4) if isinstance(space, Ordinary) else OTHER
    layer = perturbed(ConvTranspose1d(out, space, width, stride, padding, dilation, bias=False))
    y = features(out, 6)
    x = torch.randn_like(layer(y)).requires_grad_()
    kernel = layer.kernel().transpose(0, 1)
    convolved = nn.functional.conv1d(x, kernel, None, stride, padding, dilation)
    assert close((convolved * y).sum(), (x * layer(y)).sum())
    assert torch.autograd.gradcheck(layer, (y[:1, :, :3].clone().requires_grad_(),))


def test_a_grouped_transposed_convolution_exports_alike():
    layer, x = perturbed(ConvTranspose1d(Ordinary(4), Ordinary(6), 3, 2, groups=2)), features(Ordinary(4))
    assert close(layer.export()(x), layer(x))


def test_initial_transposed_convolutions_keep_the_variance():
    torch.manual_seed(0)
    squares = [ConvTranspose1d(MIXED, OTHER, 6, 3)(torch.randn(20, MIXED.size, 90)).square().mean() for _ in range(80)]
    assert float(torch.stack(squares).mean().detach()) == pytest.approx(2, rel=0.1)


def test_positions_are_repeated():
    x = torch.arange(6.0).view(1, 2, 3)
    repeated = Upsample(Ordinary(2), 2)(x)
    assert torch.equal(repeated, torch.tensor([[[0.0, 0, 1, 1, 2, 2], [3, 3, 4, 4, 5, 5]]]))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Upsample(MIXED, 0), "factor of 0"),
        (lambda: ConvTranspose1d(MIXED, OTHER, 3, stride=0), "stride 0 .* must be 1 or more"),
        (lambda: ConvTranspose1d(MIXED, OTHER, 3, padding=-1), "padding -1 at least 0"),
        (lambda: ConvTranspose1d(MIXED, Ordinary(3), 3), "StrandMerge"),
        (lambda: ConvTranspose1d(MIXED, OTHER, 3, padding=2)(torch.zeros(1, MIXED.size, 2)), "leaves 0 positions of 2"),
        (lambda: SharedOverStrands(nn.ReLU(), Ordinary(3), 3), "no other strand"),
        (lambda: SharedOverStrands(nn.ReLU(), MIXED, 3)(torch.zeros(2, MIXED.size, 5)), r"ReLU gives .*\(4, 3\)"),
    ],
)
def test_impossible_numbers_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# Any module over both strands


@pytest.mark.parametrize("with_positions", [True, False])
def test_both_strands_pass_through_the_same_module(with_positions):
    pooled = [] if with_positions else [nn.AdaptiveAvgPool1d(1), nn.Flatten()]
    module = nn.Sequential(nn.Conv1d(MIXED.size, 3, 4), nn.ReLU(), *pooled).double()
    layer, x = SharedOverStrands(module, MIXED, 3), features(MIXED)
    y = layer(x)
    turned = module(MIXED.act(x))
    assert close(y[:, :3], module(x))
    assert close(y[:, 3:], turned.flip(1, 2) if with_positions else turned.flip(1))


# Kernels from elsewhere


@pytest.mark.parametrize("in_type", SMALL[::3], ids=str)
@pytest.mark.parametrize("out_type", [MIXED, Representation(sign=2), Representation(2)], ids=str)
def test_a_kernel_from_elsewhere_becomes_the_nearest_equivariant_one(in_type, out_type):
    """Its mean with its reverse complement, the orthogonal projection; an equivariant one stays as it is."""
    layer = perturbed(Conv1d(in_type, out_type, 4))
    given, bias = torch.randn(layer.tying.shape, dtype=torch.float64), torch.randn(out_type.size, dtype=torch.float64)
    signs = out_type.signs.double()[:, None, None] * in_type.signs.double()[:, None]
    mirrored = signs * given[out_type.partner][:, in_type.partner].flip(2)
    assert layer.from_kernel(given, bias) is layer
    assert close(layer.kernel(), (given + mirrored) / 2)
    assert close(layer.channel_bias(), (bias + out_type.signs * bias[out_type.partner]) / 2)
    kernel = layer.kernel().detach().clone()
    assert close(layer.from_kernel(kernel).kernel(), kernel)
    assert not layer.channel_bias().any()


@pytest.mark.parametrize("length", [1, 6, 7])
@pytest.mark.parametrize("in_type", [MIXED, Representation(2), Representation(trivial=1, sign=2), Ordinary(3)], ids=str)
def test_a_flattening_takes_the_nearest_kernel_as_a_convolution_does(in_type, length):
    for out_type in (Ordinary(4),) if isinstance(in_type, Ordinary) else (OTHER, Representation(2)):
        given = torch.randn(out_type.size, in_type.size, length, dtype=torch.float64)
        bias, x = torch.randn(out_type.size, dtype=torch.float64), features(in_type, length)
        flat = FlattenLinear(in_type, out_type, length).double().from_kernel(given, bias)
        convolution = Conv1d(in_type, out_type, length).double().from_kernel(given, bias)
        assert close(flat(x), convolution(x)[..., 0])
    with pytest.raises(ValueError, match="does not fit: give one of shape"):
        flat.from_kernel(given[:, :, :0])


def test_an_ordinary_layer_of_torch_is_taken_over():
    theirs = nn.Conv1d(4, 6, 5).double()
    x = features(Ordinary(4))
    assert close(Conv1d(Ordinary(4), Ordinary(6), 5).double().from_kernel(theirs.weight, theirs.bias)(x), theirs(x))
    linear = nn.Linear(4, 6).double()
    ours = Linear(Ordinary(4), Ordinary(6)).double().from_kernel(linear.weight[..., None], linear.bias)
    assert close(ours(x[..., 0]), linear(x[..., 0]))
    look_up = KmerConv1d(KmerEncoding(1), Ordinary(6), 5).double().from_kernel(theirs.weight, theirs.bias)
    codes = torch.randint(4, (2, 20))
    one_hot = nn.functional.one_hot(codes, 4).transpose(1, 2).double()
    assert close(look_up(codes), theirs(one_hot))


def test_kernels_that_do_not_fit_are_refused():
    layer = Conv1d(MIXED, OTHER, 3, bias=False)
    with pytest.raises(ValueError, match=r"shape \(5, 7, 4\) does not fit: give one of shape \(5, 7, 3\)"):
        layer.from_kernel(torch.zeros(5, 7, 4))
    with pytest.raises(ValueError, match="has no bias to take"):
        layer.from_kernel(torch.zeros(5, 7, 3), torch.zeros(5))


# Stacks and costs


def block(space) -> Sequential:
    """One of each of the layers above, between convolutions."""
    gated = GatedUnit(Conv1d(space, space, 4), Conv1d(space, gates_for(space), 4))
    return Sequential(
        gated,
        GroupNorm(space, 1),
        Sum(Identity(space), Sequential(Conv1d(space, space, 3), BatchNorm1d(space), ChannelScale(space, 0.5))),
        SqueezeExcitation(space, 4),
        Concatenation(Identity(space), GlobalAvgPool1d(space)),
        Upsample(space + space, 2),
        ConvTranspose1d(space + space, space, 4, 2),
        SharedOverStrands(nn.Conv1d(space.size, 3, 3), space, 3)
        if isinstance(space, Representation)
        else Identity(space),
    )


@pytest.mark.filterwarnings("error:There is a performance drop")
@pytest.mark.parametrize("space", [MIXED, Ordinary(6)], ids=str)
def test_stacked_blocks_are_each_as_it_is_alone(space):
    """Outputs and gradients of three trainings that share their steps, by torch.vmap as in training."""
    networks = [perturbed(block(space)) for _ in range(3)]
    for seed, network in enumerate(networks):
        torch.manual_seed(seed)
        for parameter in network.parameters():
            parameter.data.add_(torch.randn_like(parameter), alpha=0.3)
    x = torch.stack([features(space, 12, seed=seed) for seed in range(3)])
    own = [dict(network.state_dict(keep_vars=True)) for network in networks]
    names = [name for name, _ in networks[0].named_parameters()]
    values = {name: torch.stack([each[name].detach() for each in own]).requires_grad_(name in names) for name in own[0]}
    together = torch.vmap(lambda value, inputs: functional_call(block_of_all, value, inputs))
    block_of_all = block(space).double()
    y = together(values, x)
    y.square().sum().backward()
    for number, network in enumerate(networks):
        expected = network(x[number])
        expected.square().sum().backward()
        assert torch.allclose(y[number], expected, rtol=1e-9, atol=1e-10)
        for name, parameter in network.named_parameters():
            assert torch.allclose(values[name].grad[number], parameter.grad, rtol=1e-8, atol=1e-9), name


@pytest.mark.parametrize("space", [MIXED, Ordinary(6)], ids=str)
def test_exported_blocks_compile_to_torchscript(space):
    network, x = perturbed(block(space)).eval(), features(space)
    scripted = torch.jit.script(network.export())
    assert close(scripted(x), network(x))


def test_the_blocks_cost_what_their_convolutions_do():
    space, length = Ordinary(6), 12
    gated = 2 * 6 * 6 * 4 * 9
    residual, squeezed = 6 * 6 * 3 * 7, 2 * 6 * 4
    transposed = 12 * 14 * 6 * 4
    x = random_features(space, 2, length, torch.Generator().manual_seed(0))
    assert multiply_adds(block(space), x) == gated + residual + squeezed + transposed


def test_a_shared_module_costs_twice():
    conv = nn.Conv1d(MIXED.size, 3, 4)
    x = torch.zeros(1, MIXED.size, 10)
    assert multiply_adds(SharedOverStrands(conv, MIXED, 3), x) == 2 * multiply_adds(conv, x) == 2 * 3 * 7 * 7 * 4

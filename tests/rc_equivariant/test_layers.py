"""Dropout, pooling, containers and activations commute with reverse complement and compute what they should."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from rc_features import EXACT, MIXED, MOVED, features, signed_square
from torch import nn

from rc_equivariant import (
    Activation,
    AvgPool1d,
    Conv1d,
    Dropout,
    Gate,
    GlobalAvgPool1d,
    LayerNorm,
    MaxPool1d,
    Ordinary,
    Representation,
    Residual,
    Sequential,
    StrandMerge,
)


def with_sign(feature_type):
    return feature_type + Representation(sign=1)


def without_sign(feature_type):
    return Representation(feature_type.regular, feature_type.trivial + feature_type.sign)


#: Layers made of any representation.
LAYERS = {
    "relu and tanh": Activation,
    "gelu and softsign": lambda t: Activation(t, "gelu", "softsign"),
    "trainable and callable": lambda t: Activation(t, nn.PReLU(), signed_square),
    "gate": lambda t: Gate(with_sign(t)),
    "gate of functions": lambda t: Gate(with_sign(t), torch.sin, "softplus"),
    "dropout": lambda t: Dropout(t, 0.4),
    "average": lambda t: AvgPool1d(t, 4),
    "padded average": lambda t: AvgPool1d(t, 4, 2, 1),
    "maximum": lambda t: MaxPool1d(without_sign(t), 4, 1),
    "global average": GlobalAvgPool1d,
    "layer norm": LayerNorm,
    "residual": lambda t: Residual(Sequential(Conv1d(t, t, 3), Activation(t), Conv1d(t, t, 5, padding=1))),
}
#: Of layers that take only some.
LENGTHS = {"average": 12, "padded average": 12}


def built(name, feature_type):
    """The layer, with parameters that are all different, in float64."""
    layer = LAYERS[name](feature_type).double()
    for parameter in layer.parameters():
        parameter.data += torch.linspace(0.1, 0.5, parameter.numel(), dtype=torch.float64).view_as(parameter)
    return layer


def difference_between_strands(layer, x, reverse):
    """Largest difference between layer(RC x) and RC layer(x), where ``reverse`` says which samples are RC'd."""

    def act_on_some(space, z):
        return torch.where(reverse.view(-1, *[1] * (z.dim() - 1)), space.act(z), z)

    torch.manual_seed(1)
    expected = act_on_some(layer.out_type, layer(x))
    torch.manual_seed(1)
    return float((layer(act_on_some(layer.in_type, x)) - expected).detach().abs().max())


@st.composite
def any_representation(draw):
    return Representation(*draw(st.tuples(*[st.integers(0, 3)] * 3).filter(any)))


@pytest.mark.parametrize("name", LAYERS)
@given(any_representation(), st.integers(9, 12), st.booleans(), st.booleans(), st.lists(st.booleans(), min_size=6))
@settings(max_examples=15)
def test_layers_commute_with_reverse_complement(name, feature_type, length, training, channels_last, reverse):
    layer = built(name, feature_type).train(training)
    x = features(layer.in_type, LENGTHS.get(name, length), channels_last=channels_last)
    assert difference_between_strands(layer, x, torch.tensor(reverse[:6])) < EXACT


@pytest.mark.parametrize("name", LAYERS)
def test_layers_keep_channels_last_and_give_the_same_from_either_memory_order(name):
    layer = built(name, MIXED).eval()
    y, of_contiguous = layer(features(layer.in_type)), layer(features(layer.in_type, channels_last=False))
    assert torch.allclose(y, of_contiguous, rtol=0, atol=EXACT)
    assert y.dim() == 2 or y.transpose(1, 2).is_contiguous()


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("feature_type", [MIXED, MOVED, Representation(sign=3)], ids=str)
def test_exports_are_scriptable_and_the_same_function(name, feature_type):
    layer = built(name, feature_type).eval()
    x = features(layer.in_type)
    exported = layer.export().eval()
    assert not [m for m in exported.modules() if hasattr(m, "in_type")]
    assert torch.allclose(torch.jit.script(exported)(x), layer(x), rtol=0, atol=EXACT)


def test_exports_share_no_parameters_with_the_layer():
    layer = Sequential(Activation(MOVED, nn.PReLU()), LayerNorm(MOVED))
    ours = {p.data_ptr() for p in layer.parameters()}
    assert len(ours) == 3
    assert ours.isdisjoint(p.data_ptr() for p in layer.export().parameters())


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (AvgPool1d(Ordinary(3), 4, 3, 1), nn.AvgPool1d(4, 3, 1)),
        (AvgPool1d(Ordinary(3), 5), nn.AvgPool1d(5)),
        (MaxPool1d(Ordinary(3), 4, 3), nn.MaxPool1d(4, 3)),
        (MaxPool1d(Ordinary(3), 5), nn.MaxPool1d(5)),
        (Dropout(Ordinary(3), 0.3), nn.Dropout(0.3)),
        (Sequential(Activation(Ordinary(3)), AvgPool1d(Ordinary(3), 2)), nn.Sequential(nn.ReLU(), nn.AvgPool1d(2))),
    ],
    ids=lambda module: type(module).__name__,
)
def test_layers_on_ordinary_features_are_those_of_torch(ours, theirs):
    results = []
    for module in (ours, theirs):
        x = features(Ordinary(3), 13, channels_last=False).requires_grad_()
        torch.manual_seed(5)
        y = module(x)
        y.square().sum().backward()
        results.append((y, x.grad))
    for mine, torchs in zip(*results, strict=True):
        assert torch.allclose(mine, torchs, rtol=0, atol=EXACT)


def test_pooling_by_hand():
    x = torch.tensor([[[1.0, 5.0, 2.0, -6.0]]])
    alone = Representation(trivial=1)
    assert MaxPool1d(alone, 2)(x).tolist() == [[[5.0, 2.0]]]
    assert AvgPool1d(alone, 2, padding=1)(x).tolist() == [[[0.5, 3.5, -3.0]]]
    assert GlobalAvgPool1d(alone)(x).tolist() == [[0.5]]


def test_residual_by_hand():
    x = torch.tensor([[[1.0, 5.0, 2.0, -6.0, 3.0]]])
    alone = Representation(trivial=1)
    assert Residual(MaxPool1d(alone, 3, 1))(x).tolist() == [[[5.0 + 5.0, 2.0 + 5.0, -6.0 + 3.0]]]


@pytest.mark.parametrize("layer", [MaxPool1d(MOVED, 4), AvgPool1d(MOVED, 4)], ids=["maximum", "average"])
def test_gradients_reach_pooling_channels_last(layer):
    """Where they do not, the backward of torch's pooling takes several times as long."""
    y = layer(features(MOVED).requires_grad_())
    node = y.grad_fn
    while "Pool2D" not in node.name():
        node = node.next_functions[0][0]
    gradients = []
    node.register_prehook(gradients.extend)
    y.backward(torch.ones(y.shape, dtype=y.dtype))
    assert [gradient.is_contiguous(memory_format=torch.channels_last) for gradient in gradients] == [True]


# Dropout


@pytest.mark.parametrize("length", [4, 5])
@pytest.mark.parametrize(("p", "dtype"), [(0.3, torch.float32), (0.01, torch.bfloat16)])
def test_dropout_draws_once_an_orbit_and_drops_the_share_p_of_every_value(length, p, dtype):
    batch = 20_000
    torch.manual_seed(0)
    mask = Dropout(MIXED, p)(torch.ones(batch, MIXED.size, length, dtype=dtype)).double()
    dropped = mask == 0
    assert (mask[~dropped] == float(torch.tensor(1 / (1 - p), dtype=dtype))).all()
    mirrored = dropped[:, MIXED.partner].flip(-1)
    assert torch.equal(dropped, mirrored)
    deviation = math.sqrt(p * (1 - p) / batch)
    assert ((dropped.double().mean(0) - p).abs() < 5 * deviation).all()
    assert abs(float(dropped.double().mean()) - p) < 5 * deviation / math.sqrt(mask[0].numel() / 2)
    correlation = torch.corrcoef(dropped.double().flatten(1).T)
    entries = torch.arange(MIXED.size * length).view(MIXED.size, length)
    image = entries[MIXED.partner].flip(-1).flatten()
    other_orbit = (entries.flatten()[:, None] != entries.flatten()) & (image[:, None] != entries.flatten())
    assert (correlation[other_orbit].abs() < 5 / math.sqrt(batch)).all()


def test_dropout_keeps_the_mean_and_draws_again_at_every_call():
    x = torch.ones(100, MIXED.size, 101)
    layer = Dropout(MIXED)
    torch.manual_seed(0)
    first, second = layer(x), layer(x)
    assert not torch.equal(first, second)
    assert abs(float(first.mean()) - 1) < 0.03


@pytest.mark.parametrize("layer", [Dropout(MIXED).eval(), Dropout(MIXED, 0.0), Dropout(Ordinary(7)).eval()])
def test_dropout_changes_nothing_in_evaluation_nor_with_p_0(layer):
    x = features(layer.in_type)
    assert torch.equal(layer(x), x)


# Containers


def test_sequential_is_read_like_a_list():
    layers = [Activation(MIXED), LayerNorm(MIXED), GlobalAvgPool1d(MIXED)]
    sequence = Sequential(*layers)
    assert len(sequence) == 3
    assert list(sequence) == layers
    assert sequence[-1] is layers[-1]
    assert isinstance(sequence[:2], Sequential)
    assert list(sequence[:2]) == layers[:2]
    assert list(sequence.state_dict()) == ["1.scale", "1.shift"]


def test_sequential_has_the_types_of_its_ends():
    sequence = Sequential(Gate(MIXED), StrandMerge(MIXED))
    assert (sequence.in_type, sequence.out_type) == (MIXED + Representation(trivial=2), Ordinary(5))


# Refusals


@pytest.mark.parametrize("p", [-0.1, 1, 1.5, math.nan])
def test_impossible_dropout_is_refused(p):
    with pytest.raises(ValueError, match="p must be at least 0 and less than 1"):
        Dropout(MIXED, p)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: MaxPool1d(MIXED, 2), r"MaxPool1d on 2r\+1p\+2m is not equivariant.*max\(-x\) is not -max\(x\)"),
        (lambda: MaxPool1d(MOVED, 0), "impossible: the first two must be at least 1"),
        (lambda: AvgPool1d(MOVED, 2, 0), "stride 0 .* impossible"),
        (lambda: AvgPool1d(MOVED, 2, padding=2), "padding from 0 to half the kernel size"),
        (lambda: Gate(MOVED), r"2r\+3p has no sign channels to gate: use Activation"),
        (lambda: Gate(Ordinary(3)), "3 ordinary has no sign channels to gate"),
        (lambda: Gate(MIXED, gate=nn.Softmax(1)), "not pointwise"),
        (lambda: Gate(MIXED, "rellu"), "'rellu' is not a function"),
        (lambda: Sequential(), "no modules"),
        (lambda: Sequential(Activation(MIXED), nn.ReLU()), "module 1 of a Sequential, ReLU, has no in_type"),
        (
            lambda: Sequential(Activation(MIXED), Dropout(MIXED), Activation(MOVED)),
            r"module 1, Dropout, gives 2r\+1p\+2m but module 2, Activation, takes 2r\+3p",
        ),
        (
            lambda: Sequential(StrandMerge(Representation(trivial=3)), Activation(Representation(trivial=3))),
            "module 0, StrandMerge, gives 3 ordinary but module 1, Activation, takes 3p",
        ),
        (lambda: Residual(Gate(MIXED)), r"branch from 2r\+3p\+2m to 2r\+1p\+2m cannot be added"),
    ],
)
def test_layers_that_cannot_be_are_refused(make, why):
    with pytest.raises(ValueError, match=why):
        make()


@pytest.mark.parametrize(
    ("layer", "length", "why"),
    [
        (AvgPool1d(MIXED, 4, 3), 12, "AvgPool1d .* is not equivariant on 12 positions: .* 10 or 13"),
        (AvgPool1d(MIXED, 4, 3, 1), 12, "not equivariant on 12 positions: .* 11 or 14"),
        (MaxPool1d(MOVED, 5), 12, "MaxPool1d .* is not equivariant on 12 positions: .* 10 or 15"),
        (Residual(Conv1d(MIXED, MIXED, 4)), 12, "shortens 12 positions to 9: .* even number"),
        (Residual(Conv1d(MIXED, MIXED, 2, padding=1)), 12, "lengthens 12 positions to 13"),
        (Residual(Conv1d(MIXED, MIXED, 1, padding=1)), 12, "lengthens 12 positions to 14"),
    ],
)
def test_lengths_on_which_a_layer_is_not_equivariant_are_refused(layer, length, why):
    with pytest.raises(ValueError, match=why):
        layer(torch.zeros(1, layer.in_type.size, length))


@pytest.mark.parametrize("name", LAYERS)
def test_features_of_another_type_are_refused(name):
    layer = LAYERS[name](MIXED)
    with pytest.raises(ValueError, match=rf"{type(layer).__name__} maps .* needs a tensor .* got \(1, 99, 12\)"):
        layer(torch.zeros(1, 99, 12))

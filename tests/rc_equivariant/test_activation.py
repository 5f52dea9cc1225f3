"""Activations compute what they are told to, and refuse functions that do not commute with reverse complement."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from rc_features import EXACT, MIXED, MOVED, features, signed_square
from torch import nn
from torch.nn import functional

from rc_equivariant import Activation, Gate, Ordinary, Representation
from rc_equivariant.layers.activation import FUNCTIONS, ODD

FUNCTIONALS = {
    "elu": functional.elu,
    "gelu": functional.gelu,
    "hardtanh": functional.hardtanh,
    "identity": lambda x: x,
    "leaky_relu": functional.leaky_relu,
    "relu": functional.relu,
    "sigmoid": torch.sigmoid,
    "silu": functional.silu,
    "softplus": functional.softplus,
    "softsign": functional.softsign,
    "tanh": torch.tanh,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_named_functions_are_those_of_torch(name):
    x = features(Ordinary(3))
    assert torch.equal(Activation(Ordinary(3), name)(x), FUNCTIONALS[name](x))


@pytest.mark.parametrize("name", ODD)
def test_named_odd_functions_are_those_of_torch(name):
    x = features(Representation(sign=3))
    assert torch.equal(Activation(Representation(sign=3), odd_function=name)(x), FUNCTIONALS[name](x))


def test_activation_by_hand():
    x = torch.tensor([[[-1.0, 2.0], [3.0, -4.0], [-5.0, 6.0], [-0.5, 0.5]]])
    y = Activation(Representation(regular=1, trivial=1, sign=1))(x)
    t = math.tanh(0.5)
    assert torch.allclose(y, torch.tensor([[[0.0, 2.0], [3.0, 0.0], [0.0, 6.0], [-t, t]]]))


def test_gate_by_hand():
    gate = Gate(Representation(trivial=1, sign=2), gate="identity")
    assert gate.in_type == Representation(trivial=3, sign=2)
    x = torch.tensor([[[-1.0, 1.0], [2.0, 3.0], [5.0, 7.0], [10.0, -10.0], [100.0, -100.0]]])
    assert torch.equal(gate(x), torch.tensor([[[0.0, 1.0], [20.0, -30.0], [500.0, -700.0]]]))


@pytest.mark.parametrize("channels_last", [True, False])
@given(st.integers(0, 3), st.integers(0, 3), st.integers(1, 3), st.integers(1, 7), st.integers(1, 3))
@settings(max_examples=30)
def test_relu_and_tanh_in_one_pass_is_the_two_functions(channels_last, regular, trivial, sign, length, batch):
    feature_type = Representation(regular, trivial, sign)
    results = []
    for layer in (Activation(feature_type), Activation(feature_type, nn.ReLU(), nn.Tanh())):
        x = features(feature_type, length, batch, channels_last=channels_last).requires_grad_()
        y = layer(x)
        assert torch.equal(x, features(feature_type, length, batch)), "the input was written to"
        (y * torch.arange(1.0, length + 1)).square().sum().backward()
        results.append((y, x.grad))
    for fast, plain in zip(*results, strict=True):
        assert torch.allclose(fast, plain, rtol=EXACT, atol=EXACT)


class Remembering(nn.Module):
    def __init__(self):
        super().__init__()
        self.calls = 0

    def forward(self, x):
        self.calls += 1
        return x * self.calls


@pytest.mark.parametrize(
    ("function", "why"),
    [
        ("rellu", "'rellu' is not a function for these channels: take elu, gelu, .* or a pointwise callable"),
        (nn.Softmax(1), "not pointwise"),
        (nn.Softmax(2), "not pointwise"),
        (lambda x: x.cumsum(2), "not pointwise"),
        (lambda x: x - x.mean(), "not pointwise"),
        (lambda x: x / x.abs().max(), "not pointwise"),
        (lambda x: x * torch.arange(1.0, x.shape[2] + 1), "not pointwise"),
        (nn.PReLU(MOVED.size), "PReLU.* not pointwise.* shared by all channels"),
        (nn.BatchNorm1d(MOVED.size, track_running_stats=False), "not pointwise"),
        (nn.Dropout(0.01), "other values at a second call.* Dropout"),
        (nn.Dropout(0.01).eval(), "other values at a second call"),
        (nn.RReLU(), "other values at a second call"),
        (Remembering(), "other values at a second call"),
        (nn.GLU(2), "fails on numbers"),
        (lambda x: x.sum(1), "keeps the shape"),
        (lambda x: x > 0, "into torch.bool"),
        (lambda x: None, "into NoneType"),
        (nn.Tanh, "fails on numbers"),
        (nn.ReLU(inplace=True), "in place.*inplace=False"),
    ],
)
def test_functions_that_are_not_pointwise_are_refused(function, why):
    with pytest.raises(ValueError, match=why):
        Activation(MOVED, function)


@pytest.mark.parametrize(
    "function",
    [
        nn.ReLU(),
        nn.GELU(),
        nn.SiLU(),
        nn.ELU(),
        nn.LeakyReLU(),
        torch.sigmoid,
        functional.softplus,
        torch.abs,
        torch.square,
        torch.cos,
        lambda x: x + 1e-6,
        lambda x: x.clamp(-100, 200),
        lambda x: torch.where(x < 0, -1, 1).to(x.dtype),
    ],
)
def test_functions_that_are_not_odd_are_refused_on_sign_channels(function):
    with pytest.raises(ValueError, match=r"is not odd: f\(.*\) = .* but f\(.*-1 channels"):
        Activation(MIXED, odd_function=function)
    Activation(MOVED, function, function)


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - set(ODD)))
def test_named_functions_that_are_not_odd_are_refused_on_sign_channels(name):
    with pytest.raises(ValueError, match=f"'{name}' is not a function for these channels: take hardtanh, identity"):
        Activation(MIXED, odd_function=name)


def test_what_training_could_make_uneven_is_refused_on_sign_channels():
    with pytest.raises(ValueError, match=r"PReLU.* trainable parameters, and training could take away that it is odd"):
        Activation(MIXED, odd_function=nn.PReLU(init=1.0))
    frozen = nn.PReLU(init=1.0).double().requires_grad_(False)
    x = features(MIXED)
    assert torch.equal(Activation(MIXED, "identity", frozen)(x), x)


@pytest.mark.parametrize(
    "function", [torch.sin, torch.asinh, torch.sinh, torch.sign, signed_square, nn.Tanhshrink(), nn.Softshrink()]
)
def test_odd_callables_are_taken(function):
    x = features(Representation(sign=2))
    assert torch.equal(Activation(Representation(sign=2), odd_function=function)(x), function(x))


def test_functions_of_channels_that_are_not_there_are_not_looked_at():
    assert Activation(MOVED, odd_function="relu").odd_function is None
    assert Activation(Representation(sign=2), nn.Softmax(1)).function is None


def test_trying_a_function_leaves_it_and_the_generator_as_they_were():
    function = nn.PReLU(init=0.25)
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    Activation(MOVED, function)
    with pytest.raises(ValueError, match="second call"):
        Activation(MOVED, nn.Dropout())
    assert torch.equal(torch.rand(1), expected)
    assert (function.weight.item(), function.weight.dtype, function.training) == (0.25, torch.float32, True)

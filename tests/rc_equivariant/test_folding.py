"""In inference, batch norm is part of the convolution and kernels are expanded once, until a weight changes."""

from __future__ import annotations

import copy
import pickle

import pytest
import torch
from rc_features import MIXED, features

from rc_equivariant import (
    BatchNorm1d,
    Conv1d,
    KmerConv1d,
    KmerEncoding,
    Ordinary,
    Representation,
    Sequential,
)
from rc_equivariant.descriptions.networks import NetworkDescription
from rc_equivariant.kernels import KernelTying
from rc_equivariant.layers.blocks import ConvBlock
from rc_equivariant.networks.network import build

KMERS = KmerEncoding(3)
SPACES = {"mixed": MIXED, "regular": Representation(3), "ordinary": Ordinary(5)}
NETWORKS = [
    (name, representation)
    for name in ("binary", "default", "residual", "attention", "long_convolution", "bag")
    for representation in ("regular", "irrep", "standard")
]


def used(module, x):
    """The module in evaluation mode, after statistics and weights other than those of the start."""
    torch.manual_seed(1)
    module.train()
    for _ in range(3):
        module(x)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.2)
    return module.eval()


def layers_of(space):
    torch.manual_seed(0)
    return {
        "convolution": Sequential(Conv1d(space, space, 3), BatchNorm1d(space)),
        "without bias": Sequential(Conv1d(space, space, 4, bias=False), BatchNorm1d(space), Conv1d(space, space, 1)),
        "deviation": Sequential(Conv1d(space, space, 3), BatchNorm1d(space, eps=1e-4, eps_on_deviation=True)),
        "block": ConvBlock(Conv1d(space, space, 3, padding="same")),
    }


def apart(module, x):
    """What the layers give one after the other."""
    parts = list(module) if isinstance(module, Sequential) else [module.convolution, module.norm, module.activation]
    for part in parts:
        x = part(x)
    return x


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("kind", ["convolution", "without bias", "deviation", "block"])
@pytest.mark.parametrize("space", SPACES)
def test_a_folded_norm_is_the_same_function_and_stays_equivariant(space, kind, dtype):
    space = SPACES[space]
    x = features(space, 30, batch=4).to(dtype)
    module = used(layers_of(space)[kind].to(dtype), x)
    tolerance = 1e-5 if dtype is torch.float32 else 1e-10
    with torch.inference_mode():
        for _ in range(2):
            y = module(x)
            assert torch.allclose(y, apart(module, x), rtol=tolerance, atol=tolerance)
            assert torch.allclose(module(space.act(x)), space.act(y), rtol=0, atol=tolerance)


def test_a_norm_after_kmers_is_folded_into_the_table():
    kmers = torch.randint(0, KMERS.size + 1, (4, 30))
    module = used(Sequential(KmerConv1d(KMERS, MIXED, 4), BatchNorm1d(MIXED)).double(), kmers)
    with torch.inference_mode():
        assert torch.allclose(module(kmers), apart(module, kmers), rtol=0, atol=1e-10)


@pytest.mark.parametrize(("name", "representation"), NETWORKS)
def test_inference_gives_what_evaluation_with_gradients_gives(name, representation):
    plus = 0.5 if representation == "irrep" else None
    network = build(NetworkDescription.named(name, representation, 2, 8, 90, plus_fraction=plus)).double()
    encoding = KmerEncoding(2)
    kmers = encoding.indices(torch.randint(0, 5, (6, 90)))
    used(network, kmers)
    expected = network(kmers).detach()
    with torch.inference_mode():
        for _ in range(2):
            assert torch.allclose(network(kmers), expected, rtol=0, atol=1e-10)
        if representation != "standard":
            assert torch.allclose(network(encoding.act(kmers)), expected, rtol=0, atol=1e-10)


def test_a_kernel_is_expanded_once_for_all_batches_of_inference(monkeypatch):
    network = build(NetworkDescription.named("default", "regular", 2, 8, 90)).eval()
    kmers = torch.randint(0, 16, (3, 89))
    calls = []
    expand = KernelTying.expand
    monkeypatch.setattr(KernelTying, "expand", lambda tying, free: calls.append(tying) or expand(tying, free))
    with torch.inference_mode():
        network(kmers)
        assert calls
        calls.clear()
        network(kmers)
        network(kmers[:1])
        assert not calls
    network(kmers)
    assert calls


def scaled_in_place(network):
    with torch.no_grad():
        next(network.parameters()).mul_(2)


def scaled_behind_autograd(network):
    next(network.parameters()).data.mul_(2)


def replaced(network):
    first = next(network.parameters())
    first.data = first.data * 2


def optimised(network, kmers):
    network.train()
    network(kmers).sum().backward()
    torch.optim.SGD(network.parameters(), 0.1).step()
    network.eval()


def loaded(network):
    network.load_state_dict({name: value * 2 for name, value in network.state_dict().items()})


def renormed(network):
    for module in network.modules():
        if isinstance(module, BatchNorm1d):
            module.running_mean += 0.5
            module.running_variance *= 3


CHANGES = {
    "in place": scaled_in_place,
    "through .data": scaled_behind_autograd,
    "another tensor": replaced,
    "an optimiser": optimised,
    "loading": loaded,
    "statistics": renormed,
    "another dtype": lambda network: network.float(),
    "a training batch": lambda network, kmers: (network.train(), network(kmers), network.eval()),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", ["binary", "default", "residual"])
def test_no_kernel_is_out_of_date(name, change):
    network = build(NetworkDescription.named(name, "regular", 1, 8, 90)).double().eval()
    kmers = torch.randint(0, 4, (3, 90))
    with torch.inference_mode():
        before = network(kmers)
    arguments = (kmers,) if change in ("an optimiser", "a training batch") else ()
    CHANGES[change](network, *arguments)
    expected = network(kmers).detach()
    with torch.inference_mode():
        after = network(kmers)
    assert torch.allclose(after, expected, rtol=1e-5 if after.dtype is torch.float32 else 1e-10, atol=1e-10)
    assert change == "another dtype" or not torch.allclose(before, after.double(), rtol=1e-6)


def test_training_after_inference_has_the_gradients_of_training_alone():
    networks = [build(NetworkDescription.named("default", "regular", 1, 8, 90)).double() for _ in range(2)]
    networks[1].load_state_dict(networks[0].state_dict())
    kmers = torch.randint(0, 4, (3, 90))
    with torch.inference_mode():
        networks[0].eval()(kmers)
    for network in networks:
        torch.manual_seed(0)
        network.train()(kmers).sum().backward()
    for first, second in zip(*(network.parameters() for network in networks), strict=True):
        assert torch.equal(first.grad, second.grad)


def test_copies_and_files_have_no_kernels():
    network = Sequential(Conv1d(MIXED, MIXED, 3), BatchNorm1d(MIXED), Conv1d(MIXED, MIXED, 1)).eval()
    x = features(MIXED, 9, batch=2).float()
    with torch.inference_mode():
        expected = network(x)
    assert list(network.state_dict()) == list(Sequential(*network).state_dict())
    for copied in (copy.deepcopy(network), pickle.loads(pickle.dumps(network))):
        copied.double()
        assert torch.allclose(copied(x.double()).float(), expected, rtol=1e-5, atol=1e-6)


def test_hooks_on_a_layer_still_see_it():
    network = Sequential(Conv1d(MIXED, MIXED, 3), BatchNorm1d(MIXED)).eval()
    seen = []
    network[1].register_forward_hook(lambda module, inputs, output: seen.append(inputs[0].shape))
    network(features(MIXED, 9, batch=2).float())
    assert seen == [(2, MIXED.size, 7)]


def test_stacked_networks_in_inference_are_those_alone():
    networks = [Sequential(Conv1d(MIXED, MIXED, 3), BatchNorm1d(MIXED)).double().eval() for _ in range(3)]
    x = features(MIXED, 9, batch=2)
    tensors = torch.func.stack_module_state(networks)
    own = copy.deepcopy(networks[0])
    with torch.inference_mode():
        own(x)
        together = torch.vmap(lambda parameters, buffers: torch.func.functional_call(own, (parameters, buffers), (x,)))(
            *tensors
        )
        for network, found in zip(networks, together, strict=True):
            assert torch.allclose(network(x), found, rtol=0, atol=1e-10)

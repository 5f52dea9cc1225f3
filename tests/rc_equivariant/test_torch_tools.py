"""Modules under what torch does to them: copies, replicas, functional calls, conversions and several processes."""

from __future__ import annotations

import copy
import sys
import warnings
from pathlib import Path

import hyperbolic_registry
import pytest
import rc_registry
import torch
from distributed_networks import NETWORKS_OF_PROCESSES, STANDARD_NETWORKS, inputs_of_network, run_process
from rc_registry import as_tuple, inputs_of, raw_inputs
from torch import nn
from torch.func import functional_call
from torch.nn.parallel import replicate

from rc_equivariant import (
    Conv1d,
    FlattenLinear,
    KmerConv1d,
    KmerEncoding,
    Linear,
    Representation,
    Sequential,
    StrandAverage,
    export,
)
from rc_equivariant.hyperbolic import Curvature, LorentzBatchNorm1d, LorentzConv1d, LorentzLinear

MODULES = rc_registry.CASES | hyperbolic_registry.CASES
NETWORKS = rc_registry.NETWORKS | hyperbolic_registry.NETWORKS
#: Hyperbolic networks whose layers share a curvature, or have one of each block.
CURVED = [name for name in hyperbolic_registry.NETWORKS if "flat," not in name]


def seen_by(name: str, module: nn.Module) -> list[torch.Tensor]:
    return inputs_of(module, raw_inputs(module, MODULES[name].positions[0], torch.float64))


def outputs(module: nn.Module, inputs: list[torch.Tensor]) -> tuple[torch.Tensor, ...]:
    torch.manual_seed(0)
    with torch.no_grad():
        return as_tuple(module(*inputs))


def moved(module: nn.Module) -> nn.Module:
    """The module with other values in all of its parameters."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.3)
    return module


def assert_same(found, expected) -> None:
    for one, other in zip(found, expected, strict=True):
        assert torch.allclose(one, other, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", MODULES)
def test_a_copy_is_the_same_and_independent(name):
    module = MODULES[name].module(torch.float64).eval()
    inputs = seen_by(name, module)
    expected = outputs(module, inputs)
    copied = copy.deepcopy(module)
    assert_same(outputs(copied, inputs), expected)
    moved(module)
    assert_same(outputs(copied, inputs), expected)


@pytest.mark.parametrize("name", MODULES)
def test_a_state_dictionary_has_each_tensor_once_and_is_all_there_is(name, tmp_path: Path):
    module, other = (MODULES[name].module(torch.float64).eval() for _ in range(2))
    state = moved(module).state_dict()
    places = [(value.data_ptr(), value.numel()) for value in state.values() if value.numel()]
    assert len(set(places)) == len(places)
    torch.save(state, tmp_path / "state.pt")
    other.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    inputs = seen_by(name, module)
    assert_same(outputs(other, inputs), outputs(module, inputs))


@pytest.mark.parametrize("name", MODULES)
def test_a_functional_call_uses_the_given_tensors_alone(name):
    module = MODULES[name].module(torch.float64).eval()
    inputs = seen_by(name, module)
    other = moved(copy.deepcopy(module))
    given = dict(other.named_parameters()) | dict(other.named_buffers())
    assert_same(as_tuple(functional_call(module, given, tuple(inputs))), outputs(other, inputs))


@pytest.mark.parametrize("name", MODULES | STANDARD_NETWORKS)
def test_every_parameter_takes_part(name):
    """DistributedDataParallel waits for the gradient of each, empty ones too."""
    case = (MODULES | STANDARD_NETWORKS)[name]
    module = case.module(torch.float64).train()
    inputs = inputs_of(module, raw_inputs(module, case.positions[0], torch.float64))
    loss = sum(y.sum() for y in as_tuple(module(*inputs)))
    if loss.requires_grad:
        loss.backward()
    assert [name for name, parameter in module.named_parameters() if parameter.grad is None] == []


@pytest.mark.parametrize("name", NETWORKS)
def test_a_replica_has_all_tensors_of_its_own(name, monkeypatch: pytest.MonkeyPatch):
    """As DataParallel makes them, with tensors copied on the CPU in place of GPUs."""
    network = NETWORKS[name].module(torch.float64).eval()
    inputs = seen_by(name, network)
    expected = outputs(network, inputs)

    def copies(tensors, devices, detach=False):
        return [[x.detach().clone() for x in tensors] for _ in devices]

    # A function of this name hides its module.
    monkeypatch.setattr(sys.modules[replicate.__module__], "_broadcast_coalesced_reshape", copies)
    first, second = replicate(network, [0, 1])
    moved(network)
    for replica in (first, second):
        assert_same(outputs(replica, inputs), expected)


@pytest.mark.parametrize("name", CURVED)
def test_parts_of_a_network_have_their_curvature(name):
    """Conversions, optimisers and functional calls of a part reach the k that it computes with."""
    network = hyperbolic_registry.NETWORKS[name].make()
    last = network.trunk.curvatures[-1].log_k
    assert any(parameter is last for parameter in network.head.parameters())
    head = network.head.double()
    assert last.dtype == torch.float64
    features = torch.randn(3, *network.trunk(seen_by(name, network)[0]).shape[1:], dtype=torch.float64)
    expected = head(features)
    assert expected.dtype == torch.float64
    (place,) = (key for key, parameter in head.named_parameters() if parameter is last)
    assert not torch.allclose(functional_call(head, {place: last + 1}, features), expected)


@pytest.mark.parametrize("converted", [0, 1])
def test_layers_of_other_precision_than_their_curvature_keep_their_own(converted):
    """Converting one of two layers that share k converts k, and the other layer computes as before."""
    hidden = Representation(regular=2)
    curvature = Curvature(0.7, learnt=True)
    layers = [LorentzConv1d(hidden, hidden, 3, curvature), LorentzBatchNorm1d(hidden, curvature.borrow())]
    x = torch.randn(2, 4, 7)
    other = layers[1 - converted]
    expected = other(x)
    assert layers[converted].double()(x.double()).dtype == torch.float64
    found = other(x)
    assert found.dtype == torch.float32
    assert torch.allclose(found, expected, atol=1e-5)


PLUS, BOTH, MINUS = (Representation.parse(text) for text in ("4p", "4p+4m", "2m"))
IDLE = {
    "convolution": (lambda: Conv1d(PLUS, BOTH, 1), "4, 5, 6, 7"),
    "linear map": (lambda: Linear(PLUS, BOTH), "4, 5, 6, 7"),
    "linear map of points": (lambda: LorentzLinear(PLUS, BOTH, Curvature()), "4, 5, 6, 7"),
    "constant": (lambda: Linear(MINUS, BOTH), "0, 1, 2, 3"),
    "groups": (lambda: Conv1d(Representation.parse("2p+2m"), Representation.parse("1p+3m"), 1, groups=2), "1"),
    "one position": (lambda: FlattenLinear(PLUS, BOTH, 1), "4, 5, 6, 7"),
    "one position, other sign": (lambda: FlattenLinear(MINUS, Representation.parse("1r+1p+1m"), 1), "2"),
}


@pytest.mark.parametrize("name", IDLE)
def test_outputs_that_no_kernel_reaches_are_named(name):
    make, channels = IDLE[name]
    with pytest.warns(UserWarning, match=f"the output channels {channels} do not depend on the input") as caught:
        layer = make()
    assert [Path(each.filename).name for each in caught] == [Path(__file__).name]
    positions = () if isinstance(layer, Linear) else (1,)
    x = torch.randn(9, layer.in_type.size, *positions)
    varies = layer(x).flatten(1).var(0) > 0
    assert (~varies).nonzero().flatten().tolist() == [int(channel) for channel in channels.split(", ")]


def test_wider_kernels_and_own_networks_warn_of_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Sequential(KmerConv1d(KmerEncoding(2), PLUS, 1), Conv1d(PLUS, BOTH, 2), Conv1d(BOTH, BOTH, 1))
        FlattenLinear(PLUS, BOTH, 2)
        for case in NETWORKS.values():
            case.make()


def test_a_map_of_one_position_that_can_only_be_zero_is_refused():
    with pytest.raises(ValueError, match="only equivariant map of 1 positions from 4p to 2m is zero"):
        FlattenLinear(PLUS, MINUS, 1)


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::UserWarning")
def test_two_processes_train_as_one(tmp_path: Path):
    """Gradients are those of the joint batch, and parameters stay equal while each process sees its own windows."""
    torch.multiprocessing.spawn(run_process, (str(tmp_path),), nprocs=2)
    found = [torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in range(2)]
    assert list(found[0]) == list(NETWORKS_OF_PROCESSES)
    for name, of_first in found[0].items():
        network = NETWORKS_OF_PROCESSES[name].module(torch.float64).eval()
        loss = sum(y.square().mean() for y in as_tuple(network(*inputs_of_network(name, network))))
        expected = torch.autograd.grad(loss, list(network.parameters()))
        for ours, one, other in zip(expected, of_first["gradients"], found[1][name]["gradients"], strict=True):
            assert torch.allclose(one, ours, rtol=1e-9, atol=1e-12), name
            assert torch.equal(one, other)
        start = torch.cat([parameter.detach().flatten() for parameter in network.parameters()])
        assert torch.equal(of_first["trained"], found[1][name]["trained"]), name
        assert not torch.equal(of_first["trained"], start)


def test_exports_of_compiled_modules_are_those_of_the_modules():
    network = StrandAverage(rc_registry.binary("standard", 40)).eval()
    exported, compiled = export(network), export(torch.compile(network, backend="eager"))
    bases = KmerEncoding(1).one_hot(torch.randint(4, (2, 40)))
    assert torch.equal(compiled(bases), exported(bases))

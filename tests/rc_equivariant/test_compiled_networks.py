"""Networks under torch.compile, in training too, and under torch.export.

The backend is aot_eager: it captures forward and backward passes as the default does, but leaves out the generation of
C++ code, which takes one to two minutes for each network on a CPU.
"""

from __future__ import annotations

import copy

import hyperbolic_registry
import pytest
import rc_registry
import torch
from distributed_networks import STANDARD_NETWORKS
from rc_registry import as_tuple, inputs_of, raw_inputs
from torch import Tensor, nn

from rc_equivariant import Conv1d, ConvBlock, Representation, Sequential
from rc_equivariant.hyperbolic import Curvature, LorentzBatchNorm1d

NETWORKS = rc_registry.NETWORKS | hyperbolic_registry.NETWORKS | STANDARD_NETWORKS
QUICK = ["binary network irrep k=3, 41 bp"]
SLOW = [name for name in NETWORKS if name not in QUICK and "40 bp" not in name and "3 classes" not in name]
every_network = pytest.mark.parametrize(
    "name", [*QUICK, *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW)]
)
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning", "ignore::UserWarning")


@pytest.fixture(autouse=True)
def nothing_compiled_before():
    torch.compiler.reset()


def network_and_inputs(name: str) -> tuple[nn.Module, list[Tensor]]:
    case = NETWORKS[name]
    network = case.module(torch.float64)
    return network, inputs_of(network, raw_inputs(network, case.positions[0], torch.float64))


def outputs_and_gradients(network: nn.Module, called: nn.Module, inputs: list[Tensor]) -> list[Tensor]:
    """The outputs of a call, and the gradients by the parameters of the network."""
    torch.manual_seed(0)
    outputs = as_tuple(called(*inputs))
    loss = sum(y.square().mean() for y in outputs)
    return [*outputs, *torch.autograd.grad(loss, list(network.parameters()))]


def assert_close(found: list[Tensor], expected: list[Tensor]) -> None:
    for one, other in zip(found, expected, strict=True):
        assert torch.allclose(one, other, rtol=1e-9, atol=1e-11)


@every_network
def test_a_compiled_network_trains_as_the_network_does(name):
    """Outputs, gradients and running statistics in training mode, then outputs in evaluation mode."""
    network, inputs = network_and_inputs(name)
    twin = copy.deepcopy(network)
    compiled = torch.compile(network, backend="aot_eager")
    assert_close(outputs_and_gradients(network, compiled, inputs), outputs_and_gradients(twin, twin, inputs))
    for key, value in twin.state_dict().items():
        assert torch.allclose(network.state_dict()[key], value, rtol=1e-12), key
    with torch.no_grad():
        assert_close(as_tuple(compiled.eval()(*inputs)), as_tuple(twin.eval()(*inputs)))


@every_network
def test_an_exported_program_gives_the_same_with_gradients(name):
    """Exported while gradients are on, in either mode."""
    network, inputs = network_and_inputs(name)
    if any(isinstance(module, nn.Dropout) for module in network.modules()):
        network.eval()
    for _ in range(2):
        program = torch.export.export(copy.deepcopy(network), tuple(inputs)).module()
        found = outputs_and_gradients(program, program, inputs)
        expected = outputs_and_gradients(network, network, inputs)
        outputs = len(as_tuple(network.out_type))
        by_name = dict(zip(dict(program.named_parameters()), found[outputs:], strict=True))
        assert_close(found[:outputs], expected[:outputs])
        for (key, _), gradient in zip(network.named_parameters(), expected[outputs:], strict=True):
            assert torch.allclose(by_name[key], gradient, rtol=1e-9, atol=1e-11), key
        network.eval()


@pytest.mark.slow
def test_the_default_code_generator_takes_a_small_network():
    hidden = Representation(trivial=2, sign=1)
    network = Sequential(ConvBlock(Conv1d(hidden, hidden, 3, bias=False))).double()
    inputs = [torch.randn(3, 3, 12, dtype=torch.float64)]
    twin = copy.deepcopy(network)
    compiled = torch.compile(network)
    assert_close(outputs_and_gradients(network, compiled, inputs), outputs_and_gradients(twin, twin, inputs))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_running_statistics_of_points_are_updated(dtype):
    layer = LorentzBatchNorm1d(Representation(regular=1), Curvature(0.7)).to(dtype)
    twin, x = copy.deepcopy(layer), torch.randn(4, 2, 7, dtype=dtype)
    torch.compile(layer, backend="aot_eager")(x)
    twin(x)
    for key, value in twin.state_dict().items():
        assert torch.allclose(layer.state_dict()[key], value), key
    assert twin.running_variance != 1

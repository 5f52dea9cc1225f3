"""Under torch.autocast every layer and network trains, near float32, and commutes with reverse complement."""

from __future__ import annotations

import copy

import hyperbolic_registry
import pytest
import rc_registry
import torch
from operations import OPERATIONS
from rc_registry import Case, as_tuple, inputs_of, raw_inputs
from torch import Tensor, nn

from rc_equivariant import Conv1d, ConvBlock, KmerConv1d, KmerEncoding, Representation, Sequential
from rc_equivariant.testing import equivariance_error, gradient_equivariance_error

MODULES = rc_registry.CASES | hyperbolic_registry.CASES
NETWORKS = rc_registry.NETWORKS | hyperbolic_registry.NETWORKS
#: Without a second window, which adds nothing here.
OF_ODD_WINDOW = [name for name in NETWORKS if "40 bp" not in name]
HYPERBOLIC = [name for name in hyperbolic_registry.NETWORKS if "flat," not in name]
#: The largest difference of a gradient from that in float32, relative to its norm: batch norm amplifies rounding.
TOLERANCES = {torch.float16: 0.05, torch.bfloat16: 0.15}
#: Gradients are multiplied by this before the backward pass, so that none of float16 vanishes.
SCALE = 256.0
each_precision = pytest.mark.parametrize("dtype", TOLERANCES, ids=str)


def seen_by(case: Case, module: nn.Module) -> list[Tensor]:
    return inputs_of(module, raw_inputs(module, case.positions[0], torch.float32, ("random",) * 4))


def gradients(module: nn.Module, inputs: list[Tensor], dtype: torch.dtype | None) -> list[Tensor]:
    """The gradients of one training step by parameters and features."""
    module = copy.deepcopy(module).train()
    inputs = [x.clone().requires_grad_() if x.is_floating_point() else x for x in inputs]
    variables = [*module.parameters(), *(x for x in inputs if x.requires_grad)]
    torch.manual_seed(0)
    with torch.autocast("cpu", dtype, enabled=dtype is not None):
        outputs = as_tuple(module(*inputs))
    loss = SCALE * sum(y.float().square().mean() for y in outputs)
    return torch.autograd.grad(loss, variables, materialize_grads=True) if variables else []


def difference(found: list[Tensor], expected: list[Tensor]) -> float:
    joined = [torch.cat([g.flatten() for g in gradients]) for gradients in (found, expected)]
    return float((joined[0] - joined[1]).norm() / joined[1].norm())


@each_precision
@pytest.mark.parametrize("name", MODULES)
def test_every_module_trains_near_float32(name, dtype):
    case = MODULES[name]
    torch.manual_seed(0)
    module = case.make()
    inputs = seen_by(case, module)
    expected, found = gradients(module, inputs, None), gradients(module, inputs, dtype)
    assert all(g.dtype == torch.float32 and g.isfinite().all() for g in found)
    assert not expected or difference(found, expected) <= TOLERANCES[dtype]


@each_precision
@pytest.mark.parametrize("name", OF_ODD_WINDOW)
def test_networks_are_equivariant_within_the_precision(name, dtype):
    case = NETWORKS[name]
    torch.manual_seed(0)
    network = case.make()
    inputs = seen_by(case, network)
    with torch.autocast("cpu", dtype):
        for training in (True, False):
            network.train(training)
            assert equivariance_error(network, *inputs) <= 4 * torch.finfo(dtype).eps
            assert gradient_equivariance_error(network, *inputs) <= 16 * torch.finfo(dtype).eps


@pytest.mark.parametrize("name", HYPERBOLIC)
def test_hyperbolic_networks_stay_in_float32(name):
    """To the bit; their Euclidean counterparts do not."""
    network = NETWORKS[name].make()
    inputs = seen_by(NETWORKS[name], network)
    expected = network(*inputs)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(copy.deepcopy(network).train()(*inputs), expected)
    assert difference(gradients(network, inputs, torch.bfloat16), gradients(network, inputs, None)) == 0


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_backward_pass_computes_in_the_types_of_the_forward_pass(name):
    """Even where autocast is on, as with torch's own operations that decide on a type."""
    operation, *stacks = OPERATIONS[name]
    inputs = [x[0].clone() for x in stacks]
    inputs = [x.float().requires_grad_() if x.is_floating_point() else x for x in inputs]
    wanted = [x for x in inputs if x.requires_grad]
    loss = as_tuple(operation(*inputs))[0].pow(2).sum()
    expected = torch.autograd.grad(loss, wanted, retain_graph=True)
    with torch.autocast("cpu", torch.bfloat16):
        found = torch.autograd.grad(loss, wanted)
    assert all(map(torch.equal, found, expected))


@each_precision
def test_convolutions_are_computed_in_16_bits_and_float64_stays(dtype):
    hidden = Representation(regular=2, sign=1)
    block = Sequential(ConvBlock(KmerConv1d(KmerEncoding(1), hidden, 3)), Conv1d(hidden, hidden, 3))
    kmers = torch.randint(4, (3, 9))
    with torch.autocast("cpu", dtype):
        assert block(kmers).dtype == dtype
        assert block.eval()(kmers).dtype == dtype
        assert block.double()(kmers).dtype == torch.float64


@each_precision
@pytest.mark.parametrize("name", [name for name in OPERATIONS if "point" not in name])
def test_stacks_under_autocast_are_their_networks(name, dtype):
    operation, *stacks = OPERATIONS[name]
    stacks = [x.float() if x.is_floating_point() else x for x in stacks]
    with torch.autocast("cpu", dtype):
        together = as_tuple(torch.vmap(operation)(*stacks))
        apart = [as_tuple(operation(*own)) for own in zip(*stacks, strict=True)]
    for found, own in zip(together, zip(*apart, strict=True), strict=True):
        assert found.dtype == own[0].dtype
        assert torch.allclose(found, torch.stack(own), rtol=torch.finfo(dtype).eps, atol=1e-6)

"""Gradients can be differentiated again: of every operation with a gradient of its own, layer and network."""

from __future__ import annotations

import copy

import hyperbolic_registry
import pytest
import rc_registry
import torch
from operations import OPERATIONS
from rc_registry import Case, as_tuple, inputs_of, raw_inputs
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from rc_equivariant import BatchNorm1d, KmerConv1d, KmerEncoding, Representation

LAYERS = rc_registry.LAYERS | hyperbolic_registry.LAYERS
NETWORKS = rc_registry.NETWORKS | hyperbolic_registry.NETWORKS
MIXED = Representation(regular=1, trivial=1, sign=1)
#: Small enough that hardly a value crosses a kink of a ReLU or of a maximum.
STEP = 1e-7


def first_of_each_stack(name: str) -> list[Tensor]:
    """The inputs of an operation for one network, cut where numerical derivatives would take long."""
    _, *stacks = OPERATIONS[name]
    inputs = [stack[0].clone() for stack in stacks]
    if name not in ("means", "maxima"):
        inputs[0] = inputs[0][:1] if inputs[0].dim() == 3 and name not in ("batch of points", "look-up") else inputs[0]
    return [x.requires_grad_(x.is_floating_point()) for x in inputs]


def first_output(name: str):
    """The operation without what has no gradient."""
    operation = OPERATIONS[name][0]

    def first(*inputs):
        output = operation(*inputs)
        return output[0] if isinstance(output, tuple) else output

    return first


@pytest.mark.parametrize("name", OPERATIONS)
def test_second_derivatives_of_operations_are_the_numerical_ones(name):
    inputs = first_of_each_stack(name)
    assert torch.autograd.gradcheck(first_output(name), inputs)
    assert torch.autograd.gradgradcheck(first_output(name), inputs)


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_gradient_that_can_be_differentiated_is_the_fast_one(name):
    """With create_graph some operations take another way."""
    inputs = first_of_each_stack(name)
    wanted = [x for x in inputs if x.requires_grad]
    loss = first_output(name)(*inputs).pow(3).sum()
    fast = torch.autograd.grad(loss, wanted, retain_graph=True)
    again = torch.autograd.grad(loss, wanted, create_graph=True)
    for one, other in zip(fast, again, strict=True):
        assert torch.allclose(one, other, rtol=1e-9, atol=1e-11)
        assert other.requires_grad or name in ("strands", "means")


@pytest.mark.parametrize("relu_channels", [None, 3])
def test_an_input_that_is_made_of_another_is_counted_once(relu_channels):
    """A scale computed from the features themselves: the second derivative flows through both, each once."""
    layer, x = BatchNorm1d(MIXED).double(), torch.randn(3, 4, 5, dtype=torch.float64, requires_grad=True)

    def normalised(x):
        layer.affine = lambda: (x.square().mean((0, 2)) + 1, x.mean((0, 2)))
        return layer.normalise(x, relu_channels)

    assert torch.autograd.gradgradcheck(normalised, (x,))


def test_derivatives_of_functions_of_a_norm_are_finite_at_zero():
    for name in ("squared norm", "asinh(u) / u", "sinh(u) / u"):
        x = torch.zeros(2, 3, 4, dtype=torch.float64, requires_grad=True)
        (first,) = torch.autograd.grad(first_output(name)(x).sum(), x, create_graph=True)
        (second,) = torch.autograd.grad(first.sum() + 0 * x.sum(), x)
        assert first.isfinite().all()
        assert second.isfinite().all()


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_transforms_of_torch_agree(name):
    """torch.func takes derivatives of derivatives in its own way."""
    x, *others = (x.detach() for x in first_of_each_stack(name))
    operation, v = first_output(name), torch.randn(x.shape, generator=torch.Generator().manual_seed(3), dtype=x.dtype)

    def slope(x):
        return (torch.func.grad(lambda x: operation(x, *others).pow(3).sum())(x) * v).sum()

    x.requires_grad_()
    (gradient,) = torch.autograd.grad(operation(x, *others).pow(3).sum(), x, create_graph=True)
    (expected,) = torch.autograd.grad((gradient * v).sum(), x)
    assert torch.allclose(torch.func.grad(slope)(x.detach()), expected, rtol=1e-9, atol=1e-9)
    assert expected.abs().max() > 1e-3


@pytest.mark.parametrize("has_parameters", [False, True], ids=["constants", "parameters"])
@pytest.mark.parametrize("name", OPERATIONS)
def test_hessians_of_the_transforms_agree(name, has_parameters):
    """torch.func.vjp and jacrev run a backward pass when inputs no longer require gradients; parameters still do."""
    x, *others = (x.detach() for x in first_of_each_stack(name))
    others = [other.requires_grad_(has_parameters and other.is_floating_point()) for other in others]
    operation, v = first_output(name), torch.randn(x.shape, generator=torch.Generator().manual_seed(3), dtype=x.dtype)

    def loss(x):
        return operation(x, *others).pow(3).sum()

    variable = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(loss(variable), variable, create_graph=True)
    (expected,) = torch.autograd.grad((gradient * v).sum(), variable)
    _, pull_back = torch.func.vjp(torch.func.grad(loss), x)
    assert torch.allclose(pull_back(v)[0], expected, rtol=1e-9, atol=1e-9)
    if x.numel() < 200:
        of_rows = torch.func.jacrev(torch.func.jacrev(loss))(x).flatten(x.dim())
        assert torch.allclose(of_rows @ v.flatten(), expected, rtol=1e-9, atol=1e-9)


def penalty(module: nn.Module, inputs: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
    """The squared norm of the gradient of a loss, as of a gradient penalty, and what it is a function of."""
    torch.manual_seed(0)
    features = [x for x in inputs if x.requires_grad]
    variables = [*module.parameters(), *features]
    loss = sum(y.pow(2).mean() for y in as_tuple(module(*inputs)))
    if not variables:
        return loss, []
    gradients = torch.autograd.grad(loss, variables, create_graph=True, materialize_grads=True)
    return sum(g.square().sum() for g in gradients), variables


def assert_penalty_has_its_gradient(case: Case, training: bool) -> None:
    """The derivative of a penalty along a random direction is the numerical one; fused attention has none."""
    with sdpa_kernel(SDPBackend.MATH):
        _assert_penalty_has_its_gradient(case, training)


def _assert_penalty_has_its_gradient(case: Case, training: bool) -> None:
    module = case.module(torch.float64).train(training)
    positions = case.positions[0]
    given = inputs_of(module, raw_inputs(module, positions, torch.float64, ("random",)))

    def copies() -> tuple[nn.Module, list[Tensor]]:
        inputs = [x.clone().requires_grad_() if x.is_floating_point() else x for x in given]
        return copy.deepcopy(module), inputs

    value, variables = penalty(*copies())
    if not variables or not value.requires_grad:
        # Nothing to differentiate, or a linear map of its only input.
        return
    found = torch.autograd.grad(value, variables, materialize_grads=True)
    generator = torch.Generator().manual_seed(1)
    directions = [torch.randn(v.shape, generator=generator, dtype=v.dtype) for v in variables]
    values = []
    for sign in (1, -1):
        moved, inputs = copies()
        with torch.no_grad():
            targets = [*moved.parameters(), *(x for x in inputs if x.requires_grad)]
            for target, direction in zip(targets, directions, strict=True):
                target.add_(direction, alpha=sign * STEP)
        values.append(penalty(moved, inputs)[0].item())
    expected = (values[0] - values[1]) / (2 * STEP)
    product = sum((g * d).sum().item() for g, d in zip(found, directions, strict=True))
    size = sum((g * d).abs().sum().item() for g, d in zip(found, directions, strict=True))
    assert abs(product - expected) <= 1e-5 * (size + 1e-3), (product, expected)


@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
@pytest.mark.parametrize("name", LAYERS)
def test_a_gradient_penalty_through_a_layer_has_its_numerical_gradient(name, training):
    assert_penalty_has_its_gradient(LAYERS[name], training)


@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_gradient_penalty_through_a_network_has_its_numerical_gradient(name, training):
    assert_penalty_has_its_gradient(NETWORKS[name], training)


def test_the_look_up_has_any_derivative():
    encoding = KmerEncoding(1)
    layer = KmerConv1d(encoding, MIXED, 3).double()
    kmers = encoding.indices(torch.randint(5, (2, 8), generator=torch.Generator().manual_seed(0)))

    def loss(weight):
        return torch.func.functional_call(layer, {"weight": weight}, (kmers,)).pow(4).sum()

    weight = layer.weight.detach().requires_grad_()
    assert torch.autograd.gradgradcheck(lambda w: torch.autograd.grad(loss(w), w, create_graph=True)[0], (weight,))

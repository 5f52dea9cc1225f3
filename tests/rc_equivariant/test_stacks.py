"""Operations with gradients of their own, under torch.vmap: each network of a stack as it is alone."""

import pytest
import torch
from operations import OPERATIONS

from rc_equivariant import Conv1d, ConvBlock, MaxPool1d, Representation, Sequential
from rc_equivariant.functional.lookup import kmer_convolution


def with_gradients(of_stack, inputs):
    """Results, and gradients of the inputs that have one for a sum of their cubes."""
    inputs = [x.clone().requires_grad_(x.is_floating_point()) for x in inputs]
    outputs = of_stack(*inputs)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    sum(each.pow(3).sum() for each in outputs if each.requires_grad).backward()
    return [*outputs, *(x.grad for x in inputs if x.requires_grad)]


def one_by_one(operation, *stacks):
    outputs = [operation(*own) for own in zip(*stacks, strict=True)]
    is_tuple = isinstance(outputs[0], tuple)
    return tuple(map(torch.stack, zip(*outputs, strict=True))) if is_tuple else torch.stack(outputs)


@pytest.mark.filterwarnings("error:There is a performance drop")
@pytest.mark.parametrize("name", OPERATIONS)
def test_results_and_gradients_of_a_stack_are_those_of_each(name):
    operation, *inputs = OPERATIONS[name]
    stacked = with_gradients(torch.vmap(operation), inputs)
    apart = with_gradients(lambda *stacks: one_by_one(operation, *stacks), inputs)
    for one, other in zip(stacked, apart, strict=True):
        assert torch.allclose(one, other, rtol=1e-12, atol=1e-12)


SHARED = [("look-up", 1), ("convolution", 0), *((name, i) for name in ("points", "batch of points") for i in range(4))]


@pytest.mark.parametrize(("name", "shared"), SHARED)
def test_what_all_networks_share_is_given_once(name, shared):
    """One of the inputs, such as the features or the k-mers, is that of the first network."""
    operation, *inputs = OPERATIONS[name]
    in_dims = tuple(None if place == shared else 0 for place in range(len(inputs)))
    found = torch.vmap(operation, in_dims)(*(x[0] if place == shared else x for place, x in enumerate(inputs)))
    repeated = [x[:1].expand_as(x) if place == shared else x for place, x in enumerate(inputs)]
    assert torch.allclose(found, one_by_one(operation, *repeated), rtol=1e-12)


def test_a_table_of_more_kmers_than_16_bits_can_number():
    networks, kinds = 9, 4**6 + 1
    table = torch.randn(networks, 2, kinds, 1, dtype=torch.float64, requires_grad=True)
    kmers = torch.randint(0, kinds, (networks, 2, 9))
    torch.vmap(kmer_convolution)(kmers, table).pow(2).sum().backward()
    together, table.grad = table.grad, None
    one_by_one(kmer_convolution, kmers, table).pow(2).sum().backward()
    assert torch.equal(together != 0, table.grad != 0)
    assert torch.allclose(together, table.grad)


def test_gradients_can_be_taken_within_the_stack():
    """torch.vmap of torch.func.grad, here through convolutions, batch norm and pooling over windows."""
    space = Representation(regular=2)
    network = Sequential(ConvBlock(Conv1d(space, space, 3)), MaxPool1d(space, 2), Conv1d(space, space, 2)).double()
    x = torch.randn(3, space.size, 10, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    stack = {name: torch.stack([value, 1.5 * value]) for name, value in network.eval().named_parameters()}

    def loss(parameters):
        return torch.func.functional_call(network, parameters, (x,)).pow(3).sum()

    together = torch.vmap(torch.func.grad(loss))(stack)
    for place in (0, 1):
        alone = torch.func.grad(loss)({name: values[place] for name, values in stack.items()})
        assert all(torch.allclose(together[name][place], alone[name]) for name in alone)

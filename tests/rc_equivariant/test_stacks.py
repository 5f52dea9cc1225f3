"""Operations with gradients of their own, under torch.vmap: each network of a stack as it is alone."""

import pytest
import torch

from rc_equivariant import AvgPool1d, Conv1d, MaxPool1d, Ordinary, Representation
from rc_equivariant.functional.activation import relu_and_tanh
from rc_equivariant.functional.lookup import kmer_convolution
from rc_equivariant.functional.normalisation import normalise_batch
from rc_equivariant.functional.rows import row_convolution
from rc_equivariant.functional.strands import mean_of_strands
from rc_equivariant.hyperbolic.convolved_points import convolve_points
from rc_equivariant.hyperbolic.normalised_points import normalise_points

NETWORKS, BATCH, POSITIONS = 3, 2, 12
TYPE = Representation(regular=2, trivial=1, sign=2)


def numbers(*shape, seed=0):
    return torch.randn(NETWORKS, *shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def normalised(relu_channels, x, scale, shift):
    partner, is_sign = TYPE.partner, TYPE.signs < 0
    return normalise_batch(x, scale, shift, partner, is_sign, 1e-4, relu_channels is None, relu_channels)


def normalised_points(rows, scale, shift, k):
    return normalise_points(rows, scale, shift, k, 1e-5, lambda mean: mean)[0]


FEATURES = numbers(BATCH, TYPE.size, POSITIONS)
KERNELS = numbers(4, TYPE.size, 3), numbers(4)
K = numbers().exp()
KMERS = torch.randint(0, 17, (NETWORKS, BATCH, POSITIONS), generator=torch.Generator().manual_seed(1))
OPERATIONS = {
    "activation": (lambda x: relu_and_tanh(x, 5), FEATURES),
    "normalisation": (lambda *x: normalised(None, *x), FEATURES, numbers(TYPE.size), numbers(TYPE.size, seed=1)),
    "with activation": (lambda *x: normalised(5, *x), FEATURES, numbers(TYPE.size), numbers(TYPE.size, seed=1)),
    "strands": (lambda x: mean_of_strands(x, 2, TYPE.signs[4:]), FEATURES),
    "look-up": (lambda table, kmers: kmer_convolution(kmers, table), numbers(3, 17, 4), KMERS),
    "convolution": (lambda *x: row_convolution(*x, (1, 2, 2, 1)), FEATURES, numbers(4, TYPE.size, 3), numbers(4)),
    "grouped": (lambda x, w: row_convolution(x[:, :6], w, None, (1, 0, 1, 2)), FEATURES, numbers(4, 3, 3)),
    "points": (lambda *x: convolve_points(*x[:2], None, *x[2:], (1, 2, 2, 1)), FEATURES, *KERNELS, K),
    "batch of points": (normalised_points, FEATURES.mT.contiguous(), K, numbers(TYPE.size), K),
    "means": (AvgPool1d(TYPE, 4), FEATURES),
    "maxima": (MaxPool1d(Ordinary(TYPE.size), 4, 2), FEATURES),
}


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


def test_a_convolution_has_second_derivatives():
    layer = Conv1d(TYPE, Representation(trivial=2), 3).double()
    x = FEATURES[0, :1, :, :5].clone().requires_grad_()
    assert torch.autograd.gradgradcheck(layer, (x,))

"""Layers and whole models equal the published ones (PyPI equirc 1.0.0), where those are right.

Weights are mapped from theirs to ours by linear functions, through which gradients are mapped back, so that every
parameter of theirs is compared. In all cases but one, float64 leaves differences below 1e-10: the divisor of their
irrep batch norm is a float32 number, exact only where batch * length is a square.
"""

import copy
import itertools

import equirc.pytorch_rclayers as published
import pytest
import torch
from torch import nn

from rc_equivariant import (
    Activation,
    BatchNorm1d,
    Conv1d,
    KernelTying,
    KmerConv1d,
    KmerEncoding,
    Network,
    NetworkDescription,
    Representation,
    StrandMerge,
)
from rc_equivariant.networks.parts import hidden_type

EXACT = 1e-10
FLOAT32_DIVISOR = 1e-6
#: batch * length = 36, a square.
BATCH, LENGTH = 2, 18


def relative_difference(left, right):
    return float((left - right).detach().abs().max() / right.detach().abs().max().clamp_min(1e-300))


def random_features(channels, length=LENGTH, batch=BATCH):
    return torch.randn(batch, channels, length, dtype=torch.float64).requires_grad_()


def in_float64(module):
    """The module, its batch norms away from the scale 1 and shift 0 that they start from."""
    for layer in module.double().modules():
        if isinstance(layer, published.RegBatchNorm | published.IrrepBatchNorm):
            for parameter in layer.parameters():
                parameter.data.uniform_(0.5, 1.5)
    return module


def dense_kernel(layer):
    """Kernel of a published convolution, as a function of its parameters: its response to unit impulses."""
    layer = copy.copy(layer)
    layer.padding, layer.dilatation = 0, 1
    width = layer.kernel_size
    impulses = torch.zeros(layer.input_dim, layer.input_dim, 2 * width - 1, dtype=torch.float64)
    impulses[:, :, width - 1] = torch.eye(layer.input_dim)
    return layer(impulses).flip(2).transpose(0, 1)


def free_parameters(tying, dense):
    """Coordinates of a kernel in our space of kernels, as a function of it; the kernel must be in that space."""
    first_entry = torch.full((tying.size + 1,), dense.numel())
    entries = torch.arange(dense.numel())
    first_entry.scatter_reduce_(0, tying.parameter, entries, "amin")
    free = dense.flatten()[first_entry[1:]]
    assert relative_difference(tying.expand(free).flatten(), dense.flatten()) < EXACT
    return free


def load(pairs):
    """Give our parameters their values; ``pairs`` hold parameters of ours with functions of theirs."""
    for ours, value in pairs:
        assert ours.shape == value.shape
        ours.data.copy_(value.detach())


def assert_equal_gradients(pairs, their_parameters, tolerance=EXACT):
    """Their gradients are ours, pulled back through the mapping of weights."""
    pulled_back = torch.autograd.grad(
        [value for _, value in pairs],
        their_parameters,
        [ours.grad for ours, _ in pairs],
        allow_unused=True,
        materialize_grads=True,
    )
    scale = max(parameter.grad.abs().max() for parameter in their_parameters)
    for mapped, parameter in zip(pulled_back, their_parameters, strict=True):
        assert float((mapped - parameter.grad).abs().max() / scale) < tolerance


def compare(ours, theirs, pairs, x, tolerance=EXACT):
    """Outputs, gradients of inputs and of parameters agree."""
    load(pairs)
    y, expected = ours(x), theirs(x)
    assert relative_difference(y, expected) < tolerance
    gradient = torch.randn_like(expected)
    (of_input,) = torch.autograd.grad(y, x, gradient, retain_graph=True)
    (expected_of_input,) = torch.autograd.grad(expected, x, gradient, retain_graph=True)
    assert relative_difference(of_input, expected_of_input) < tolerance
    y.backward(gradient)
    expected.backward(gradient)
    if pairs:
        assert_equal_gradients(pairs, list(theirs.parameters()), tolerance)


def regular(copies):
    return Representation(regular=copies)


def irrep(a, b):
    return Representation(trivial=a, sign=b)


def convolutions():
    """Published convolutions, with the types that they map between."""
    irreps = [(3, 2), (4, 0), (0, 3)]
    for (i, o), width in itertools.product([(2, 3), (1, 1)], (1, 4, 7)):
        yield published.RegToRegConv, {"reg_in": i, "reg_out": o}, regular(i), regular(o), width
    for (a, b), width in itertools.product(irreps, (1, 4, 7)):
        yield published.RegToIrrepConv, {"reg_in": 2, "a_out": a, "b_out": b}, regular(2), irrep(a, b), width
        yield published.IrrepToRegConv, {"reg_out": 2, "a_in": a, "b_in": b}, irrep(a, b), regular(2), width
    for (a, b), (c, d), width in itertools.product([(2, 3), *irreps[1:]], [(4, 1), *irreps[1:]], (1, 4, 7)):
        sizes = {"a_in": a, "b_in": b, "a_out": c, "b_out": d}
        yield published.IrrepToIrrepConv, sizes, irrep(a, b), irrep(c, d), width


def has_weights(case):
    """Whether there is any map at all: none from +1 to -1 channels at width 1."""
    *_, in_type, out_type, width = case
    return KernelTying(in_type, out_type, width).size > 0


def describe(value):
    if isinstance(value, Representation | int):
        return str(value)
    return value.__name__ if isinstance(value, type) else ""


@pytest.mark.parametrize(
    ("layer", "sizes", "in_type", "out_type", "width"), list(filter(has_weights, convolutions())), ids=describe
)
@pytest.mark.parametrize(("padding", "dilation"), [(0, 1), (3, 2)])
def test_convolutions(layer, sizes, in_type, out_type, width, padding, dilation):
    theirs = layer(**sizes, kernel_size=width, padding=padding, dilatation=dilation).double()
    ours = Conv1d(in_type, out_type, width, padding=padding, dilation=dilation, bias=False).double()
    pairs = [(ours.weight, free_parameters(ours.tying, dense_kernel(theirs)))]
    compare(ours, theirs, pairs, random_features(in_type.size))


def test_irreps_that_the_published_layer_cannot_map():
    """Their IrrepToIrrepConv cuts taps off where 0 < a_out < K // 2; ours has no such case."""
    sizes = {"a_in": 2, "b_in": 2, "a_out": 2, "b_out": 2}
    with pytest.raises(RuntimeError):
        published.IrrepToIrrepConv(**sizes, kernel_size=9)(torch.zeros(1, 4, 20))
    assert Conv1d(irrep(2, 2), irrep(2, 2), 9)(torch.zeros(1, 4, 20)).shape == (1, 4, 12)


def batch_norm_pairs(ours, theirs):
    """Our scale and shift with theirs; ``mu`` and ``sigma`` are their names for shift and scale."""
    if isinstance(theirs, published.RegBatchNorm):
        scale, shift = (torch.cat([x, x.flip(1)], 1) for x in (theirs.sigma, theirs.mu))
    else:
        scale = torch.cat([getattr(theirs, name) for name in ("sigma_a", "sigma_b") if hasattr(theirs, name)], 1)
        nothing = scale.new_zeros(1, theirs.b, 1)
        shift = torch.cat([theirs.mu_a, nothing], 1) if theirs.a else nothing
    pairs = [(ours.scale, free_parameters(ours.scale_tying, scale))]
    if ours.shift.numel():
        pairs.append((ours.shift, free_parameters(ours.shift_tying, shift)))
    return pairs


@torch.no_grad()
def load_running_statistics(ours, theirs):
    """Their running deviation holds eps already, and none of the mean of -1 channels."""
    if isinstance(theirs, published.RegBatchNorm):
        mean, deviation = (torch.cat([x, x.flip(1)], 1) for x in (theirs.running_mu, theirs.running_sigma))
    else:
        deviation = [getattr(theirs, name) for name in ("running_sigma_a", "running_sigma_b") if hasattr(theirs, name)]
        deviation = torch.cat(deviation, 1)
        mean = torch.zeros_like(deviation)
        if theirs.a:
            mean[:, : theirs.a] = theirs.running_mu_a
    ours.running_mean.copy_(mean.flatten())
    ours.running_variance.copy_((deviation - ours.eps).square().flatten())


BATCH_NORMS = [(published.RegBatchNorm, (3,), regular(3))]
BATCH_NORMS += [(published.IrrepBatchNorm, sizes, irrep(*sizes)) for sizes in [(3, 2), (4, 0), (0, 3)]]


def published_batch_norm(in_type):
    return BatchNorm1d(in_type, eps=1e-4, eps_on_deviation=True).double()


@pytest.mark.parametrize(("layer", "sizes", "in_type"), BATCH_NORMS, ids=describe)
def test_batch_norm_in_training(layer, sizes, in_type):
    ours, theirs = published_batch_norm(in_type), in_float64(layer(*sizes))
    compare(ours, theirs, batch_norm_pairs(ours, theirs), random_features(in_type.size))


@pytest.mark.parametrize(("layer", "sizes", "in_type"), BATCH_NORMS, ids=describe)
def test_batch_norm_in_evaluation(layer, sizes, in_type):
    ours, theirs = published_batch_norm(in_type), in_float64(layer(*sizes))
    with torch.no_grad():
        for _ in range(3):
            theirs(2 * random_features(in_type.size) + 1)
    load_running_statistics(ours, theirs)
    compare(ours.eval(), theirs.eval(), batch_norm_pairs(ours, theirs), random_features(in_type.size))


@pytest.mark.parametrize("sizes", [(3, 2), (4, 0), (0, 3)], ids=str)
def test_activation(sizes):
    theirs = published.IrrepActivationLayer(*sizes)
    compare(Activation(irrep(*sizes)), theirs, [], random_features(sum(sizes)))


@pytest.mark.parametrize("sizes", [(3,), (3, 2), (4, 0), (0, 3)], ids=str)
def test_merging_of_strands(sizes):
    if len(sizes) == 1:
        theirs, in_type = published.RegConcatLayer(*sizes), regular(*sizes)
    else:
        theirs, in_type = published.IrrepConcatLayer(*sizes), irrep(*sizes)
    compare(StrandMerge(in_type), theirs, [], random_features(in_type.size))


def random_codes(batch, length):
    return torch.randint(0, 5, (batch, length))


def one_hot(codes):
    """Float32 one-hot nucleotides, A, C, G, T; zeros where unknown."""
    return KmerEncoding(1).one_hot(codes)


def published_channels(k):
    """Published channels that each k-mer, in the order of our channels, switches on; float64, shape (4^k, theirs)."""
    encoding = KmerEncoding(k)
    digits = encoding.kmer_of_channel[:, None] // 4 ** torch.arange(k - 1, -1, -1) % 4
    return published.ToKmerLayer(k)(one_hot(digits)).squeeze(2).double()


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_kmers(k):
    """Their channels are ours in another order; for even k, those of self-complementary k-mers come twice."""
    codes, encoding, channels = random_codes(3, 50), KmerEncoding(k), published_channels(k)
    ours = encoding.one_hot(encoding.indices(codes)).double()
    assert torch.equal(torch.einsum("cf,bcl->bfl", channels, ours), published.ToKmerLayer(k)(one_hot(codes)).double())
    times = torch.ones(4**k)
    times[2 * encoding.type.regular :] = 2
    assert torch.equal(channels.sum(1), times.double())
    assert torch.equal(channels.sum(0), torch.ones(channels.shape[1]).double())


class PublishedBinary(nn.Module):
    """The published binary architecture made of the published layers, its linear layer of the size that it needs."""

    def __init__(self, description):
        super().__init__()
        hidden = hidden_type(description.symmetry)
        is_regular = hidden.regular > 0
        self.to_kmers = published.ToKmerLayer(description.symmetry.kmer)
        out = {"reg_out": hidden.regular} if is_regular else {"a_out": hidden.trivial, "b_out": hidden.sign}
        inner = {"reg_in": hidden.regular} if is_regular else {"a_in": hidden.trivial, "b_in": hidden.sign}
        sizes = (hidden.regular,) if is_regular else (hidden.trivial, hidden.sign)
        first = published.RegToRegConv if is_regular else published.RegToIrrepConv
        other = published.RegToRegConv if is_regular else published.IrrepToIrrepConv
        batch_norm = published.RegBatchNorm if is_regular else published.IrrepBatchNorm
        first_width, *widths = description.trunk.kernel_widths
        convolutions = [first(reg_in=self.to_kmers.features // 2, **out, kernel_size=first_width)]
        convolutions += [other(**inner, **out, kernel_size=width) for width in widths]
        self.convolutions = nn.ModuleList(convolutions)
        self.batch_norms = nn.ModuleList(batch_norm(*sizes) for _ in convolutions)
        self.activation = nn.ReLU() if is_regular else published.IrrepActivationLayer(*sizes)
        self.merge = published.RegConcatLayer(*sizes) if is_regular else published.IrrepConcatLayer(*sizes)
        self.pool = nn.MaxPool1d(description.head.pool_width, description.head.pool_stride)
        self.dense = nn.Linear(sum(sizes) * description.head.pooled_positions(description.positions), 1)

    def forward(self, nucleotides):
        x = self.to_kmers(nucleotides).double()
        for convolution, batch_norm in zip(self.convolutions, self.batch_norms, strict=True):
            x = self.activation(batch_norm(convolution(x)))
        return self.dense(self.pool(self.merge(x)).flatten(1)).squeeze(1)


def network_pairs(ours, theirs):
    """All parameters of a binary network with their values from the published one."""
    convolutions = [layer for layer in ours.modules() if isinstance(layer, Conv1d | KmerConv1d)]
    kernels = [dense_kernel(layer) for layer in theirs.convolutions]
    kernels[0] = torch.einsum("cf,oft->oct", published_channels(ours.encoding.k), kernels[0])
    pairs = [
        (layer.weight, free_parameters(layer.tying, kernel))
        for layer, kernel in zip(convolutions, kernels, strict=True)
    ]
    for layer, of_theirs in zip(batch_norms_of(ours), theirs.batch_norms, strict=True):
        pairs += batch_norm_pairs(layer, of_theirs)
    pairs += zip(ours.last_layer.parameters(), theirs.dense.parameters(), strict=True)
    assert {id(parameter) for parameter, _ in pairs} == {id(p) for p in ours.parameters() if p.numel()}
    return pairs


def batch_norms_of(network):
    return [layer for layer in network.modules() if isinstance(layer, BatchNorm1d)]


def both_networks(arm):
    """The published architecture from our layers and from theirs, with the same weights; and the pairs of weights."""
    torch.manual_seed(0)
    representation, *options = arm
    options = dict(zip(("kmer", "plus_fraction"), options, strict=False))
    description = NetworkDescription.published("binary", representation, **options)
    ours, theirs = Network(description).double(), in_float64(PublishedBinary(description))
    for layer in batch_norms_of(ours):
        layer.eps, layer.eps_on_deviation = 1e-4, True
    # The published weights are those of the kernel itself.
    ours.trunk.features[0].convolution.gain = 1.0
    pairs = network_pairs(ours, theirs)
    load(pairs)
    return ours, theirs, pairs


ARMS = [("rcps",), ("regular", 2), ("regular", 3)]
ARMS += [("irrep", 1, 0.75), ("irrep", 2, 0.25), ("irrep", 3, 0.75), ("irrep", 2, 0.0), ("irrep", 3, 1.0)]


@pytest.mark.parametrize("arm", ARMS, ids=str)
def test_whole_networks(arm):
    """Logits in training and evaluation, and the gradients of all parameters, of the published sizes."""
    ours, theirs, pairs = both_networks(arm)
    tolerance = FLOAT32_DIVISOR if arm[0] == "irrep" and arm[2] < 1 else EXACT
    codes = random_codes(3, 1000)
    kmers, nucleotides = ours.encoding.indices(codes), one_hot(codes)
    logits, expected = ours(kmers), theirs(nucleotides)
    assert relative_difference(logits, expected) < tolerance
    targets = torch.tensor([1.0, 0.0, 1.0], dtype=torch.float64)
    for output in (logits, expected):
        nn.functional.binary_cross_entropy_with_logits(output, targets).backward()
    assert_equal_gradients(pairs, list(theirs.parameters()), tolerance)
    for of_ours, of_theirs in zip(batch_norms_of(ours), theirs.batch_norms, strict=True):
        load_running_statistics(of_ours, of_theirs)
    assert relative_difference(ours.eval()(kmers), theirs.eval()(nucleotides)) < tolerance

"""The layers commute with reverse complement, are complete, and compute what the plain operations compute."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from rc_equivariant import (
    Activation,
    BatchNorm1d,
    BinaryArchitecture,
    BinaryNetwork,
    Conv1d,
    KmerConv1d,
    KmerEncoding,
    Ordinary,
    Representation,
    StrandMerge,
)
from rc_equivariant.kernels import KernelTying

EXACT = 1e-12


@st.composite
def any_representation(draw):
    counts = draw(st.tuples(*[st.integers(0, 2)] * 3).filter(any))
    return Representation(*counts)


def relative_difference(left, right):
    return float((left - right).detach().abs().max() / right.detach().abs().max().clamp_min(1e-300))


def codes_with_unknowns(seed, batch=5, length=200):
    return torch.randint(0, 5, (batch, length), generator=torch.Generator().manual_seed(seed))


def reverse_complement(codes):
    return torch.where(codes < 4, 3 - codes, codes).flip(-1)


@given(any_representation())
def test_the_action_is_an_involution(representation):
    x = torch.randn(2, representation.size, 7, dtype=torch.float64)
    assert torch.equal(representation.act(representation.act(x)), x)


@pytest.mark.parametrize("counts", [(0, 0, 0), (-1, 2, 0)])
def test_impossible_representations_are_refused(counts):
    with pytest.raises(ValueError, match="no feature space"):
        Representation(*counts)


@given(any_representation(), any_representation(), st.integers(1, 5))
@settings(deadline=None, max_examples=60)
def test_kernels_are_all_the_equivariant_ones(in_type, out_type, width):
    """The free parameters span the null space of W - (rho_out W rho_in, taps reversed), computed independently."""
    tying = KernelTying(in_type, out_type, width)
    basis = (
        torch.stack([tying.expand(unit) for unit in torch.eye(tying.size, dtype=torch.float64)]) if tying.size else None
    )
    rho_in = in_type.act(torch.eye(in_type.size, dtype=torch.float64)[..., None])[..., 0].T
    rho_out = out_type.act(torch.eye(out_type.size, dtype=torch.float64)[..., None])[..., 0].T
    reverse = torch.eye(width, dtype=torch.float64).flip(0)
    action = torch.kron(torch.kron(rho_out.contiguous(), rho_in.contiguous()), reverse)
    constraint = action - torch.eye(len(action), dtype=torch.float64)
    dimension = len(action) - int(torch.linalg.matrix_rank(constraint))
    assert tying.size == dimension
    if basis is not None:
        flat = basis.flatten(1)
        assert (constraint @ flat.T).abs().max() == 0
        assert int(torch.linalg.matrix_rank(flat)) == dimension


@given(any_representation(), any_representation(), st.integers(1, 5), st.integers(5, 12))
@settings(deadline=None, max_examples=60)
def test_convolutions_commute_with_reverse_complement(in_type, out_type, width, length):
    layer = Conv1d(in_type, out_type, width).double()
    x = torch.randn(2, in_type.size, length, dtype=torch.float64)
    assert torch.allclose(layer(in_type.act(x)), out_type.act(layer(x)), rtol=0, atol=EXACT)


@given(any_representation(), st.booleans())
@settings(deadline=None, max_examples=40)
def test_batch_norm_and_activation_commute_with_reverse_complement(feature_type, training):
    layer = torch.nn.Sequential(BatchNorm1d(feature_type), Activation(feature_type)).double()
    layer[0].scale.data.uniform_(0.5, 2)
    layer[0].shift.data.uniform_(-1, 1)
    x = torch.randn(4, feature_type.size, 9, dtype=torch.float64) + 0.5
    layer(x)
    layer.train(training)
    # The batch holds both x and its reverse complement in the second call only: one flipped sample must not matter.
    mixed = torch.cat([feature_type.act(x[:1]), x[1:]])
    expected = layer(x)
    expected = torch.cat([feature_type.act(expected[:1]), expected[1:]])
    assert torch.allclose(layer(mixed), expected, rtol=0, atol=1e-10)


def test_batch_norm_of_ordinary_features_is_the_usual_one():
    ours, usual = BatchNorm1d(Ordinary(6)).double(), torch.nn.BatchNorm1d(6, momentum=None).double()
    for _ in range(3):
        x = 3 * torch.randn(8, 6, 20, dtype=torch.float64) + 5
        assert torch.allclose(ours(x), usual(x), atol=1e-10)
    assert torch.allclose(ours.running_mean, usual.running_mean)
    assert torch.allclose(ours.running_variance, usual.running_var)
    assert torch.allclose(ours.eval()(x), usual.eval()(x), atol=1e-10)


def test_sign_channels_are_scaled_and_never_centred():
    layer = BatchNorm1d(Representation(sign=2)).double()
    assert layer.shift.numel() == 0
    x = torch.randn(4, 2, 10, dtype=torch.float64) + 3
    assert torch.allclose(layer(x), x / (x.square().mean((0, 2), keepdim=True) + layer.eps).sqrt())


def test_running_statistics_hold_no_trace_of_their_starting_value():
    layer = BatchNorm1d(Representation(regular=2))
    x = 7 + 2 * torch.randn(50, 4, 100)
    layer(x)
    assert torch.allclose(layer.running_mean, torch.full((4,), 7.0), atol=0.1)
    assert torch.allclose(layer.running_variance, torch.full((4,), 4.0), atol=0.2)


@pytest.mark.parametrize("k", range(1, 7))
def test_kmers_span_the_exact_representation(k):
    encoding = KmerEncoding(k)
    palindromes = 4 ** (k // 2) if k % 2 == 0 else 0
    assert encoding.type == Representation(regular=(4**k - palindromes) // 2, trivial=palindromes)
    codes = codes_with_unknowns(k)
    kmers, mirrored = encoding.indices(codes), encoding.indices(reverse_complement(codes))
    assert torch.equal(encoding.reverse_complement(kmers), mirrored)
    assert torch.equal(encoding.one_hot(mirrored), encoding.type.act(encoding.one_hot(kmers)))


def test_kmer_indices_have_known_values():
    acgtn = torch.tensor([[0, 1, 2, 3, 4, 0]])
    assert KmerEncoding(1).indices(acgtn).tolist() == [[0, 1, 2, 3, 4, 0]]
    assert KmerEncoding(2).indices(acgtn).tolist() == [[1, 6, 11, 16, 16]]
    assert KmerEncoding(3).reverse_complement(torch.tensor([[0, 64, 63]])).tolist() == [[0, 64, 63]]


@pytest.mark.parametrize("k", [0, 7])
def test_kmer_lengths_out_of_range_are_refused(k):
    with pytest.raises(ValueError, match="from 1 to 6"):
        KmerEncoding(k)


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("out_type", [Representation(3), Representation(1, 2, 3), Ordinary(5)], ids=str)
def test_table_look_up_equals_the_dense_convolution(k, out_type):
    encoding = KmerEncoding(k)
    look_up, dense = KmerConv1d(encoding, out_type, 4).double(), Conv1d(encoding.type, out_type, 4).double()
    dense.weight.data.copy_(look_up.weight.data)
    kmers = encoding.indices(codes_with_unknowns(1))
    fast, plain = look_up(kmers), dense(encoding.one_hot(kmers).double())
    gradient = torch.randn_like(plain)
    (fast_gradient,) = torch.autograd.grad(fast, look_up.weight, gradient)
    (plain_gradient,) = torch.autograd.grad(plain, dense.weight, gradient)
    assert relative_difference(fast, plain) < EXACT
    assert relative_difference(fast_gradient, plain_gradient) < EXACT


def test_convolution_between_ordinary_spaces_is_the_usual_one():
    layer = Conv1d(Ordinary(3), Ordinary(5), 4).double()
    assert layer.weight.numel() == 3 * 5 * 4
    x = torch.randn(2, 3, 11, dtype=torch.float64)
    assert torch.allclose(layer(x), functional.conv1d(x, layer.weight.view(5, 3, 4)))


@pytest.mark.parametrize("out_type", [Representation(8), Representation(0, 8, 8), Representation(4, 4, 4)], ids=str)
def test_initial_kernels_keep_the_variance(out_type):
    torch.manual_seed(0)
    kernels = torch.stack([Conv1d(Representation(4, 4, 4), out_type, 9).kernel().detach() for _ in range(200)])
    row_power = kernels.square().sum((2, 3)).mean(0)
    assert torch.allclose(row_power, torch.full_like(row_power, 2.0), rtol=0.1)


@given(any_representation())
@settings(deadline=None)
def test_merged_strands_are_invariant(feature_type):
    merge = StrandMerge(feature_type)
    x = torch.randn(2, feature_type.size, 9, dtype=torch.float64)
    assert torch.equal(merge(x), merge(feature_type.act(x)))
    assert merge(x).shape[1] == merge.out_type.size == feature_type.regular + feature_type.trivial + feature_type.sign


ARMS = [("regular", 1, None), ("regular", 2, None), ("regular", 3, None)]
ARMS += [("irrep", 3, fraction) for fraction in (0, 0.25, 0.75, 1)]


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(("representation", "k", "fraction"), ARMS)
def test_equivariant_networks_do_not_see_the_strand(representation, k, fraction, training):
    torch.manual_seed(0)
    architecture = BinaryArchitecture(representation, k, 8, 100, (5, 4, 4), 10, 5, fraction)
    network = BinaryNetwork(architecture).double().train(training)
    codes = codes_with_unknowns(2, length=100)
    forward, mirrored = network.encoding.indices(codes), network.encoding.indices(reverse_complement(codes))
    assert relative_difference(network(mirrored), network(forward)) < 1e-11


def test_standard_networks_do_see_the_strand():
    network = BinaryNetwork(BinaryArchitecture("standard", 1, 8, 100, (5, 4, 4), 10, 5))
    codes = codes_with_unknowns(2, length=100)
    assert relative_difference(network(reverse_complement(codes)), network(codes)) > 1e-3


def test_channels_last_memory_changes_nothing():
    feature_type = Representation(2, 1, 1)
    layer = torch.nn.Sequential(
        Conv1d(feature_type, feature_type, 3), BatchNorm1d(feature_type), Activation(feature_type)
    )
    x = torch.randn(3, feature_type.size, 12, dtype=torch.float64)
    channels_last = x.transpose(1, 2).contiguous().transpose(1, 2)
    assert torch.allclose(layer.double()(x), layer(channels_last), rtol=0, atol=EXACT)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"representation": "irrep"}, "plus_fraction"),
        ({"representation": "regular", "plus_fraction": 0.5}, "plus_fraction"),
        ({"representation": "irrep", "plus_fraction": 1.5}, "between 0 and 1"),
        ({"representation": "regular", "channels": 15}, "even number"),
        ({"representation": "rcps"}, "choose from"),
        ({"window": 60}, "wider windows"),
    ],
)
def test_contradictory_architectures_are_refused(changes, text):
    description = {"representation": "standard", "kmer": 1, "channels": 16, "window": 1000} | changes
    with pytest.raises(ValueError, match=text):
        BinaryArchitecture(**description)


def test_published_sizes():
    """Stored kernel parameters of the published layers (reference: Equi-RC, 32 to 32 channels, width 14: 7,168)."""
    assert Conv1d(Representation(16), Representation(16), 14).weight.numel() == 7168
    assert Conv1d(Representation(0, 24, 8), Representation(0, 24, 8), 14).weight.numel() == 7168
    assert Conv1d(Representation(16), Representation(16), 15).weight.numel() == 7680


def test_layers_refuse_other_feature_spaces():
    with pytest.raises(ValueError, match="4 channels"):
        Conv1d(Representation(2), Representation(2), 3)(torch.zeros(1, 5, 9))
    with pytest.raises(ValueError, match="no layer from an ordinary space"):
        Conv1d(Ordinary(2), Representation(2), 3)


def test_planted_faults_are_caught():
    """Breaking the tying, the shared statistics or the odd activation breaks the symmetry that the tests look at."""
    feature_type = Representation(2, 1, 2)
    x = torch.randn(4, feature_type.size, 12, dtype=torch.float64)

    def error(function):
        return relative_difference(function(feature_type.act(x)), feature_type.act(function(x)))

    convolution = Conv1d(feature_type, feature_type, 4).double()
    assert error(convolution) < EXACT
    convolution.tying.factor[0] *= -1
    assert error(convolution) > 1e-3
    assert error(torch.relu) > 1e-3

    def error_of_one_flipped_sample(layer):
        mixed = layer(torch.cat([feature_type.act(x[:1]), x[1:]]))
        plain = layer(x)
        return relative_difference(mixed, torch.cat([feature_type.act(plain[:1]), plain[1:]]))

    assert error_of_one_flipped_sample(BatchNorm1d(feature_type).double()) < EXACT
    assert error_of_one_flipped_sample(torch.nn.BatchNorm1d(feature_type.size, affine=False).double()) > 1e-3

"""Strategies around networks: augmentation, averages over strands, ensembles."""

import copy

import pytest
import torch

from rc_equivariant import (
    Ensemble,
    KmerEncoding,
    Network,
    NetworkDescription,
    Representation,
    StrandAverage,
    with_reverse_complements,
)
from rc_equivariant.testing import assert_equivariant, equivariance_error

WINDOW = 80
STRANDS = Representation(regular=1)


def binary(representation="standard", kmer=1, plus_fraction=None):
    sizes = {"kernel_widths": (5, 4), "pool_width": 10, "pool_stride": 5}
    return Network(NetworkDescription.named("binary", representation, kmer, 8, WINDOW, plus_fraction, **sizes)).double()


def profile(representation="standard", kmer=1, plus_fraction=None, control=False):
    sizes = {"first_width": 9, "dilations": (2, 4), "profile_width": 11, "tracks": ("control",) * control}
    return Network(
        NetworkDescription.named("profile", representation, kmer, 8, WINDOW, plus_fraction, **sizes)
    ).double()


def profile_with_control(*arm):
    return profile(*arm, control=True)


def inputs_of(module, batch=5):
    """Random codes or k-mers with unknown bases, and a control track where ``module`` takes one."""
    encoding, *others = module.in_type if isinstance(module.in_type, tuple) else (module.in_type,)
    kmers = encoding.indices(torch.randint(0, 5, (batch, WINDOW)))
    length = WINDOW - 9 - 12 - 11 + 2
    return kmers, *(torch.rand(batch, space.size, length, dtype=torch.float64) for space in others)


def as_tuple(outputs):
    return outputs if isinstance(outputs, tuple) else (outputs,)


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


every_task = pytest.mark.parametrize("make", [binary, profile, profile_with_control])


@pytest.mark.parametrize("space", [KmerEncoding(2), STRANDS, Representation(1, 2, 3)], ids=str)
def test_augmentation_puts_every_reverse_complement_behind(space):
    if isinstance(space, KmerEncoding):
        x = space.indices(torch.randint(0, 5, (3, 20)))
    else:
        x = torch.randn(3, space.size, 20)
    both = with_reverse_complements(space, x)
    assert torch.equal(both[:3], x)
    assert torch.equal(both[3:], space.act(x))


@every_task
@pytest.mark.parametrize("kmer", [1, 2])
def test_strand_averages_of_any_network_are_equivariant(make, kmer):
    """In training as well, where batch norm must not tell the strands apart."""
    network = make("standard", kmer)
    inputs = inputs_of(network)
    assert equivariance_error(network, *inputs) > 1e-2
    assert_equivariant(StrandAverage(network), *inputs)


@every_task
def test_strand_averages_are_the_mean_of_two_outputs(make):
    network = make().eval()
    inputs = inputs_of(network)
    in_types, out_types = as_tuple(network.in_type), as_tuple(network.out_type)
    forward = as_tuple(network(*inputs))
    reverse = as_tuple(network(*(space.act(x) for space, x in zip(in_types, inputs, strict=True))))
    averages = as_tuple(StrandAverage(network)(*inputs))
    for space, average, one, other in zip(out_types, averages, forward, reverse, strict=True):
        torch.testing.assert_close(average, (one + space.act(other)) / 2, rtol=0, atol=1e-12)


@every_task
def test_an_equivariant_network_is_its_own_average(make):
    network = make("regular", 3).eval()
    inputs = inputs_of(network)
    for average, output in zip(as_tuple(StrandAverage(network)(*inputs)), as_tuple(network(*inputs)), strict=True):
        torch.testing.assert_close(average, output, rtol=0, atol=1e-12)


def test_conjoined_training_moves_the_one_network_inside():
    """The gradient is half that of each strand, and batch norm counts one batch, of both strands."""
    network = binary().train()
    twin = copy.deepcopy(network)
    (kmers,) = inputs_of(network)
    StrandAverage(network)(kmers).sum().backward()
    (twin(with_reverse_complements(twin.in_type, kmers)).sum() / 2).backward()
    for parameter, of_twin in zip(network.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(parameter.grad, of_twin.grad, rtol=0, atol=1e-12)
    for buffer, of_twin in zip(network.buffers(), twin.buffers(), strict=True):
        assert torch.equal(buffer, of_twin)


MIXTURES = {
    "binary": (binary, [("standard", 1), ("regular", 3), ("irrep", 2, 0.75)]),
    "profile": (profile, [("standard", 2), ("rcps", 1), ("irrep", 3, 0.5)]),
    "profile with control": (profile_with_control, [("standard", 1), ("regular", 2)]),
}
every_mixture = pytest.mark.parametrize(("make", "arms"), MIXTURES.values(), ids=MIXTURES)


@every_mixture
def test_ensembles_are_the_mean_of_their_members(make, arms):
    """Members of any k and representation, averages over strands among them, each read their own k-mers."""
    members = [make(*arm) for arm in arms]
    members.append(StrandAverage(make("standard", 3)))
    ensemble = Ensemble(members).eval()
    codes, *others = inputs_of(ensemble)
    outputs = []
    for member in members:
        encoding = as_tuple(member.in_type)[0]
        outputs.append(as_tuple(member(encoding.indices(codes), *others)))
    for mean, of_members in zip(as_tuple(ensemble(codes, *others)), zip(*outputs, strict=True), strict=True):
        torch.testing.assert_close(mean, sum(of_members) / len(members), rtol=0, atol=1e-12)


@every_mixture
def test_ensembles_of_equivariant_networks_are_equivariant(make, arms):
    members = [StrandAverage(make(*arm)) if arm[0] == "standard" else make(*arm) for arm in arms]
    ensemble = Ensemble(members)
    assert_equivariant(ensemble, *inputs_of(ensemble))


def test_an_average_over_strands_makes_an_ensemble_invariant():
    ensemble = Ensemble([binary("standard", 1), binary("standard", 3)]).eval()
    assert equivariance_error(ensemble, *inputs_of(ensemble)) > 1e-2
    assert_equivariant(StrandAverage(ensemble), *inputs_of(ensemble))


def test_ensembles_that_cannot_be_averaged_are_refused():
    with pytest.raises(ValueError, match="at least one network"):
        Ensemble([])
    with pytest.raises(ValueError, match=r"agree in their outputs: 1 ordinary .* 1r, 1r in number 2"):
        Ensemble([binary(), profile()])
    with pytest.raises(ValueError, match=r"inputs beside the sequence: none .* 1r in number 3"):
        Ensemble([profile(), profile(), profile_with_control()])
    with pytest.raises(ValueError, match=r"reads base codes .* torch.float32"):
        Ensemble([binary()])(torch.zeros(2, WINDOW))

"""The published binary and profile networks: sizes, symmetry in every representation, and refusals."""

import pytest
import torch
from torch.nn import functional

from rc_equivariant import (
    BatchNorm1d,
    Conv1d,
    KmerConv1d,
    Network,
    NetworkDescription,
    Ordinary,
)
from rc_equivariant.networks.parts import hidden_type
from rc_equivariant.testing import TOLERANCES, assert_equivariant, equivariance_error

ARMS = [("rcps", 1, None), ("regular", 1, None), ("regular", 2, None), ("regular", 3, None)]
ARMS += [("irrep", k, fraction) for k, fraction in [(1, 0), (2, 0.25), (3, 0.75), (4, 1)]]
STANDARD = [("standard", 1, None), ("standard", 3, None)]
BINARY_WINDOW = 100
PROFILE_WINDOW = 90


def small_binary(representation, kmer, plus_fraction, **changes):
    sizes = {"kernel_widths": (5, 4, 4), "pool_width": 10, "pool_stride": 5, "window": BINARY_WINDOW} | changes
    return Network(NetworkDescription.named("binary", representation, kmer, 8, plus_fraction=plus_fraction, **sizes))


def small_profile(representation, kmer, plus_fraction, control=False, **changes):
    sizes = {"first_width": 9, "dilations": (2, 4), "profile_width": 11, "window": PROFILE_WINDOW} | changes
    sizes["tracks"] = ("control",) * control
    return Network(NetworkDescription.named("profile", representation, kmer, 8, plus_fraction=plus_fraction, **sizes))


def codes_with_unknowns(window, batch=4):
    return torch.randint(0, 5, (batch, window))


def control_track(network, batch=4):
    counts = torch.poisson(torch.full((batch, 2, network.description.output_length), 2.0))
    return counts.to(next(network.parameters()))


def inputs_of(network, codes):
    kmers = network.encoding.indices(codes)
    if network.description.tracks:
        return kmers, control_track(network, len(codes))
    return (kmers,)


def away_from_the_start(network):
    """Biases, scales and shifts off the zeros and ones that they start from, so that an untied one shows."""
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.1)
    return network


NETWORKS = {
    "binary": small_binary,
    "profile": small_profile,
    "profile with control": lambda *arm: small_profile(*arm, control=True),
}
every_network = pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


@every_network
@pytest.mark.parametrize("arm", ARMS, ids=str)
def test_networks_are_equivariant(make, arm):
    """Outputs and gradients, in training and evaluation, with some samples of the batch reverse complemented."""
    network = away_from_the_start(make(*arm).double())
    assert_equivariant(network, *inputs_of(network, codes_with_unknowns(network.description.window)))


@pytest.mark.parametrize(("make", "window"), [(small_binary, 101), (small_profile, 91)])
@pytest.mark.parametrize("arm", ARMS, ids=str)
def test_windows_of_the_other_parity_are_as_good(make, window, arm):
    network = away_from_the_start(make(*arm, window=window).double())
    assert_equivariant(network, network.encoding.indices(codes_with_unknowns(window)))


@every_network
@pytest.mark.parametrize("arm", STANDARD, ids=str)
def test_standard_networks_are_not(make, arm):
    network = make(*arm).double().eval()
    assert equivariance_error(network, *inputs_of(network, codes_with_unknowns(network.description.window))) > 1e-2


def test_the_kit_measures_a_network_of_published_size_in_single_precision():
    network = Network(NetworkDescription.published("binary", "irrep", 3))
    error = equivariance_error(network, network.encoding.indices(codes_with_unknowns(1000)))
    assert error <= TOLERANCES[torch.float32]


@pytest.mark.parametrize("control", [False, True])
def test_profile_and_totals_of_both_strands_are_exchanged(control):
    """The convention, spelled out: the + strand of the reverse complement is the - strand, read backwards."""
    network = small_profile("irrep", 2, 0.75, control=control).double()
    codes = codes_with_unknowns(PROFILE_WINDOW)
    reverse_complement = torch.where(codes < 4, 3 - codes, codes).flip(1)
    track = [control_track(network)] if control else []
    exchanged = [t.flip(1, 2) for t in track]
    profile, totals = network(network.encoding.indices(codes), *track)
    other_profile, other_totals = network(network.encoding.indices(reverse_complement), *exchanged)
    torch.testing.assert_close(other_profile, profile.flip(1, 2), rtol=0, atol=1e-12)
    torch.testing.assert_close(other_totals, totals.flip(1), rtol=0, atol=1e-12)


@pytest.mark.parametrize("representation", ["standard", "regular"])
def test_the_control_takes_part_in_profile_and_totals(representation):
    network = small_profile(representation, 1, None, control=True).eval()
    codes = codes_with_unknowns(PROFILE_WINDOW)
    track = control_track(network)
    profile, totals = network(codes, track)
    more_profile, more_totals = network(codes, 3 * track)
    assert not torch.allclose(profile, more_profile, atol=1e-3)
    assert not torch.allclose(totals, more_totals, atol=1e-3)


def test_the_control_counts_by_the_logarithm_of_its_totals():
    """Tracks of the same totals differ in the profile alone."""
    network = small_profile("regular", 1, None, control=True).eval()
    codes = codes_with_unknowns(PROFILE_WINDOW)
    track = control_track(network)
    profile, totals = network(codes, track)
    moved_profile, moved_totals = network(codes, track.roll(7, 2))
    torch.testing.assert_close(moved_totals, totals)
    assert not torch.allclose(profile, moved_profile, atol=1e-3)


PUBLISHED_BINARY = {
    # 9,025 as published: 16 biases a convolution, which batch norm takes off again, are not ours.
    ("standard", 1): 9_025 - 3 * 16,
    # 16,209: the centre tap of the first kernel is stored twice (32 x 4 numbers for 64 degrees of freedom).
    ("rcps", 1): 16_209 - 32 * 4 // 2,
    ("regular", 1): 16_209 - 32 * 4 // 2,
    # 31,553, the same with 64 channels of 3-mers.
    ("regular", 3): 31_553 - 32 * 64 // 2,
    ("irrep", 1): 16_969,
    ("irrep", 3): 31_337,
}


@pytest.mark.parametrize(("arm", "count"), PUBLISHED_BINARY.items(), ids=str)
def test_published_binary_networks_have_as_many_parameters_as_stated(arm, count):
    network = Network(NetworkDescription.published("binary", *arm))
    assert sum(parameter.numel() for parameter in network.parameters()) == count


@pytest.mark.parametrize(("representation", "channels"), [("standard", 64), ("rcps", 128), ("regular", 128)])
def test_published_profile_networks_read_1346_bases_for_1000_positions(representation, channels):
    description = NetworkDescription.published("profile", representation)
    assert (description.window, description.output_length) == (1346, 1000)
    assert hidden_type(description.symmetry).size == channels


def test_published_irreps_are_three_quarters_plus():
    assert hidden_type_of("binary") == "24p+8m"
    assert hidden_type_of("profile") == "96p+32m"
    assert hidden_type_of("binary", plus_fraction=0) == "32m"


def hidden_type_of(name, **options):
    return str(hidden_type(NetworkDescription.published(name, "irrep", 2, **options).symmetry))


@pytest.mark.parametrize("kmer", [1, 2, 3])
def test_shapes_of_the_published_profile_network(kmer):
    network = Network(NetworkDescription.published("profile", "irrep", kmer, tracks=("control",))).eval()
    with torch.no_grad():
        profile, totals = network(*inputs_of(network, codes_with_unknowns(1346, batch=2)))
    assert profile.shape == (2, 2, 1000)
    assert totals.shape == (2, 2)


@pytest.mark.parametrize("arm", [*STANDARD, ("regular", 1, None), ("regular", 3, None), ("irrep", 2, 0.5)], ids=str)
def test_a_position_of_the_profile_sees_its_field_of_view(arm):
    """One changed base moves the values within the field of view, for every k, and no other."""
    network = small_profile(*arm).double().eval()
    field_of_view = PROFILE_WINDOW - network.description.output_length + 1
    # Several windows, since in a single one the activations on the way to an end of the field may all be 0.
    codes = torch.randint(4, (16, PROFILE_WINDOW), generator=torch.Generator().manual_seed(1))
    changed = codes.clone()
    changed[:, 40] = 3 - codes[:, 40]
    with torch.no_grad():
        before, after = (network(network.encoding.indices(x))[0] for x in (codes, changed))
    moved = (before - after).abs().amax((0, 1)).nonzero().flatten()
    assert field_of_view == 9 + 2 * (2 + 4) + 11 - 1 == 31
    assert (int(moved[0]), int(moved[-1])) == (40 - 31 + 1, 40)


def test_rcps_is_the_regular_arm_on_nucleotides():
    rcps, regular = small_binary("rcps", 1, None), small_binary("regular", 1, None)
    regular.load_state_dict(rcps.state_dict())
    codes = codes_with_unknowns(BINARY_WINDOW)
    assert torch.equal(rcps(codes), regular(codes))


def test_binary_networks_compute_what_plain_operations_compute():
    """The standard arm, written out with torch's functions."""
    network = small_binary("standard", 1, None).double()
    codes = codes_with_unknowns(BINARY_WINDOW)
    x = network.encoding.one_hot(codes).double()
    convolutions, batch_norms = (
        [m for m in network.modules() if isinstance(m, kinds)] for kinds in (Conv1d | KmerConv1d, BatchNorm1d)
    )
    for convolution, batch_norm in zip(convolutions, batch_norms, strict=True):
        x = functional.conv1d(x, convolution.kernel())
        x = functional.relu(functional.batch_norm(x, None, None, batch_norm.scale, batch_norm.shift, training=True))
    pooled = functional.max_pool1d(x, 10, 5).flatten(1)
    expected = functional.linear(pooled, network.last_layer.weight, network.last_layer.bias).squeeze(1)
    torch.testing.assert_close(network(codes), expected, rtol=0, atol=1e-12)


def test_profile_networks_compute_what_plain_operations_compute():
    """The standard arm with control, written out with torch's functions; the first convolution has its ReLU."""
    network = small_profile("standard", 1, None, control=True).double()
    codes, track = codes_with_unknowns(PROFILE_WINDOW), control_track(network)
    for parameter in network.parameters():
        parameter.data.normal_(0, 0.3)
    first, _, *residuals = network.trunk.features
    x = functional.relu(convolve(network.encoding.one_hot(codes).double(), first))
    for dilation, residual in zip((2, 4), residuals, strict=True):
        added = functional.relu(convolve(x, residual.branch[0], dilation))
        x = x[:, :, dilation:-dilation] + added
    profile = convolve(x, network.head.profile)
    joined = torch.cat([profile, track], 1)
    control_totals = (1 + track.sum(2)).log()
    read = torch.cat([x.mean(2), control_totals], 1)
    totals = functional.linear(read, network.head.totals.kernel().squeeze(2), network.head.totals.channel_bias())
    got_profile, got_totals = network(codes, track)
    torch.testing.assert_close(got_profile, convolve(joined, network.head.profile_and_control), rtol=0, atol=1e-11)
    torch.testing.assert_close(got_totals, totals, rtol=0, atol=1e-11)


def convolve(x, layer, dilation=1):
    return functional.conv1d(x, layer.kernel(), layer.channel_bias(), dilation=dilation)


def test_networks_say_what_they_map():
    binary, profile = small_binary("regular", 2, None), small_profile("standard", 1, None, control=True)
    assert (binary.in_type, binary.out_type) == (binary.encoding, Ordinary(1))
    assert profile.in_type == (profile.encoding, profile.out_type[0])
    assert [str(space) for space in profile.out_type] == ["1r", "1r"]
    assert small_profile("regular", 1, None).in_type.k == 1


CONTRADICTIONS = [
    ({"representation": "irrep"}, "plus_fraction"),
    ({"representation": "regular", "plus_fraction": 0.5}, "plus_fraction"),
    ({"representation": "irrep", "plus_fraction": 1.5}, "plus_fraction is 1.5: it must be at most 1"),
    ({"representation": "regular", "channels": 15}, "even number"),
    ({"representation": "rcps", "channels": 15}, "even number"),
    ({"representation": "rcps", "kmer": 2}, 'use "regular"'),
    ({"representation": "reg"}, "choose from standard, rcps, regular, irrep"),
]
TOO_SHORT = [
    ("binary", {"window": 60}, "take windows of 80 bases or more"),
    ("profile", {"window": 346}, "take windows of 347 bases or more"),
    ("profile", {"first_width": 2, "kmer": 3}, "holds no 3-mer"),
    ("profile", {"residual_width": 4}, "residual_width is 4: it must be odd"),
]
EVERYWHERE = [(name, *case) for name in ("binary", "profile") for case in CONTRADICTIONS]


@pytest.mark.parametrize(("name", "changes", "text"), EVERYWHERE + TOO_SHORT)
def test_contradictory_descriptions_are_refused(name, changes, text):
    description = {"representation": "standard", "kmer": 1, "channels": 16, "window": 1000} | changes
    with pytest.raises(ValueError, match=text):
        NetworkDescription.named(name, **description)


def test_the_shortest_window_gives_one_position():
    network = Network(NetworkDescription.named("profile", "regular", 3, 4, window=347))
    assert network(network.encoding.indices(codes_with_unknowns(347)))[0].shape[2] == 1


@every_network
def test_other_windows_are_refused(make):
    network = make("regular", 2, None)
    window = network.description.window
    with pytest.raises(ValueError, match=rf"windows of {window} bases as {window - 1} indices of 2-mers"):
        network(*inputs_of(network, codes_with_unknowns(window + 1)))


def test_a_control_track_is_read_exactly_if_the_description_names_it():
    with_control, without = (small_profile("regular", 1, None, control=c) for c in (True, False))
    codes = codes_with_unknowns(PROFILE_WINDOW)
    with pytest.raises(ValueError, match="input tracks: control; it got 0"):
        with_control(codes)
    with pytest.raises(ValueError, match="input tracks: none; it got 1"):
        without(codes, control_track(with_control))
    with pytest.raises(ValueError, match="needs the shape"):
        with_control(codes, control_track(with_control)[:, :, 1:])

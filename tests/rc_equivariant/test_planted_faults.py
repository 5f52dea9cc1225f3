"""The tests of rc_equivariant can fail: every fault planted here is caught by a check that the suite makes.

A fault changes one place of the library. The checks are those of the other test files; that they pass without the fault
is tested here, too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest
import test_convolution as convolution_tests
import test_kernels as kernel_tests
import test_normalisation as normalisation_tests
import test_representation as representation_tests
import torch
from rc_faults import (
    Plant,
    constants_tied_as,
    entries,
    from_a_starting_value,
    gate_of_the_size,
    merged_without_flip,
    nothing,
    of_the_first_strand,
    one_position_to_the_right,
    palindromes_in_pairs,
    pool_of_signs,
    product_without_signs,
    replaced,
    signs_as_trivial,
    untied,
    with_look_up_in_kmer_order,
    with_sign_centred,
    with_sign_means,
    with_the_last_channel_apart,
    without_the_last_parameter,
    without_the_vanishing,
    wrapped,
)
from rc_registry import CASES, MIXED, OTHER, REGULAR, SIGN, inputs_of, raw_inputs
from torch.nn import functional

from rc_equivariant import (
    AvgPool1d,
    BatchNorm1d,
    Conv1d,
    Dropout,
    Gate,
    GlobalAvgPool1d,
    GroupNorm,
    KmerConv1d,
    KmerEncoding,
    LayerNorm,
    MaxPool1d,
    Representation,
    centring,
    kernels,
    plain,
    strategies,
)
from rc_equivariant.functional import lookup
from rc_equivariant.functional import normalisation as fast_normalisation
from rc_equivariant.layers import activation, affine, branches, convolution, normalisation, pooling, strands, tied
from rc_equivariant.networks import profile
from rc_equivariant.testing import assert_equivariant, random_features

Check = Callable[[], None]


class Fault(NamedTuple):
    plant: Plant
    check: Check


# Checks


def exact(name: str) -> Check:
    """What test_every_module_is_equivariant does with one case."""

    def check():
        case = CASES[name]
        module = case.module(torch.float64)
        for positions in case.positions:
            assert_equivariant(module, *inputs_of(module, raw_inputs(module, positions, torch.float64, case.kinds)))

    return check


def exact_or_refused(make: Callable[[], torch.nn.Module], length: int) -> Check:
    """What test_any_shape_and_types_are_exact_or_refused does with one layer."""

    def check():
        try:
            layer = make().double()
            x = random_features(layer.in_type, 4, length, torch.Generator().manual_seed(0), torch.float64)
            layer(x)
        except ValueError as refusal:
            assert "not equivariant" in str(refusal)
            return
        assert_equivariant(layer, x)

    return check


def complete(in_type=MIXED, out_type=OTHER, width=5) -> Check:
    rho = {t: kernel_tests.channel_matrix(t) for t in (in_type, out_type)}
    return lambda: kernel_tests.assert_complete(in_type, out_type, width, rho)


def look_up_is_dense():
    convolution_tests.assert_look_up_is_dense(k=2, out_type=MIXED, width=5, positions=12)


def kmers_are_exact(k: int) -> Check:
    return lambda: representation_tests.test_kmers_span_the_exact_representation(k)


def batch_norm_is_defined():
    normalisation_tests.test_batch_norm_equals_its_definition(eps_on_deviation=False)


def merge_is_its_formula():
    normalisation_tests.test_merging_strands_equals_its_formula_and_is_invariant()


def running_statistics_are_unbiased():
    normalisation_tests.test_running_statistics_are_those_of_the_first_batch_after_it(eps_on_deviation=False)


def initial_variance_is_kept():
    kernel_tests.test_initial_layers_keep_the_variance_of_features(Representation(4, 4, 4))


# Faults

IN_CONVOLUTION, IN_NORMALISATION = (tied, "KernelTying"), (affine, "KernelTying")
PROFILE_WITH_CONTROL = "profile network irrep k=3, 41 bp, control"

FAULTS = {
    # Kernels and weights
    "a bias untied": Fault(wrapped(*IN_CONVOLUTION, constants_tied_as(untied)), exact(f"Conv1d: {REGULAR}")),
    "a bias on -1 channels": Fault(
        wrapped(*IN_CONVOLUTION, constants_tied_as(signs_as_trivial)), exact(f"Linear: {MIXED}")
    ),
    "a sign lost in the kernel": Fault(entries(own_sign=False), exact(f"Conv1d: {MIXED}")),
    "a sign lost in the kernel, by counting": Fault(entries(own_sign=False), complete(SIGN, OTHER, 4)),
    "an odd width's centre not symmetrised": Fault(entries(own_centre=True), exact(f"Conv1d: {MIXED}")),
    "an odd width's centre not symmetrised, by counting": Fault(entries(own_centre=True), complete()),
    "entries that must vanish left free": Fault(
        wrapped(kernels, "_entry_involution", without_the_vanishing), complete(Representation(0, 2, 2), OTHER, 5)
    ),
    "a kernel parameter missing": Fault(
        wrapped(kernels.KernelTying, "__init__", without_the_last_parameter), complete()
    ),
    "taps flipped about the wrong centre": Fault(
        entries(taps=lambda width: (-torch.arange(width)) % width), exact(f"Conv1d, same: {MIXED}")
    ),
    "a flip without the channel permutation": Fault(entries(permute_channels=False), exact(f"Conv1d: {REGULAR}")),
    "a channel permutation without the flip": Fault(entries(taps=torch.arange), exact(f"Conv1d: {REGULAR}")),
    "initial weights too wide": Fault(
        wrapped(kernels.KernelTying, "he_normal", lambda original: lambda self, live: 2**0.5 * original(self, live)),
        initial_variance_is_kept,
    ),
    # Positions
    "padding on one side": Fault(
        wrapped(Conv1d, "forward", one_position_to_the_right), exact(f"Conv1d, same: {MIXED}")
    ),
    "a stride with positions left over": Fault(
        replaced(convolution, "require_mirrored_grid", nothing),
        exact_or_refused(lambda: Conv1d(MIXED, OTHER, 4, stride=3), 24),
    ),
    "pooling with positions left over": Fault(
        replaced(pooling, "require_mirrored_grid", nothing), exact_or_refused(lambda: AvgPool1d(MIXED, 4, 3), 24)
    ),
    "a residual cropped off its centre": Fault(
        replaced(plain, "centre_crop", lambda x, length: x[..., :length]), exact(f"Residual: {MIXED}")
    ),
    "a mean over all positions but the last": Fault(
        replaced(GlobalAvgPool1d, "forward", lambda self, x: x[..., :-1].mean(2)), exact(f"GlobalAvgPool1d: {MIXED}")
    ),
    # Normalisation
    "separate batch statistics for the strands": Fault(
        replaced(fast_normalisation, "_over_orbit", lambda values, partner: values), exact(f"BatchNorm1d: {REGULAR}")
    ),
    "a mean taken off -1 channels": Fault(
        wrapped(normalisation, "normalise_batch", with_sign_means), exact(f"BatchNorm1d: {SIGN}")
    ),
    "a shift on -1 channels": Fault(
        wrapped(*IN_NORMALISATION, constants_tied_as(signs_as_trivial)), exact(f"BatchNorm1d: {SIGN}")
    ),
    "scale and shift untied": Fault(
        wrapped(*IN_NORMALISATION, constants_tied_as(untied)), exact(f"LayerNorm: {REGULAR}")
    ),
    "running statistics of one strand": Fault(
        wrapped(BatchNorm1d, "_update_running_statistics", of_the_first_strand), exact(f"BatchNorm1d: {REGULAR}")
    ),
    "running statistics biased to their start": Fault(
        wrapped(BatchNorm1d, "_update_running_statistics", from_a_starting_value), running_statistics_are_unbiased
    ),
    "a gradient that takes the variance for a constant": Fault(
        wrapped(
            fast_normalisation,
            "inverse_deviation",
            lambda original: lambda *arguments: (original(*arguments)[0], torch.zeros_like(arguments[0])),
        ),
        batch_norm_is_defined,
    ),
    "LayerNorm's mean over -1 channels": Fault(
        wrapped(LayerNorm, "__init__", with_sign_centred), exact(f"LayerNorm: {MIXED}")
    ),
    "a pair parted by a group": Fault(
        wrapped(GroupNorm, "__init__", with_the_last_channel_apart), exact(f"GroupNorm: {REGULAR}")
    ),
    # Products, strands
    "a sign lost in a product": Fault(
        wrapped(branches, "product_rule", product_without_signs),
        exact(f"Product with one copy: {REGULAR}"),
    ),
    "strands side by side without a flip": Fault(
        replaced(strands, "join_channels", lambda parts: torch.cat([parts[0], parts[1].flip(2)], 1)),
        exact(f"SharedOverStrands: {MIXED}"),
    ),
    "a concatenation in the order of the branches": Fault(
        replaced(branches, "direct_sum", lambda types, features: torch.cat(features, 1)),
        exact(f"Concatenation: {REGULAR}"),
    ),
    # Activations, dropout, pooling
    "ReLU on a -1 channel": Fault(
        replaced(activation, "_sign_channels", lambda space: 0), exact(f"Activation: {MIXED}")
    ),
    "a gate times the size of a -1 channel": Fault(
        replaced(Gate, "forward", gate_of_the_size), exact(f"Gate: {MIXED}")
    ),
    "dropout drawn for each strand": Fault(
        replaced(Dropout, "_mask", lambda self, x: functional.dropout(torch.ones_like(x), self.p)),
        exact(f"Dropout: {REGULAR}"),
    ),
    "a maximum over a -1 channel": Fault(
        replaced(MaxPool1d, "__init__", pool_of_signs), exact_or_refused(lambda: MaxPool1d(SIGN, 4), 24)
    ),
    # K-mers
    "self-complementary k-mers in pairs": Fault(
        wrapped(KmerEncoding, "_partners", palindromes_in_pairs), kmers_are_exact(2)
    ),
    "an unknown base read as A on one strand": Fault(
        wrapped(
            KmerEncoding,
            "act",
            lambda original: lambda self, kmers: original(self, kmers).masked_fill(kmers.flip(-1) == self.size, 0),
        ),
        exact(f"KmerConv1d, k=2: {MIXED}"),
    ),
    "a look-up without the gradient near the ends": Fault(
        replaced(lookup, "_add_edge_gradient", nothing), look_up_is_dense
    ),
    "a look-up in another order of k-mers": Fault(
        wrapped(KmerConv1d, "__init__", with_look_up_in_kmer_order), look_up_is_dense
    ),
    # Heads, networks, strategies
    "strands merged without a flip": Fault(
        replaced(pooling, "mean_of_strands", merged_without_flip), exact(f"StrandMerge: {MIXED}")
    ),
    "strands merged without a flip, by the formula": Fault(
        replaced(pooling, "mean_of_strands", merged_without_flip), merge_is_its_formula
    ),
    "the strands of the control not exchanged": Fault(
        replaced(profile, "direct_sum", lambda types, features: torch.cat(features, 1)), exact(PROFILE_WITH_CONTROL)
    ),
    "a mean of strands without turning the other back": Fault(
        replaced(strategies, "_mean_over_strands", lambda space, both: sum(both.chunk(2)) / 2),
        exact("StrandAverage of a profile network"),
    ),
    "padding always one longer on the right where there is no middle": Fault(
        wrapped(centring, "centred_rows", lambda original: lambda kmers, encoding: original(kmers, encoding)[:1] * 2),
        exact("Centred binary network"),
    ),
}


def test_there_are_at_least_twenty():
    assert len({fault.plant for fault in FAULTS.values()}) >= 20


@pytest.mark.parametrize("name", FAULTS)
def test_checks_pass_without_the_fault(name):
    FAULTS[name].check()


@pytest.mark.parametrize("name", FAULTS)
def test_the_fault_is_caught(name, monkeypatch):
    FAULTS[name].plant(monkeypatch)
    with pytest.raises(AssertionError):
        FAULTS[name].check()

"""Every hyperbolic module and network commutes with reverse complement to rounding, whatever is done to it."""

from __future__ import annotations

import copy
import inspect

import pytest
import torch
from hyperbolic_registry import ARMS, CASES, NETWORKS, WINDOW, bent, network
from hypothesis import given, settings
from hypothesis import strategies as st
from rc_faults import constants_tied_as, signs_as_trivial, untied, wrapped
from rc_registry import MIXED, REGULAR, SIGN, inputs_of, raw_inputs
from safetensors.torch import load_file, save_file

from rc_equivariant import Activation, EquivariantModule, KmerEncoding, hyperbolic, parameter_groups
from rc_equivariant.hyperbolic import (
    LorentzBatchNorm1d,
    LorentzConv1d,
    LorentzFlattenLinear,
    convolved_points,
    linear,
    maps,
)
from rc_equivariant.layers import flatten, tied
from rc_equivariant.testing import all_representations, assert_equivariant, equivariance_error, random_features

TRAINED = {name: case for name, case in NETWORKS.items() if "per_block" in name}
small_representations = st.sampled_from(all_representations(4))


def check(name: str, dtype: torch.dtype = torch.float64, **options) -> None:
    case = CASES[name]
    module = case.module(dtype)
    for positions in case.positions:
        assert_equivariant(module, *inputs_of(module, raw_inputs(module, positions, dtype, case.kinds)), **options)


@pytest.mark.parametrize("name", CASES)
def test_every_module_is_equivariant(name):
    check(name)


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_are_so_in_float32(name):
    check(name, torch.float32, tolerance=1e-4)


def test_no_public_module_is_left_out():
    public = {getattr(hyperbolic, name) for name in hyperbolic.__all__}
    layers = {c for c in public if inspect.isclass(c) and issubclass(c, EquivariantModule)}
    assert layers <= {type(case.make()) for case in CASES.values()}


@pytest.mark.parametrize("curvature", ["single", "per_block", "flat"])
def test_standard_networks_are_not_equivariant(curvature):
    torch.manual_seed(0)
    assert equivariance_error(network("standard", curvature).double(), length=WINDOW - 1) > 1e-2


@pytest.mark.parametrize("name", TRAINED)
def test_it_stays_so_after_training_and_after_save_and_load(name, tmp_path):
    """Curvatures are learnt at once; the state holds each once, so that it can be saved as the workflow does."""
    case = TRAINED[name]
    module = case.module(torch.float64)
    (kmers,) = inputs_of(module, raw_inputs(module, case.positions[0], torch.float64, case.kinds))
    before = [float(curvature().detach()) for curvature in module.trunk.curvatures]
    optimiser = torch.optim.AdamW(parameter_groups(module, weight_decay=0.1), lr=1e-2)
    targets = torch.randint(2, (len(kmers),), generator=torch.Generator().manual_seed(1)).double()
    for _ in range(15):
        optimiser.zero_grad()
        torch.nn.functional.binary_cross_entropy_with_logits(module(kmers), targets).backward()
        optimiser.step()
    after = [float(curvature().detach()) for curvature in module.trunk.curvatures]
    assert all(a != b for a, b in zip(after, before, strict=True))
    assert_equivariant(module, kmers, tolerance=1e-10)

    save_file(module.state_dict(), tmp_path / "weights.safetensors")
    loaded = case.make().double()
    loaded.load_state_dict(load_file(tmp_path / "weights.safetensors"))
    assert torch.equal(loaded.eval()(kmers), module.eval()(kmers))
    assert sum("log_k" in key for key in module.state_dict()) == len(module.trunk.curvatures)


def test_a_copy_has_curvatures_of_its_own():
    original = network("regular", "single")
    copied = copy.deepcopy(original)
    kmers = random_features(original.in_type, 2, WINDOW - 1, torch.Generator().manual_seed(0))
    before = original.eval()(kmers)
    copied.trunk.curvatures[0].log_k.data.fill_(2.0)
    assert torch.equal(original(kmers), before)
    assert not torch.equal(copied.eval()(kmers), before)


def layers_of(space, other, geometry) -> dict:
    width, stride, padding, length = geometry
    return {
        "LorentzBatchNorm1d": LorentzBatchNorm1d(space, bent()),
        "LorentzConv1d": LorentzConv1d(space, other, width, bent(), stride, padding),
        "LorentzFlattenLinear": LorentzFlattenLinear(space, other, length, bent()),
    }


@pytest.mark.parametrize("name", ["LorentzBatchNorm1d", "LorentzConv1d", "LorentzFlattenLinear"])
@given(
    small_representations,
    small_representations,
    st.tuples(st.integers(1, 5), st.integers(1, 3), st.integers(0, 3), st.integers(1, 12)),
    st.integers(0, 2**31),
)
@settings(max_examples=8)
def test_any_shape_and_types_are_exact_or_refused(name, space, other, geometry, seed):
    torch.manual_seed(seed)
    try:
        layer = layers_of(space, other, geometry)[name].double()
        x = random_features(layer.in_type, 4, geometry[-1], torch.Generator().manual_seed(seed), torch.float64)
        layer(x)
    except ValueError as refusal:
        assert any(
            reason in str(refusal) for reason in ("would give zeros", "not equivariant on", "positions at a time")
        )
        return
    assert_equivariant(layer, x, seed=seed, tolerance=1e-11)


# Planted faults


def of_one_strand(original):
    return lambda self, mean: mean


def of_the_first_channel(original):
    """Not of all channels, so that it depends on the strand."""
    return lambda s: original(s.narrow(-1, 0, 1))


def without_the_flip(original):
    return lambda x, space: original(x.unflatten(2, (-1, 1)).flatten(2).roll(1, 2), space)


def of_the_next_position(original):
    return lambda self, y, squares, *others: original(self, y, squares.roll(1, -1), *others)


def of_the_next_field(original):
    return lambda values, *how: original(values, *how).roll(1, -1)


def of_the_first_tap(original):
    """The norm of the first tap alone, which reverse complement exchanges with the last."""
    return lambda kernel: original(kernel[:, :, :1])


FAULTS = {
    "time weights untied": (
        wrapped(maps, "KernelTying", constants_tied_as(untied)),
        f"LorentzConv1d: {REGULAR}",
        "LorentzKmerConv1d: 2r",
    ),
    "time weights on -1 channels": (
        wrapped(maps, "KernelTying", constants_tied_as(signs_as_trivial)),
        f"LorentzLinear: {SIGN}",
        "LorentzFlattenLinear: 3m",
    ),
    "time of one channel": (
        wrapped(convolved_points, "squared_norms", of_the_first_channel),
        f"LorentzConv1d: {REGULAR}",
        "LorentzConv1d, stride: 2r",
    ),
    "time of one number of a feature map": (
        wrapped(linear, "squared_norm", of_the_first_channel),
        f"LorentzLinear: {REGULAR}",
        "LorentzFlattenLinear: 3m",
    ),
    "time of the next field": (
        wrapped(convolved_points, "sum_over_fields", of_the_next_field),
        f"LorentzConv1d: {MIXED}",
    ),
    "time of the next position": (
        wrapped(maps.PointMap, "add_time", of_the_next_position),
        f"LorentzKmerConv1d: {MIXED}",
    ),
    "a centre that is not fixed": (
        wrapped(LorentzBatchNorm1d, "_fixed_part", of_one_strand),
        f"LorentzBatchNorm1d: {REGULAR}",
        f"LorentzBatchNorm1d: {SIGN}",
    ),
    "a shift untied": (
        wrapped(hyperbolic.normalisation, "KernelTying", constants_tied_as(untied)),
        f"LorentzBatchNorm1d: {REGULAR}",
        f"LorentzBatchNorm1d: {MIXED}",
    ),
    "a hyperplane's distance on -1 logits": (
        wrapped(tied, "KernelTying", constants_tied_as(signs_as_trivial)),
        f"LorentzLogits: {SIGN}",
        f"LorentzLogits: {MIXED}",
    ),
    "a hyperplane's offset on -1 channels": (
        wrapped(tied, "KernelTying", constants_tied_as(signs_as_trivial)),
        f"LorentzLinear, hyperplanes: {SIGN}",
        f"LorentzKmerConv1d, hyperplanes: {MIXED}",
    ),
    "offsets of hyperplanes untied": (
        wrapped(flatten, "KernelTying", constants_tied_as(untied)),
        f"LorentzFlattenLinear, hyperplanes: {REGULAR}",
    ),
    "normals of the first tap": (
        wrapped(maps, "_squares", of_the_first_tap),
        f"LorentzConv1d, hyperplanes: {REGULAR}",
        f"LorentzConv1d, stride, hyperplanes: {MIXED}",
    ),
    "parts of features a position off": (
        wrapped(flatten, "irreducible_parts", without_the_flip),
        f"LorentzFlattenLinear: {REGULAR}",
        f"LorentzFlattenLinear: {MIXED}",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found(name, monkeypatch):
    plant, *cases = FAULTS[name]
    plant(monkeypatch)
    for case in cases:
        with pytest.raises(AssertionError, match="is not equivariant"):
            check(case)


def test_relu_on_sign_channels_is_not_what_a_network_takes():
    """An irrep network has tanh there, by the activation of the Euclidean layers."""
    irrep = network("irrep", "single")
    of_signs = [module.odd_function for module in irrep.trunk.features.modules() if isinstance(module, Activation)]
    assert len(of_signs) == 6
    assert all(isinstance(function, torch.nn.Tanh) for function in of_signs)


@pytest.mark.parametrize("arm", ARMS)
def test_networks_read_what_is_theirs_alone(arm):
    module = network(arm, "single")
    assert module.encoding == KmerEncoding(ARMS[arm][0])
    with pytest.raises(ValueError, match=f"windows of {WINDOW} bases"):
        module(torch.zeros(2, WINDOW + 1, dtype=torch.int64))

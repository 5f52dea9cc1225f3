"""Every module and model commutes with reverse complement to rounding, whatever is done to it."""

from __future__ import annotations

import copy
import inspect

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from rc_registry import CASES, KINDS, ONE_OF_EACH, as_tuple, binary, inputs_of, profile, random_codes, raw_inputs
from safetensors.torch import load_model, save_model

import rc_equivariant
from rc_equivariant import (
    Activation,
    AvgPool1d,
    BatchNorm1d,
    Conv1d,
    ConvBlock,
    Dropout,
    EquivariantModule,
    Gate,
    GlobalAvgPool1d,
    KmerEncoding,
    LayerNorm,
    MaxPool1d,
    Representation,
    Residual,
    Sequential,
    StrandMerge,
)
from rc_equivariant.testing import (
    TOLERANCES,
    all_representations,
    assert_equivariant,
    equivariance_error,
    random_features,
)

PRECISIONS = pytest.mark.parametrize("dtype", TOLERANCES, ids=str)
TRAINABLE = {name: case for name, case in ONE_OF_EACH.items() if any(p.numel() for p in case.make().parameters())}
EXPORTED = {name: case for name, case in ONE_OF_EACH.items() if not name.startswith("StrandAverage: ")}


@PRECISIONS
@pytest.mark.parametrize("name", CASES)
def test_every_module_is_equivariant(name, dtype):
    case = CASES[name]
    module = case.module(dtype)
    for positions in case.positions:
        raw = raw_inputs(module, positions, dtype, case.kinds)
        assert_equivariant(module, *inputs_of(module, raw))


def test_no_public_module_is_left_out():
    public = {getattr(rc_equivariant, name) for name in rc_equivariant.__all__}
    layers = {c for c in public if inspect.isclass(c) and issubclass(c, EquivariantModule)} - {EquivariantModule}
    assert layers <= {type(case.make()) for case in CASES.values()}


@pytest.mark.parametrize("arm", ["binary", "profile", "profile with control"])
def test_standard_networks_are_not_equivariant(arm):
    network = binary("standard", 40) if arm == "binary" else profile("standard", 40, control=arm != "profile")
    raw = raw_inputs(network, (40, 25)[: len(as_tuple(network.in_type))], torch.float32)
    assert equivariance_error(network, *inputs_of(network, raw)) > 1e-2


def train(module, inputs, steps):
    """Adam towards random targets."""
    optimiser = torch.optim.Adam(module.parameters(), lr=1e-2)
    torch.manual_seed(2)
    targets = None
    for _ in range(steps):
        outputs = as_tuple(module(*inputs))
        targets = [torch.randn_like(y) for y in outputs] if targets is None else targets
        optimiser.zero_grad()
        sum((y - target).square().mean() for y, target in zip(outputs, targets, strict=True)).backward()
        optimiser.step()


@pytest.mark.parametrize("name", TRAINABLE)
def test_it_stays_so_after_100_optimiser_steps_and_after_save_and_load(name, tmp_path):
    case = CASES[name]
    module = case.module(torch.float32)
    raw = raw_inputs(module, case.positions[0], torch.float32, case.kinds)
    before = copy.deepcopy(module.state_dict())
    train(module, inputs_of(module, raw), 100)
    assert any(not torch.equal(value, before[key]) for key, value in module.state_dict().items())
    assert_equivariant(module, *inputs_of(module, raw))

    save_model(module, tmp_path / "weights.safetensors")
    loaded = case.make()
    load_model(loaded, tmp_path / "weights.safetensors")
    expected, actual = (as_tuple(m.eval()(*inputs_of(m, raw))) for m in (module, loaded))
    assert all(torch.equal(a, b) for a, b in zip(actual, expected, strict=True))

    loaded.double()
    raw = raw_inputs(loaded, case.positions[0], torch.float64, case.kinds)
    assert_equivariant(loaded, *inputs_of(loaded, raw))


def exported_inputs(module, raw, dtype):
    """What an export reads: one-hot nucleotides in place of indices, with the space they belong to."""
    bases = KmerEncoding(1)
    spaces = as_tuple(module.in_type)
    of_kmers = [isinstance(space, KmerEncoding) for space in spaces]
    inputs = [bases.one_hot(x).to(dtype) if kmers else x for kmers, x in zip(of_kmers, raw, strict=True)]
    return inputs, tuple(bases.type if kmers else space for kmers, space in zip(of_kmers, spaces, strict=True))


@PRECISIONS
@pytest.mark.parametrize("name", EXPORTED)
def test_it_stays_so_after_export(name, dtype):
    case = CASES[name]
    module = case.module(dtype)
    for positions in case.positions:
        raw = raw_inputs(module, positions, dtype)
        module.train()(*inputs_of(module, raw))
        exported = module.eval().export()
        inputs, spaces = exported_inputs(module, raw, dtype)
        expected, actual = as_tuple(module(*inputs_of(module, raw))), as_tuple(exported(*inputs))
        for ours, theirs in zip(actual, expected, strict=True):
            assert (ours - theirs).abs().max() <= TOLERANCES[dtype] * theirs.abs().max()
        error = equivariance_error(exported, *inputs, in_type=spaces, out_type=module.out_type)
        assert error <= TOLERANCES[dtype]


small_representations = st.sampled_from(all_representations(5))
lengths = st.integers(1, 20)


def layers_of(space, other, geometry) -> dict:
    width, stride, padding, dilation = geometry
    layers = {
        "Activation": Activation(space, "silu", "tanh"),
        "BatchNorm1d": BatchNorm1d(space),
        "Conv1d": Conv1d(space, other, width, stride, padding, dilation),
        "ConvBlock": ConvBlock(Conv1d(space, other, width, stride, padding, dilation, bias=False)),
        "Dropout": Dropout(space),
        "GlobalAvgPool1d": GlobalAvgPool1d(space),
        "LayerNorm": LayerNorm(space),
        "Residual": Residual(
            Sequential(Conv1d(space, other, 3, padding=1), Conv1d(other, space, 2, dilation=2, padding=1))
        ),
        "StrandMerge": StrandMerge(space),
    }
    if padding <= width // 2:
        layers["AvgPool1d"] = AvgPool1d(space, width, stride, padding)
    if space.sign:
        layers["Gate"] = Gate(space)
    else:
        layers["MaxPool1d"] = MaxPool1d(space, width, stride)
    return layers


@pytest.mark.parametrize("name", [*layers_of(Representation(1, 1, 1), Representation(1), (3, 1, 0, 1)), "MaxPool1d"])
@given(
    small_representations,
    small_representations,
    st.tuples(st.integers(1, 5), st.integers(1, 3), st.integers(0, 3), st.integers(1, 3)),
    lengths,
    st.integers(0, 2**31),
)
@settings(max_examples=12)
def test_any_shape_and_types_are_exact_or_refused(name, space, other, geometry, length, seed):
    """A layer is exact, or raises ValueError and nothing else where the length decides against it."""
    torch.manual_seed(seed)
    try:
        layer = layers_of(space, other, geometry).get(name)
    except ValueError as refusal:
        assert "would give zeros" in str(refusal)
        return
    if layer is None:
        return
    layer.double()
    for parameter in layer.parameters():
        parameter.data.normal_()
    try:
        layer(torch.zeros(2, layer.in_type.size, length, dtype=torch.float64))
    except ValueError as refusal:
        assert "not equivariant on" in str(refusal) or "positions at a time" in str(refusal)
        return
    x = random_features(layer.in_type, 4, length, torch.Generator().manual_seed(seed), torch.float64)
    assert_equivariant(layer, x, seed=seed, tolerance=1e-11)


@pytest.mark.parametrize("length", [40, 41])
@pytest.mark.parametrize("kind", KINDS)
def test_the_inputs_are_what_they_are_called(kind, length):
    codes = random_codes(kind, length, torch.Generator().manual_seed(0))
    assert (codes == KmerEncoding(1).act(codes)).all() == (kind == "palindromic")
    assert ((codes == 4).float().mean() > 0.5) == (kind == "N-rich")

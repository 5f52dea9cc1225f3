"""Exports are the same functions, made of standard torch modules: for TorchScript, ONNX and attribution tools."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from exported_networks import (
    ARMS,
    NETWORKS,
    OF_EACH_KIND,
    STRATEGIES,
    Trained,
    as_trained,
    as_tuple,
    assert_all_close,
    assert_close,
    binary,
    codes_with_unknowns,
    one_hot_nucleotides,
)
from torch import Tensor, nn

from rc_equivariant import (
    Activation,
    AvgPool1d,
    BatchNorm1d,
    ChannelScale,
    Concatenation,
    Conv1d,
    ConvTranspose1d,
    Dropout,
    Gate,
    GatedUnit,
    GlobalAvgPool1d,
    GroupNorm,
    Identity,
    KmerConv1d,
    KmerEncoding,
    LayerNorm,
    Linear,
    MaxPool1d,
    Ordinary,
    PositionGain,
    Representation,
    Residual,
    Sequential,
    SqueezeExcitation,
    StrandMerge,
    Sum,
    Upsample,
    export,
    gates_for,
)
from rc_equivariant.testing import TOLERANCES

MIXED = Representation(regular=2, trivial=3, sign=2)
SPACES = [Representation(regular=3), Representation(trivial=2, sign=3), Representation(sign=2), MIXED, Ordinary(4)]
LAYERS: dict[str, Callable[..., nn.Module]] = {
    "Activation": Activation,
    "Activation by name": lambda space: Activation(space, "softplus", "softsign"),
    "AvgPool1d": lambda space: AvgPool1d(space, 3, stride=2, padding=1),
    "BatchNorm1d": BatchNorm1d,
    "BatchNorm1d as published": lambda space: BatchNorm1d(space, eps=1e-4, eps_on_deviation=True),
    "ChannelScale": ChannelScale,
    "Concatenation": lambda space: Concatenation(Conv1d(space, space, 3), Identity(space), GlobalAvgPool1d(space)),
    "ConvTranspose1d": lambda space: ConvTranspose1d(space, space, 4, stride=3, padding=2, dilation=2),
    "GatedUnit": lambda space: GatedUnit(Conv1d(space, space, 4), Conv1d(space, gates_for(space), 4)),
    "GatedUnit, gates of the same type": lambda space: GatedUnit(Conv1d(space, space, 4), Conv1d(space, space, 2)),
    "GroupNorm": lambda space: GroupNorm(space, 1),
    "PositionGain": lambda space: PositionGain(space, 25, 4),
    "SqueezeExcitation": lambda space: SqueezeExcitation(space, 4, "silu"),
    "Sum": lambda space: Sum(Conv1d(space, space, 5), Identity(space), GlobalAvgPool1d(space)),
    "Upsample": lambda space: Upsample(space, 3),
    "Conv1d": lambda space: Conv1d(space, space, 4),
    "Conv1d on a grid": lambda space: Conv1d(space, space, 3, stride=2, padding=2, dilation=2, bias=False),
    "Dropout": Dropout,
    "GlobalAvgPool1d": GlobalAvgPool1d,
    "LayerNorm": LayerNorm,
    "Residual": lambda space: Residual(Conv1d(space, space, 5)),
    "Sequential": lambda space: Sequential(Conv1d(space, space, 3), BatchNorm1d(space), Activation(space)),
    "StrandMerge": StrandMerge,
}
PLAIN = tuple(f"rc_equivariant.{name}" for name in ("plain", "plain_blocks", "plain_mixing", "hyperbolic.plain"))
PRECISIONS = pytest.mark.parametrize("dtype", TOLERANCES, ids=str)


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


def assert_exports_alike(layer: nn.Module, x: Tensor) -> None:
    layer = as_trained(layer.to(x.dtype), x)
    assert_close(layer.export()(x), layer(x))


@PRECISIONS
@pytest.mark.parametrize("space", SPACES, ids=str)
@pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS)
def test_layers_export_alike(make: Callable[..., nn.Module], space: Representation | Ordinary, dtype: torch.dtype):
    assert_exports_alike(make(space), torch.randn(3, space.size, 25, dtype=dtype))


@PRECISIONS
@pytest.mark.parametrize("space", [Representation(regular=3, trivial=2), Ordinary(4)], ids=str)
def test_maximum_pooling_exports_alike(space: Representation | Ordinary, dtype: torch.dtype) -> None:
    assert_exports_alike(MaxPool1d(space, 5, stride=4), torch.randn(3, space.size, 25, dtype=dtype))


@PRECISIONS
def test_gates_export_alike(dtype: torch.dtype) -> None:
    gate = Gate(MIXED)
    assert_exports_alike(gate, torch.randn(3, gate.in_type.size, 25, dtype=dtype))


@PRECISIONS
@pytest.mark.parametrize("space", SPACES, ids=str)
def test_linear_maps_export_alike(space: Representation | Ordinary, dtype: torch.dtype) -> None:
    assert_exports_alike(Linear(space, space), torch.randn(3, space.size, dtype=dtype))


@PRECISIONS
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("k", [1, 2, 3, 6])
def test_kmer_convolutions_export_to_convolutions_of_one_hot_nucleotides(k: int, bias: bool, dtype: torch.dtype):
    layer = KmerConv1d(KmerEncoding(k), MIXED, 4, bias=bias).to(dtype)
    codes = codes_with_unknowns(3, 60)
    layer = as_trained(layer, layer.in_type.indices(codes))
    assert_close(layer.export()(one_hot_nucleotides(codes, dtype)), layer(layer.in_type.indices(codes)))


@PRECISIONS
@pytest.mark.parametrize("make", (NETWORKS | STRATEGIES).values(), ids=NETWORKS | STRATEGIES)
def test_networks_export_alike(make: Callable[[], nn.Module], dtype: torch.dtype) -> None:
    trained = Trained(make, dtype)
    assert_all_close(as_tuple(trained.export(*trained.export_inputs)), trained.expected)


@pytest.mark.parametrize("make", OF_EACH_KIND.values(), ids=OF_EACH_KIND)
def test_exports_are_standard_modules_in_eval_mode(make: Callable[[], nn.Module]) -> None:
    for part in Trained(make, torch.float32).export.modules():
        assert not part.training
        module = type(part).__module__
        assert module.startswith("torch.nn.") or module in PLAIN


@pytest.mark.parametrize("make", (NETWORKS | STRATEGIES).values(), ids=NETWORKS | STRATEGIES)
def test_exports_lie_on_the_device_of_the_network(make: Callable[[], nn.Module]) -> None:
    export = make().to("meta").export()
    assert {tensor.device.type for tensor in (*export.parameters(), *export.buffers())} == {"meta"}


@pytest.mark.parametrize("make", OF_EACH_KIND.values(), ids=OF_EACH_KIND)
def test_exports_are_copies(make: Callable[[], nn.Module]) -> None:
    trained = Trained(make, torch.float64)
    with torch.no_grad():
        for tensor in (*trained.network.parameters(), *trained.network.buffers()):
            tensor.zero_()
    assert_all_close(as_tuple(trained.export(*trained.export_inputs)), trained.expected)


def test_the_gradient_of_one_hot_kmers_is_that_of_the_same_convolution() -> None:
    layer = KmerConv1d(KmerEncoding(2), MIXED, 4).double()
    dense = Conv1d(layer.in_type.type, MIXED, 4).double()
    dense.gain = layer.gain
    dense.load_state_dict(layer.state_dict(), strict=False)
    codes = codes_with_unknowns(3, 60)
    *to_kmers, convolution = layer.export()
    kmers = nn.Sequential(*to_kmers)(one_hot_nucleotides(codes, torch.float64)).requires_grad_()
    hot = layer.in_type.one_hot(layer.in_type.indices(codes)).double().requires_grad_()
    weights = torch.randn(3, MIXED.size, 56, dtype=torch.float64)
    (of_kmers,) = torch.autograd.grad((convolution(kmers) * weights).sum(), kmers)
    (of_hot,) = torch.autograd.grad((dense(hot) * weights).sum(), hot)
    assert_close(of_kmers[:, layer.in_type.kmer_of_channel], of_hot)


@pytest.mark.parametrize("arm", [arm for arm in ARMS if arm[0] != "standard"], ids=str)
def test_attributions_of_exported_networks_mirror_each_other(arm: tuple[str, int, float | None]) -> None:
    """The gradient for the reverse complement is the gradient, reverse complemented."""
    trained = Trained(lambda: binary(*arm), torch.float64)
    gradients = []
    for strand in (trained.export_inputs[0], trained.export_inputs[0].flip(1, 2)):
        one_hot = strand.clone().requires_grad_()
        gradients += torch.autograd.grad(trained.export(one_hot).sum(), one_hot)
    assert_close(gradients[1].flip(1, 2), gradients[0])


@pytest.mark.parametrize("name", [name for name in NETWORKS if name.startswith("binary")])
def test_nonlinear_parts_of_exported_networks_are_modules(name: str) -> None:
    """Attribution tools put their hooks on modules: a nonlinear function between them would be passed over."""
    graph = torch.fx.symbolic_trace(Trained(NETWORKS[name], torch.float32).export).graph
    functions = {str(getattr(node.target, "__name__", node.target)) for node in graph.nodes if "call_" in node.op}
    modules = {node.target for node in graph.nodes if node.op == "call_module"}
    linear = {"add", "mul", "truediv", "getitem", "cat", "flip", "index_select", "dim", "eq", "split"}
    assert functions - modules <= linear


def test_ordinary_layers_after_the_strands_are_exported_with_the_rest():
    hidden, encoding = Representation(2, 2, 2), KmerEncoding(2)
    model = nn.Sequential(KmerConv1d(encoding, hidden, 4), StrandMerge(hidden), nn.Conv1d(6, 3, 5), nn.ReLU()).double()
    codes = codes_with_unknowns(3, 20)
    expected = model(encoding.indices(codes))
    assert_close(export(model)(one_hot_nucleotides(codes, torch.float64)), expected)


def test_a_model_that_cannot_be_followed_is_not_exported():
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = StrandMerge(Representation(2))

    with pytest.raises(ValueError, match="Own"):
        export(Own())

"""Exports go to other programs: TorchScript where this library is not installed, ONNX in its own runtime."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import onnxruntime
import pytest
import torch
from exported_networks import NETWORKS, OF_EACH_KIND, STRATEGIES, Trained, as_trained, assert_all_close, assert_close
from torch import nn

from rc_equivariant import (
    Activation,
    AvgPool1d,
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
    LayerNorm,
    Linear,
    Representation,
    Sequential,
    SharedOverStrands,
    SqueezeExcitation,
    Sum,
    Upsample,
)
from rc_equivariant.plain import NetworkMean
from rc_equivariant.testing import TOLERANCES

LOAD_WITHOUT_THE_LIBRARY = """
import importlib.util, json, sys, torch
assert importlib.util.find_spec("rc_equivariant") is None
errors = {}
for folder in sys.argv[1:]:
    saved = torch.load(f"{folder}/tensors.pt")
    outputs = torch.jit.load(f"{folder}/module.pt")(*saved["inputs"])
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    pairs = zip(outputs, saved["expected"], strict=True)
    errors[folder] = max(float((got - expected).abs().max() / expected.abs().max()) for got, expected in pairs)
print(json.dumps(errors))
"""


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


def torchscript(export: nn.Module, inputs: tuple[torch.Tensor, ...]) -> torch.jit.ScriptModule:
    """Compiled; traced where a part takes as many tensors as its networks do, which TorchScript cannot compile."""
    if any(isinstance(part, NetworkMean) for part in export.modules()):
        return torch.jit.trace(export, inputs)
    return torch.jit.script(export)


def run_onnx(export: nn.Module, inputs: tuple[torch.Tensor, ...], file: Path) -> tuple[torch.Tensor, ...]:
    """What ONNX Runtime gives, of a file made with another batch size than that of ``inputs``."""
    dynamic = tuple({0: "batch"} for _ in inputs)
    example = tuple(torch.cat([x, x[:1]]) for x in inputs)
    # The parts that take any number of tensors have one parameter for them all.
    shapes = (dynamic,) if isinstance(export, NetworkMean) else dynamic
    torch.onnx.export(export, example, dynamic_shapes=shapes, verbose=False).save(file)
    session = onnxruntime.InferenceSession(file)
    names = [given.name for given in session.get_inputs()]
    feed = {name: x.numpy() for name, x in zip(names, inputs, strict=True)}
    return tuple(map(torch.from_numpy, session.run(None, feed)))


def other_layers() -> Sequential:
    """Layers that the published networks lack."""
    mixed, pairs = Representation(regular=2, trivial=3, sign=2), Representation(regular=3)
    gate = Gate(mixed)
    return Sequential(
        Conv1d(mixed, gate.in_type, 4),
        gate,
        LayerNorm(mixed),
        Dropout(mixed),
        AvgPool1d(mixed, 2, stride=2),
        GroupNorm(mixed, 7),
        GatedUnit(Conv1d(mixed, mixed, 3), Conv1d(mixed, mixed, 3)),
        SharedOverStrands(nn.Conv1d(9, 3, 3), Representation(2, 5), 3),
        Concatenation(Identity(pairs), Sum(Conv1d(pairs, pairs, 3), GlobalAvgPool1d(pairs))),
        SqueezeExcitation(pairs + pairs, 4),
        Upsample(pairs + pairs, 2),
        ConvTranspose1d(pairs + pairs, mixed, 4, stride=2),
        ChannelScale(mixed, 0.3),
        Activation(mixed, "softplus", "softsign"),
        GlobalAvgPool1d(mixed),
        Linear(mixed, Representation(trivial=2)),
    )


@pytest.mark.filterwarnings("ignore:.torch.jit.:DeprecationWarning")
def test_torchscript_gives_the_same_where_the_library_is_not_installed(tmp_path: Path) -> None:
    folders = []
    for number, make in enumerate((NETWORKS | STRATEGIES).values()):
        trained = Trained(make, torch.float64)
        folders.append(tmp_path / str(number))
        folders[-1].mkdir()
        torchscript(trained.export, trained.export_inputs).save(folders[-1] / "module.pt")
        torch.save({"inputs": trained.export_inputs, "expected": trained.expected}, folders[-1] / "tensors.pt")
    command = [sys.executable, "-I", "-c", LOAD_WITHOUT_THE_LIBRARY, *map(str, folders)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    errors = json.loads(done.stdout)
    assert len(errors) == len(NETWORKS | STRATEGIES)
    assert max(errors.values()) <= TOLERANCES[torch.float64]


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::UserWarning")
@pytest.mark.parametrize("make", OF_EACH_KIND.values(), ids=OF_EACH_KIND)
def test_onnx_gives_the_same_for_any_batch(make: Callable[[], nn.Module], tmp_path: Path) -> None:
    trained = Trained(make, torch.float32)
    assert_all_close(run_onnx(trained.export, trained.export_inputs, tmp_path / "network.onnx"), trained.expected)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_other_layers_go_through_both(tmp_path: Path) -> None:
    layers = other_layers()
    x = torch.randn(3, layers.in_type.size, 25)
    expected = as_trained(layers, x)(x)
    export = layers.export().eval()
    assert_close(torchscript(export, (x,))(x), expected)
    assert_close(*run_onnx(export, (x,), tmp_path / "layers.onnx"), expected)

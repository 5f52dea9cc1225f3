"""A GPU that was asked for is used or refused, never the CPU instead; a switch makes what it computes repeatable."""

import os

import pytest
import torch
from arm_networks import build_network
from planted_profiles import ARCHITECTURE as PROFILE_ARCHITECTURE
from planted_windows import ARCHITECTURE, TRAINING, WIDTH

from learning.models.devices import describe_arithmetic, describe_device, select_device
from learning.models.networks import architecture_of, encoding_of
from learning.training.loop import train
from learning.training.settings import Training
from workflow_support.errors import InputError
from workflow_support.provenance import processor_model

CPU = torch.device("cpu")
LABELLED = {"kmer": 1, "channels": 8, "window": WIDTH, "classes": 3}
NETWORKS = {
    f"{kind}, {representation}": (kind, architecture | {"representation": representation})
    for kind, architecture in {
        "binary": ARCHITECTURE | {"window": WIDTH, "kmer": 2},
        "labelled": LABELLED,
        "profile": PROFILE_ARCHITECTURE | {"control": True},
    }.items()
    for representation in ("standard", "regular")
}


@pytest.fixture
def determinism(monkeypatch):
    """Off to begin with, and what a test sets is set back."""
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    monkeypatch.setattr(torch.backends.cudnn, "benchmark", True)
    yield
    torch.set_deterministic_debug_mode("default")


def broken(*_, **__):
    raise RuntimeError("CUDA error: an illegal memory access was encountered")


@pytest.fixture
def tf32():
    """What a test sets is set back."""
    before = torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32
    yield
    torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32 = before


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
@pytest.mark.parametrize("granted", ["0", ""])
def test_a_granted_gpu_without_a_driver_is_refused(monkeypatch, granted):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", granted)
    with pytest.raises(InputError, match="device is cuda, but torch sees no GPU") as error:
        select_device("cuda", 1)
    assert f"CUDA_VISIBLE_DEVICES: {granted}" in str(error.value)
    assert "device: cpu" in error.value.fix


def test_a_build_without_cuda_is_named_before_other_causes(monkeypatch):
    """Conda picks such a build on a login node, and then no node with a GPU can use it."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.version, "cuda", None)
    with pytest.raises(InputError, match="torch sees no GPU: this torch was built without CUDA") as error:
        select_device("cuda", 1)
    assert error.value.fix.startswith("make the environment again with a CUDA build of torch")
    assert "CONDA_OVERRIDE_CUDA" in error.value.fix
    assert "device: cpu" in error.value.fix


def test_a_cuda_build_without_a_gpu_is_not_blamed(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.version, "cuda", "12.9")
    with pytest.raises(InputError, match="torch sees no GPU") as error:
        select_device("cuda", 1)
    assert "built without CUDA" not in str(error.value)
    assert "CONDA_OVERRIDE_CUDA" not in str(error.value)
    assert "CUDA build: 12.9" in str(error.value)


def test_a_gpu_that_does_not_work_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch, "ones", broken)
    with pytest.raises(InputError, match="the GPU does not work: CUDA error"):
        select_device("cuda", 1)


def test_an_unknown_device_is_refused():
    with pytest.raises(InputError, match="unknown device"):
        select_device("tpu", 1)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU")
def test_a_gpu_that_works_is_used():
    assert select_device("cuda", 1).type == "cuda"


@pytest.mark.usefixtures("determinism")
def test_the_switch_takes_deterministic_algorithms_alone_until_it_is_off():
    select_device("cpu", 1, deterministic=True)
    assert torch.are_deterministic_algorithms_enabled()
    assert not torch.is_deterministic_algorithms_warn_only_enabled()
    assert not torch.backends.cudnn.benchmark
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"
    assert describe_arithmetic(CPU) == "float32, deterministic algorithms"
    select_device("cpu", 1)
    assert not torch.are_deterministic_algorithms_enabled()
    assert describe_arithmetic(CPU) == "float32"


@pytest.mark.usefixtures("determinism")
def test_the_switch_is_set_before_anything_runs_on_a_gpu(monkeypatch):
    def first_use(*_, **__):
        seen.append((os.environ.get("CUBLAS_WORKSPACE_CONFIG"), torch.are_deterministic_algorithms_enabled()))
        return broken()

    seen = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch, "ones", first_use)
    with pytest.raises(InputError):
        select_device("cuda", 1, deterministic=True)
    assert seen == [(":4096:8", True)]


def gradients_of(network, device):
    """Those of all weights, for a batch that is always the same, in training mode."""
    torch.manual_seed(1)
    network, architecture = network.to(device).train(), architecture_of(network)
    inputs = [encoding_of(network).indices(torch.randint(0, 4, (12, architecture.window))).to(device)]
    if architecture.tracks:
        inputs.append(torch.rand(12, 2, architecture.output_length).to(device))
    network.zero_grad()
    answers = network(*inputs)
    outputs = answers if isinstance(answers, tuple) else (answers,)
    sum(output.square().sum() for output in outputs).backward()
    return [parameter.grad.clone() for parameter in network.parameters()]


@pytest.mark.usefixtures("determinism")
@pytest.mark.parametrize("network", NETWORKS)
def test_every_network_trains_deterministically_and_to_the_same_bits(network):
    """On a GPU where there is one: an operation without a deterministic algorithm raises there."""
    kind, architecture = NETWORKS[network]
    device = select_device("cuda" if torch.cuda.is_available() else "cpu", 1, deterministic=True)
    network = build_network(architecture, kind)
    first, again = gradients_of(network, device), gradients_of(network, device)
    assert all(map(torch.equal, first, again))
    if device == CPU:
        select_device("cpu", 1)
        assert all(map(torch.equal, first, gradients_of(network, CPU)))


@pytest.mark.usefixtures("determinism")
@pytest.mark.parametrize("deterministic", [True, False])
def test_a_training_is_deterministic_where_its_settings_say_so(deterministic):
    def objective(*_):
        seen.append(torch.are_deterministic_algorithms_enabled())
        raise InterruptedError

    seen = []
    settings = Training.of_kind("binary", TRAINING | {"deterministic": deterministic})
    with pytest.raises(InterruptedError):
        train(lambda: build_network(ARCHITECTURE | {"window": WIDTH}), objective, settings, seed=1)
    assert seen == [deterministic]


@pytest.mark.parametrize(
    ("cudnn", "matmul", "said"),
    [
        (True, False, "float32, TF32 in convolutions"),
        (True, True, "float32, TF32 in convolutions, TF32 in matrix products"),
        (False, False, "float32, no TF32"),
    ],
)
@pytest.mark.usefixtures("tf32")
def test_the_precision_of_a_gpu_is_reported(monkeypatch, cudnn, matmul, said):
    torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32 = cudnn, matmul
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "NVIDIA H100 80GB HBM3")
    gpu = torch.device("cuda")
    assert describe_arithmetic(gpu) == said
    assert describe_device(gpu) == "cuda (NVIDIA H100 80GB HBM3)"


def test_a_cpu_is_called_by_its_model():
    assert describe_device(CPU) == f"cpu ({processor_model()})"

"""The device that networks run on: its choice, its description, and its memory."""

from __future__ import annotations

import ctypes
import os

import torch

from workflow_support.errors import InputError
from workflow_support.provenance import processor_model

#: The types of mixed precision. Sums, norms, losses and weights stay in float32.
_AUTOCAST = {"bf16": torch.bfloat16, "float16": torch.float16}
#: The compute capability of the first GPUs with arithmetic in bf16 and TF32 (Ampere).
_AMPERE = (8, 0)


def select_device(name: str, threads: int, *, deterministic: bool = False, precision: str = "float32") -> torch.device:
    """The device called ``name`` (``cpu`` or ``cuda``), with ``threads`` threads for what runs on the CPU.

    Parameters
    ----------
    deterministic
        Whether equal inputs give equal bits on a GPU too: torch then uses slower algorithms, and raises a RuntimeError
        for operations that have none. On the CPU our networks are deterministic for a given number of threads.
    precision
        ``tf32`` lets a GPU round factors to TF32; with any other, products in float32 are exact to rounding of float32.
        For ``bf16`` and ``float16`` see :func:`mixed_precision`.

    Raises
    ------
    InputError
        If a GPU is asked for and none works, or it lacks the precision: nothing falls back to another unasked.
    """
    if name not in ("cpu", "cuda"):
        raise InputError("unknown device", found=name, allowed="cpu or cuda", fix="set compute: {device: cpu}")
    # Before anything runs on the GPU, since cuBLAS reads the setting only as it starts.
    _set_determinism(deterministic)
    if name == "cuda":
        _require_gpu()
    _set_precision(name, precision)
    torch.set_num_threads(threads)
    keep_freed_memory()
    return torch.device(name)


def describe_device(device: torch.device) -> str:
    """The device with the model of its processor, such as ``cuda (NVIDIA H100 80GB HBM3)``."""
    model = torch.cuda.get_device_name(device) if device.type == "cuda" else processor_model()
    return f"{device.type} ({model})"


def mixed_precision(device: torch.device, precision: str) -> torch.autocast:
    """A context in which convolutions and matrix products are computed in 16 bits, if the precision is one of these."""
    return torch.autocast(device.type, _AUTOCAST.get(precision), enabled=precision in _AUTOCAST)


def describe_arithmetic(device: torch.device, precision: str = "float32") -> str:
    """The precision of arithmetic on the device, its uses of TF32, and whether algorithms are deterministic."""
    tf32 = {
        "convolutions": torch.backends.cudnn.allow_tf32,
        "matrix products": torch.backends.cuda.matmul.allow_tf32,
    }
    parts = [f"{precision} in products, else float32" if precision in _AUTOCAST else "float32"]
    if device.type == "cuda":
        parts += [f"TF32 in {where}" for where, is_allowed in tf32.items() if is_allowed] or ["no TF32"]
    if torch.are_deterministic_algorithms_enabled():
        parts.append("deterministic algorithms")
    return ", ".join(parts)


def _set_determinism(deterministic: bool) -> None:
    if deterministic:
        # With any number of workspaces, the rounding of cuBLAS depends on that of each product (cuBLAS, Results
        # Reproducibility).
        os.environ["CUBLAS_WORKSPACE_CONFIG"] = ":4096:8"
        torch.backends.cudnn.benchmark = False
    # Like torch.use_deterministic_algorithms, which also loads torch's compiler, and that takes seconds.
    torch.set_deterministic_debug_mode("error" if deterministic else "default")


def _set_precision(name: str, precision: str) -> None:
    """Allow TF32 for ``tf32`` alone; raise an InputError if the device has no such arithmetic."""
    _require_precision(name, precision)
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"


def _require_precision(name: str, precision: str) -> None:
    lacks = precision == "tf32" if name == "cpu" else precision in ("tf32", "bf16") and _capability() < _AMPERE
    if not lacks:
        return
    capability = "" if name == "cpu" else ", compute capability {}.{}".format(*_capability())
    raise InputError(
        f"the device has no arithmetic in {precision}",
        found=f"{describe_device(torch.device(name))}{capability}",
        allowed="float32 and float16 on any GPU, bf16 and tf32 from compute capability 8.0 on; all but tf32 on a CPU",
        fix="set training: {precision: float32}, or choose another device",
    )


def _capability() -> tuple[int, int]:
    return torch.cuda.get_device_capability()


def _require_gpu() -> None:
    """Raise an InputError if no GPU works: a cluster may grant one that has no driver, or is broken."""
    build = torch.version.cuda or "none"
    fix = "set compute: {device: cpu}, or run on a machine with a GPU"
    if not torch.cuda.is_available():
        problem = "torch sees no GPU"
        if torch.version.cuda is None:
            # The commonest cause, and one that nothing on the node with the GPU can cure.
            problem += ": this torch was built without CUDA"
            fix = (
                "make the environment again with a CUDA build of torch; on a login node without a GPU, conda needs "
                f"CONDA_OVERRIDE_CUDA for that (docs/cluster.md, GPUs). Or {fix}"
            )
    else:
        try:
            torch.ones(1, device="cuda").item()
            return
        except RuntimeError as error:
            problem = f"the GPU does not work: {error}"
    granted = os.environ.get("CUDA_VISIBLE_DEVICES", "not set")
    raise InputError(
        f"compute: device is cuda, but {problem}",
        found=f"torch {torch.__version__}, CUDA build: {build}, CUDA_VISIBLE_DEVICES: {granted}",
        allowed="cuda where a GPU, its driver and a CUDA build of torch are present",
        fix=fix,
    )


def keep_freed_memory() -> None:
    """Ask glibc, if it is the C library, to keep freed memory for the next allocation.

    Features of a batch are allocated and freed in every step. By default, glibc returns their memory to the system,
    which then clears each page again, and that takes a good part of a step on a CPU.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        trim_threshold, mmap_threshold = -1, -3
        mallopt(trim_threshold, 2**31 - 1)
        mallopt(mmap_threshold, 32 * 2**20)

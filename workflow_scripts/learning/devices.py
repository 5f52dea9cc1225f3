"""Where tensors live."""

from __future__ import annotations

import torch

from workflow_support.errors import InputError


def select_device(name: str, threads: int) -> torch.device:
    """The device called ``name`` (``cpu`` or ``cuda``), with ``threads`` threads for what runs on the CPU.

    Raises
    ------
    InputError
        Where a GPU is asked for and torch sees none: training never falls back to the CPU unasked.
    """
    if name not in ("cpu", "cuda"):
        raise InputError("unknown device", found=name, allowed="cpu or cuda", mend="set training: device: cpu")
    if name == "cuda" and not torch.cuda.is_available():
        raise InputError(
            "training: device is cuda, but torch sees no GPU",
            found=f"torch {torch.__version__}, CUDA build: {torch.version.cuda or 'none'}",
            allowed="cuda where a GPU, its driver and a CUDA build of torch are present",
            mend="set training: device: cpu, or run on a machine with a GPU",
        )
    torch.set_num_threads(threads)
    return torch.device(name)

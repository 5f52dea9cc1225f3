"""The GPUs of one machine, spread over the jobs that run on it at a time.

A cluster gives each job its GPUs. On one machine nothing does, and every job would take the first one.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TextIO

from .errors import InputError

#: The variable by which the command that runs the workflow tells its jobs which GPUs they may share.
POOL_VARIABLE = "WORKFLOW_GPUS"
VISIBLE = "CUDA_VISIBLE_DEVICES"
SECONDS_BETWEEN_LOOKS = 0.5


def gpu_pool(count: int) -> str:
    """The first ``count`` GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them.

    Raises
    ------
    InputError
        If CUDA_VISIBLE_DEVICES names fewer.
    """
    visible = os.environ.get(VISIBLE)
    if visible is None:
        return ",".join(map(str, range(count)))
    names = [name.strip() for name in visible.split(",") if name.strip()]
    if len(names) < count:
        raise InputError(
            f"{count} GPUs are to be shared, and {VISIBLE} names fewer",
            found=f"{VISIBLE}={visible}",
            allowed=f"at least {count} names",
            fix=f"run with --resources gpu={len(names)}, or change {VISIBLE}",
        )
    return ",".join(names[:count])


@contextmanager
def leased_gpus(count: int) -> Iterator[None]:
    """A context in which this process has ``count`` GPUs of the pool to itself, and sees no other.

    It waits until that many are free, also of jobs of another run of the same user. The lease is a lock on a file,
    which ends with the process, however that ends. Without a pool, or for 0 GPUs, nothing changes.

    Raises
    ------
    InputError
        If the pool is smaller than ``count``.
    """
    pool = [name for name in os.environ.get(POOL_VARIABLE, "").split(",") if name]
    if not count or not pool:
        yield
        return
    if count > len(pool):
        raise InputError(
            "a job asks for more GPUs than there are to share",
            found=f"{count} of {len(pool)}",
            allowed=f"up to {len(pool)}",
            fix="give the command more by --resources gpu=N",
        )
    with ExitStack() as stack:
        os.environ[VISIBLE] = ",".join(_take(pool, count, stack))
        yield


def _take(pool: list[str], count: int, stack: ExitStack) -> list[str]:
    folder = Path(tempfile.gettempdir()) / f"gpu-leases-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    while True:
        held = {name: file for name in pool if (file := _lock(folder / name.replace("/", "_")))}
        kept = list(held)[:count]
        for name, file in held.items():
            if name not in kept or len(kept) < count:
                file.close()
        if len(kept) == count:
            for name in kept:
                stack.enter_context(held[name])
            return kept
        time.sleep(SECONDS_BETWEEN_LOOKS)


def _lock(path: Path) -> TextIO | None:
    """The open file of a lock that this process now holds; None if another one does."""
    file = path.open("w", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file

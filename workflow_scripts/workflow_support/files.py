"""Files that are either whole or not there."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path


@contextmanager
def atomic_path(final: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside ``final``; on success flush it to disk and rename it, on failure remove it.

    The temporary name keeps the suffix of ``final``, since writers choose formats by it.
    """
    final = Path(final)
    final.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".partial-", suffix="-" + final.name, dir=final.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.replace(final)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_paths(*finals: str | Path) -> Iterator[list[Path]]:
    """As :func:`atomic_path`, for several files: none is renamed before all are written."""
    with ExitStack() as stack:
        yield [stack.enter_context(atomic_path(final)) for final in finals]


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask

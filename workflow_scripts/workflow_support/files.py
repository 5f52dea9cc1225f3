"""Atomic writing: an output file either appears complete or not at all."""

from __future__ import annotations

import glob
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from .disk_errors import disk_error
from .errors import InputError

PARTIAL = ".partial-"
#: The number of characters that :func:`tempfile.mkstemp` puts between prefix and suffix.
RANDOM_CHARACTERS = 8


@contextmanager
def atomic_path(final: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside ``final``; on success flush it to disk and rename it, on failure remove it.

    The temporary name keeps the suffix of ``final``, because writers choose formats by it. Leftovers of a killed
    process are removed first; this is safe, because only one process writes to a file at a time.

    Raises
    ------
    InputError
        If the disk failed, whatever error the writer raised.
    """
    final = Path(final)
    with disk_errors_explained(final):
        final.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(final)
        handle, name = tempfile.mkstemp(prefix=PARTIAL, suffix="-" + final.name, dir=final.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        with disk_errors_explained(final):
            yield temporary
            _make_final(temporary, final)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def disk_errors_explained(final: Path) -> Iterator[None]:
    """Turn every failure of a disk while ``final`` is written into an :class:`InputError`."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        explained = disk_error(error, final)
        if explained is None:
            raise
        raise explained from error


def _make_final(temporary: Path, final: Path) -> None:
    temporary.chmod(0o666 & ~_umask())
    with temporary.open("rb") as written:
        os.fsync(written.fileno())
    temporary.replace(final)


@contextmanager
def atomic_paths(*finals: str | Path) -> Iterator[list[Path]]:
    """Like :func:`atomic_path` for several files; none is renamed before all are written."""
    with ExitStack() as stack:
        yield [stack.enter_context(atomic_path(final)) for final in finals]


def _remove_leftovers(final: Path) -> None:
    """Remove partial files of ``final``, but not those of other files whose names end like it."""
    for left in final.parent.glob(f"{PARTIAL}{'?' * RANDOM_CHARACTERS}-{glob.escape(final.name)}"):
        left.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask

"""Files that are either whole or not there."""

from __future__ import annotations

import glob
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from .disk_errors import storage_error
from .errors import InputError

PARTIAL = ".partial-"
#: That :func:`tempfile.mkstemp` puts between prefix and suffix.
RANDOM_CHARACTERS = 8


@contextmanager
def atomic_path(final: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside ``final``; on success flush it to disk and rename it, on failure remove it.

    The temporary name keeps the suffix of ``final``, since writers choose formats by it. What a process that was killed
    left of the same file is removed first, for only one writes to a file at a time.

    Raises
    ------
    InputError
        Where the disk is what failed, whatever the writer made of it.
    """
    final = Path(final)
    with disk_errors_in_words(final):
        final.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(final)
        handle, name = tempfile.mkstemp(prefix=PARTIAL, suffix="-" + final.name, dir=final.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        with disk_errors_in_words(final):
            yield temporary
            _make_final(temporary, final)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def disk_errors_in_words(final: Path) -> Iterator[None]:
    """Make an :class:`InputError` of what a disk does while ``final`` is written, whatever the writer made of it."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        told = storage_error(error, final)
        if told is None:
            raise
        raise told from error


def _make_final(temporary: Path, final: Path) -> None:
    temporary.chmod(0o666 & ~_umask())
    with temporary.open("rb") as written:
        os.fsync(written.fileno())
    temporary.replace(final)


@contextmanager
def atomic_paths(*finals: str | Path) -> Iterator[list[Path]]:
    """As :func:`atomic_path`, for several files: none is renamed before all are written."""
    with ExitStack() as stack:
        yield [stack.enter_context(atomic_path(final)) for final in finals]


def _remove_leftovers(final: Path) -> None:
    """Remove partial files of ``final``, and of no other file whose name ends alike."""
    for left in final.parent.glob(f"{PARTIAL}{'?' * RANDOM_CHARACTERS}-{glob.escape(final.name)}"):
        left.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask

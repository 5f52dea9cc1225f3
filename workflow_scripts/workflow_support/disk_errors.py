"""Error messages for failures of a disk: no free space, no access, a missing file, or a broken device."""

from __future__ import annotations

import errno
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import NamedTuple

from .errors import InputError

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NO_ACCESS = (errno.EROFS, errno.EACCES, errno.EPERM)
_FAILS = (errno.EIO, errno.ESTALE, errno.ENODEV, errno.ENXIO)
_GONE = (errno.ENOENT,)


class _Message(NamedTuple):
    problem: str
    allowed: str
    fix: str


_MESSAGES = {
    _NO_ACCESS: _Message(
        "the file or its folder may not be used",
        "inputs that can be read, and folders of results and temporary files that can be written to",
        "get access to it (`ls -ld` shows who has access), or run in another folder",
    ),
    _GONE: _Message(
        "the file is gone",
        "inputs that stay where they are until the run has ended",
        "restore the file if it is yours, and run again; the workflow makes its own files again",
    ),
    _FAILS: _Message(
        "the disk fails",
        "a disk that can be read and written",
        "have the disk or its connection repaired, and run again; finished files are kept",
    ),
}
#: A disk with less free space (bytes) is full, whatever error a library raised.
_FULL = 1 << 16
#: The text of numpy's error, which has no error number, on a full disk.
_CUT_WRITE = re.compile(r"\d+ requested and \d+ written")


def disk_error(error: BaseException, file: str | Path | None = None) -> InputError | None:
    """The message to a user for an error of a disk; None for any other error.

    Parameters
    ----------
    error
        An :class:`OSError`, or the error that a library raised instead: safetensors and samtools pass on its text
        alone, and numpy only the number of bytes that it wrote.
    file
        The file that was being written. If None, it is the file that the error names, if any.
    """
    named = getattr(error, "filename", None)
    code = _code(error)
    if code in (*_GONE, *_NO_ACCESS) and isinstance(named, str | bytes | os.PathLike):
        file = os.fsdecode(named)
    if code is None and file is not None and _free_bytes(Path(file)) < _FULL:
        code = errno.ENOSPC
    if code in _NO_ROOM:
        return no_space(file, os.strerror(code))
    if code in _GONE and named is None:
        return None  # The error is not about a file, for example if there is no folder for temporary files.
    message = next((message for codes, message in _MESSAGES.items() if code in codes), None)
    if message is None:
        return None
    found = os.strerror(code)
    return InputError(message.problem, file=file, found=found, allowed=message.allowed, fix=message.fix)


def no_space(file: str | Path | None, found: str) -> InputError:
    """The error for a disk without space for ``file``; it states the free space."""
    if file is not None:
        free = _free_bytes(Path(file))
        found += f"; {free:,} bytes are free in {_existing_folder(Path(file))}"
        if free >= _FULL:
            temporary = Path(tempfile.gettempdir())
            found += f", and {_free_bytes(temporary / 'file'):,} for temporary files in {temporary}"
    return InputError(
        "there is no room for the file",
        file=file,
        found=found,
        allowed="enough free space, quota and limit on the size of files",
        fix="free some space or have the limit raised, and run again; finished files are kept",
    )


def require_space(file: Path, size: int) -> None:
    """Raise an :class:`InputError` unless the disk of ``file`` has ``size`` bytes (int) of free space."""
    if _free_bytes(file) < size:
        raise no_space(file, f"up to {size:,} bytes are needed")


def reserve(file: Path) -> None:
    """Reserve disk space for all bytes of a file.

    A memory map of a new file has holes, and if the disk is full, a write to a hole kills the process without an error
    message.
    """
    if hasattr(os, "posix_fallocate"):  # not on macOS
        with file.open("r+b") as opened:
            os.posix_fallocate(opened.fileno(), 0, file.stat().st_size)


def _code(error: BaseException) -> int | None:
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno
    text = str(error)
    if isinstance(error, OSError) and _CUT_WRITE.search(text):
        return errno.ENOSPC
    return next((code for code in (*_NO_ROOM, errno.EROFS, errno.EIO) if os.strerror(code) in text), None)


def _free_bytes(file: Path) -> int:
    return shutil.disk_usage(_existing_folder(file)).free


def _existing_folder(file: Path) -> Path:
    return next((folder for folder in file.absolute().parents if folder.is_dir()), Path("/"))

"""What goes wrong with disks, in words: no room, no access, a file that is gone, a device that fails."""

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


class _Words(NamedTuple):
    problem: str
    allowed: str
    mend: str


_TOLD = {
    _NO_ACCESS: _Words(
        "the file or its folder may not be used",
        "inputs that can be read, and folders of results and temporary files that can be written to",
        "give yourself access (`ls -ld` shows who has it), or run in another folder; then run again",
    ),
    _GONE: _Words(
        "the file is gone",
        "inputs that stay where they are until the run has ended",
        "bring it back if it is yours, and run again: what the workflow makes, it makes anew",
    ),
    _FAILS: _Words(
        "the disk fails",
        "a disk that can be read and written",
        "have the disk or its connection mended, and run again: what is finished is kept",
    ),
}
#: Less than this is a full disk, whatever a library made of it.
_FULL = 1 << 16
#: What numpy says, without a number, where a disk takes no more.
_CUT_WRITE = re.compile(r"\d+ requested and \d+ written")


def storage_error(error: BaseException, file: str | Path | None = None) -> InputError | None:
    """An error of a disk in words; None where it is another.

    Parameters
    ----------
    error
        An :class:`OSError`, or what a library made of one: safetensors and samtools tell its text alone, numpy no more
        than how much it wrote.
    file
        What was being written; the file that the error names, if any, where None.
    """
    named = getattr(error, "filename", None)
    code = _code(error)
    if code in (*_GONE, *_NO_ACCESS) and isinstance(named, str | bytes | os.PathLike):
        file = os.fsdecode(named)
    if code is None and file is not None and _free_bytes(Path(file)) < _FULL:
        code = errno.ENOSPC
    if code in _NO_ROOM:
        return no_room(file, os.strerror(code))
    if code in _GONE and named is None:
        return None  # No file is gone, such as where no folder for temporary files is found, of which the text tells.
    told = next((words for codes, words in _TOLD.items() if code in codes), None)
    return told and InputError(told.problem, file=file, found=os.strerror(code), allowed=told.allowed, mend=told.mend)


def no_room(file: str | Path | None, found: str) -> InputError:
    """The error of a disk that cannot take ``file``, with what is left on it."""
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
        allowed="free space, a quota and a limit on the size of files that take it",
        mend="make room or have the limit raised, and run again: what is finished is kept",
    )


def require_room(file: Path, size: int) -> None:
    """Raise an :class:`InputError` unless ``size`` more bytes fit on the disk of ``file``."""
    if _free_bytes(file) < size:
        raise no_room(file, f"up to {size:,} bytes are needed")


def reserve(file: Path) -> None:
    """Have all bytes of a file set aside on its disk.

    A memory map of a new file has holes; where the disk is full, writing to one kills the process without a word.
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

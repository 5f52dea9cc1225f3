"""Access to plain and compressed files, recognised by their content rather than by their names."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from workflow_support.errors import InputError

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_GZIP_MAGIC = b"\x1f\x8b"
_BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
"""The empty block that ends every BGZF file (SAM/BAM specification, section 4.1.2)."""
_OTHER_FORMATS = {
    b"PK\x03\x04": "a zip archive",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ\x00": "an xz file",
    b"\x28\xb5\x2f\xfd": "a Zstandard file",
    b"%PDF": "a PDF document",
}


class Lines(NamedTuple):
    """The lines of a text file without line ends, and remarks on irregularities that reading corrected."""

    lines: list[str]
    remarks: list[str]


@contextmanager
def open_binary(path: str | Path) -> Iterator[BinaryIO]:
    """Open ``path`` for reading, and decompress it if it is gzip or BGZF.

    Raises
    ------
    InputError
        If the file is missing, empty, truncated, corrupt or compressed in another way; also while it is read.
    """
    path = Path(path)
    magic = leading_bytes(path)
    _refuse_other_formats(path, magic)
    if not magic.startswith(_GZIP_MAGIC):
        with path.open("rb") as stream:
            yield stream
        return
    if _is_bgzf(magic) and not _ends_with(path, _BGZF_END):
        raise _truncated(path, "a BGZF file without the block that ends it")
    try:
        with gzip.open(path, "rb") as stream:
            yield stream
    except EOFError:
        raise _truncated(path, "a gzip stream that stops before its end") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise _truncated(path, f"a gzip stream that cannot be decompressed ({error})") from None


def read_lines(path: str | Path) -> Lines:
    """Read a whole text file: plain, gzip or BGZF, with any line ends, with or without a byte order mark."""
    with open_binary(path) as stream:
        content = stream.read()
    remarks = []
    if content.startswith(BYTE_ORDER_MARK):
        content = content[len(BYTE_ORDER_MARK) :]
        remarks.append("a byte order mark")
    if b"\r" in content:
        carriage_returns = content.count(b"\r")
        remarks.append(f"{carriage_returns:,} carriage returns at line ends")
        content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    try:
        text = content.decode("utf-8")
        if "\0" in text:
            raise UnicodeDecodeError("utf-8", content, content.index(0), content.index(0) + 1, "a null byte")
    except UnicodeDecodeError as error:
        raise InputError(
            "the file is not text",
            file=path,
            line=content.count(b"\n", 0, error.start) + 1,
            found=repr(content[error.start : error.start + 8]),
            allowed="text in UTF-8 or ASCII, plain or gzip-compressed",
            fix="export the file as text, or convert it with: iconv -t UTF-8",
        ) from None
    return Lines(text.removesuffix("\n").split("\n"), remarks)


def leading_bytes(path: str | Path, count: int = 32) -> bytes:
    """The first bytes of a file on disk; an `InputError` if it is missing, a folder or empty."""
    path = Path(path)
    try:
        with path.open("rb") as stream:
            magic = stream.read(count)
    except OSError as error:
        raise InputError(
            "the file cannot be read",
            file=path,
            found=error.strerror,
            allowed="a file that exists and that you may read",
            fix="check the path and its permissions",
        ) from None
    if not magic:
        raise InputError(
            "the file is empty",
            file=path,
            found="0 bytes",
            allowed="a file with content",
            fix="make or fetch the file again",
        )
    return magic


def _refuse_other_formats(path: Path, magic: bytes) -> None:
    found = next((name for prefix, name in _OTHER_FORMATS.items() if magic.startswith(prefix)), None)
    if found is None and magic.lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        found = "a web page, which some servers send instead of a missing file"
    if found:
        raise InputError(
            "the file has a format that cannot be read",
            file=path,
            found=found,
            allowed="plain text, gzip or BGZF",
            fix="unpack the file, or fetch it from the right address",
        )


def _is_bgzf(magic: bytes) -> bool:
    has_extra_field = len(magic) >= 14 and bool(magic[3] & 4)
    return has_extra_field and magic[12:14] == b"BC"


def _ends_with(path: Path, ending: bytes) -> bool:
    with path.open("rb") as stream:
        stream.seek(-min(len(ending), path.stat().st_size), 2)
        return stream.read() == ending


def _truncated(path: Path, found: str) -> InputError:
    return InputError(
        "the compressed file is truncated or corrupt",
        file=path,
        found=found,
        allowed="a complete gzip or BGZF file",
        fix=f"fetch the file again; `gzip -t {path.name}` checks whether it is complete",
    )

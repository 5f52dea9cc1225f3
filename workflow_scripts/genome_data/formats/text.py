"""Access to plain and compressed files, recognised by their content rather than by their names."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from workflow_support.errors import InputError

from .signatures import HEAD, TABLE, require_readable

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_GZIP_MAGIC = b"\x1f\x8b"
_BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
"""The empty block that ends every BGZF file (SAM/BAM specification, section 4.1.2)."""
_BGZF_HEADER = 18


class Lines(NamedTuple):
    """The lines of a text file without line ends, and remarks on irregularities that reading corrected."""

    lines: list[str]
    remarks: list[str]


@contextmanager
def open_binary(path: str | Path, wanted: str = TABLE) -> Iterator[BinaryIO]:
    """Open ``path`` for reading, and decompress it if it is gzip or BGZF, of one member or several.

    Parameters
    ----------
    wanted
        What the file is wanted for, as in `genome_data.formats.signatures`.

    Raises
    ------
    InputError
        If the file is missing, empty, truncated, corrupt or of a kind that cannot be read; also while it is read.
    """
    path = Path(path)
    head = leading_bytes(path, HEAD)
    require_readable(path, head, wanted)
    if not head.startswith(_GZIP_MAGIC):
        with path.open("rb") as stream:
            yield stream
        return
    if _is_bgzf(head) and not _ends_with(path, _BGZF_END):
        _require_whole_blocks(path)
    try:
        with gzip.open(path, "rb") as stream:
            require_readable(path, stream.read(HEAD), wanted, is_packed=True)
            stream.seek(0)
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
            fix="export the file as text; text of another encoding is converted with: iconv -f ISO-8859-1 -t UTF-8",
        ) from None
    return Lines(text.removesuffix("\n").split("\n"), remarks)


def content_start(path: str | Path, wanted: str = TABLE) -> bytes:
    """The first bytes of a file after decompression; see :func:`open_binary`."""
    with open_binary(path, wanted) as stream:
        return stream.read(HEAD)


def leading_bytes(path: str | Path, count: int) -> bytes:
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


def _is_bgzf(magic: bytes) -> bool:
    has_extra_field = len(magic) >= 14 and bool(magic[3] & 4)
    return has_extra_field and magic[12:14] == b"BC"


def _ends_with(path: Path, ending: bytes) -> bool:
    with path.open("rb") as stream:
        stream.seek(-min(len(ending), path.stat().st_size), 2)
        return stream.read() == ending


def _require_whole_blocks(path: Path) -> None:
    """Refuse a BGZF file that was cut between two blocks, where gzip itself would notice nothing.

    After the block that ends BGZF, members of plain gzip or zeros may follow. gzip reads the former and ignores the
    latter.
    """
    size, position, previous = path.stat().st_size, 0, b""
    with path.open("rb") as stream:
        while position < size:
            stream.seek(position)
            header = stream.read(_BGZF_HEADER)
            if not _is_bgzf(header):
                break
            length = int.from_bytes(header[16:18], "little") + 1
            stream.seek(position)
            previous = stream.read(length) if length == len(_BGZF_END) else b""
            position += length
        stream.seek(min(position, size))
        is_gzip = stream.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
    if position > size or not (is_gzip or previous == _BGZF_END):
        raise _truncated(path, "a BGZF file without the block that ends it")


def _truncated(path: Path, found: str) -> InputError:
    return InputError(
        "the compressed file is truncated or corrupt",
        file=path,
        found=found,
        allowed="a complete gzip or BGZF file",
        fix=f"fetch the file again; `gzip -t {path.name}` checks whether it is complete",
    )

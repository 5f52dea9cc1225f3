"""Checks that input files are intact, so that a file cut off by a crash or a full disk is noticed before it is used."""

from __future__ import annotations

import ast
import math
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .disk_errors import disk_error
from .errors import InputError

#: Suffixes of text files; all that the workflow writes end with a line break.
_TEXTS = (".tsv", ".json", ".bed", ".fa", ".fai", ".sizes", ".narrowPeak", ".meme", ".yaml")
#: The outermost bracket closes at the beginning of a line.
_JSON_END = re.compile(rb"[\n{\[][}\]]\n")
_NPY_MAGIC = b"\x93NUMPY"
_LONGEST_HEADER = 1 << 16
_BLOCK = 1 << 20
_BIGWIG_HEADER = 64
#: The table whose lines correspond to the rows of the arrays beside it.
WINDOWS = "windows.tsv"
#: A folder of files that the workflow did not make.
_FETCHED = "downloads"


def require_intact(inputs: Iterable[str | Path], results: Path) -> None:
    """Raise an :class:`InputError` for the first input that is missing, or was made by the workflow and cut off.

    Only the ends of files are read. Files outside ``results``, the folder of the run, belong to users and are checked
    by their readers.
    """
    paths = [Path(path) for path in inputs]
    for path in paths:
        try:
            path.stat()
            found = damage(path) if _is_made_by_run(path, results) else None
        except OSError as error:
            raise disk_error(error, path) or error from error
        if found is not None:
            raise _damaged(path, found)
    for table in (path for path in paths if path.name == WINDOWS and _is_made_by_run(path, results)):
        for array in (path for path in paths if path.parent == table.parent and path.suffix == ".npy"):
            _require_line_per_row(table, array)


def _is_made_by_run(path: Path, results: Path) -> bool:
    """True if a path, written as in rules, is that of a file that the run with this folder made."""
    return path.is_relative_to(results) and _FETCHED not in path.parts[:-1]


def damage(path: Path) -> str | None:
    """The evidence that a file was cut off; None without evidence, or if its format does not mark its end."""
    if path.suffix in _TEXTS:
        return _damage_of_text(path)
    if path.suffix == ".npy":
        return _damage_of_array(path)
    if path.suffix == ".bw":
        return _damage_of_bigwig(path)
    return None


def _require_line_per_row(table: Path, array: Path) -> None:
    """Raise an :class:`InputError` for a table, cut off between lines, that has fewer lines than an array has rows."""
    with table.open("rb") as file:
        lines = sum(block.count(b"\n") for block in iter(lambda: file.read(_BLOCK), b"")) - 1
    rows = _header(array)[0]["shape"][0]
    # There may be more lines than rows, because a name may span lines.
    if lines < rows:
        raise _damaged(table, f"{lines:,} windows, and {rows:,} in {array.name}")


def _damaged(path: Path, found: str) -> InputError:
    return InputError(
        "the file is damaged",
        file=path,
        found=f"{found}; {path.stat().st_size:,} bytes in all",
        allowed="the whole file as the workflow made it",
        fix="delete it and run again; the workflow makes it again",
    )


def _damage_of_text(path: Path) -> str | None:
    last = _ends(path, 1)[1]
    if not last:
        # A table of intervals may be empty; any other text has at least a header.
        return None if path.suffix == ".bed" else "nothing"
    if last != b"\n":
        return "a last line that does not end"
    if path.suffix == ".json" and not _JSON_END.fullmatch(_ends(path, 3)[1]):
        return "JSON whose end is missing"
    return None


def _damage_of_array(path: Path) -> str | None:
    try:
        header, first = _header(path)
        needed = math.prod(header["shape"]) * int(header["descr"][2:])
    except (SyntaxError, ValueError, TypeError, LookupError, MemoryError, RecursionError):
        return "no header of an array of numbers"
    size = path.stat().st_size - first
    return None if size == needed else f"{size:,} of {needed:,} bytes of values"


def _header(path: Path) -> tuple[dict[str, Any], int]:
    """The header of an array in numpy's formats 1 to 3, and the offset of its values.

    The file consists of magic bytes, version, length of the header, header and values.

    Raises
    ------
    ValueError, SyntaxError, MemoryError, RecursionError
        If there is no such header.
    """
    with path.open("rb") as file:
        start = file.read(8)
        length = int.from_bytes(file.read(2 if start[6:7] == b"\x01" else 4), "little")
        if start[:6] != _NPY_MAGIC or length > _LONGEST_HEADER:
            raise ValueError
        return ast.literal_eval(file.read(length).decode("latin-1")), file.tell()


def _damage_of_bigwig(path: Path) -> str | None:
    first, last = _ends(path, 4)
    return None if first == last and path.stat().st_size > _BIGWIG_HEADER else "a bigWig whose end is missing"


def _ends(path: Path, count: int) -> tuple[bytes, bytes]:
    """The first and the last bytes of a file."""
    with path.open("rb") as file:
        first = file.read(count)
        file.seek(max(0, file.seek(0, os.SEEK_END) - count))
        return first, file.read(count)

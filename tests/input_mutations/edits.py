"""Edits of the content of a file: those that leave its meaning, those that damage it, and those of single bytes."""

from __future__ import annotations

import gzip
import re
import zipfile
from collections.abc import Callable
from io import BytesIO
from random import Random

Edit = Callable[[bytes, Random], bytes]

#: Cells as people and programs write them into the wrong place. None is a value that another row could have.
ODD_CELLS = [
    "",
    "NA",
    ".",
    "nan",
    "-1",
    "1e5",
    "1_000",
    "0x1F",
    "١٢",
    "9" * 25,
    "1,000",
    "é",
    "chr 1",
    '"',
    "''",
    "#",
    "inf",
]
ODD_BYTES = [b"\x00", b"\xff", "é".encode(), b'"', b"\t", b" ", b";", b">", b"#", b"\r", b"\xc2\xa0", b"\n", b"*", b"?"]


def _lines(content: bytes) -> list[bytes]:
    return content.removesuffix(b"\n").split(b"\n")


def _joined(lines: list[bytes]) -> bytes:
    return b"\n".join(lines) + b"\n"


def _separator(line: bytes) -> bytes:
    return next((each for each in (b"\t", b",", b" ") if each in line), b"\t")


def _on_a_line(change: Callable[[bytes, Random], bytes]) -> Edit:
    def edit(content: bytes, random: Random) -> bytes:
        lines = _lines(content)
        row = random.randrange(len(lines))
        lines[row] = change(lines[row], random)
        return _joined(lines)

    return edit


def _on_cells(change: Callable[[list[bytes], Random], None]) -> Callable[[bytes, Random], bytes]:
    def on_line(line: bytes, random: Random) -> bytes:
        separator = _separator(line)
        cells = line.split(separator)
        change(cells, random)
        return separator.join(cells)

    return on_line


def _odd_cell(cells: list[bytes], random: Random) -> None:
    cells[random.randrange(len(cells))] = random.choice(ODD_CELLS).encode()


def _without_cell(cells: list[bytes], random: Random) -> None:
    del cells[random.randrange(len(cells))]


def _double_cell(cells: list[bytes], random: Random) -> None:
    at = random.randrange(len(cells))
    cells.insert(at, cells[at])


def _exchange_columns(content: bytes, random: Random) -> bytes:
    lines = _lines(content)
    separator = _separator(lines[-1])
    first, second = random.randrange(12), random.randrange(12)
    for row, line in enumerate(lines):
        cells = line.split(separator)
        if max(first, second) < len(cells):
            cells[first], cells[second] = cells[second], cells[first]
            lines[row] = separator.join(cells)
    return _joined(lines)


def _exchange_lines(content: bytes, random: Random) -> bytes:
    lines = _lines(content)
    first, second = random.randrange(len(lines)), random.randrange(len(lines))
    lines[first], lines[second] = lines[second], lines[first]
    return _joined(lines)


def _drop_line(content: bytes, random: Random) -> bytes:
    lines = _lines(content)
    del lines[random.randrange(len(lines))]
    return _joined(lines)


def _repeat_line(content: bytes, random: Random) -> bytes:
    lines = _lines(content)
    row = random.randrange(len(lines))
    return _joined([*lines[: row + 1], *lines[row:]])


def _odd_byte(content: bytes, random: Random) -> bytes:
    at = random.randrange(len(content))
    return content[:at] + random.choice(ODD_BYTES) + content[at + random.randrange(2) :]


def _blank_lines(content: bytes, random: Random) -> bytes:
    lines = _lines(content)
    lines.insert(random.randrange(len(lines) + 1), random.choice([b"", b"", b"  "]))
    return _joined(lines)


def _half_gzip(content: bytes, random: Random) -> bytes:
    at = random.randrange(len(content))
    return gzip.compress(content[:at], mtime=0) + gzip.compress(content[at:], mtime=0)


def _damaged_gzip(content: bytes, random: Random) -> bytes:
    """A byte changed inside gzip, past the header, whose bytes mean little."""
    packed = bytearray(gzip.compress(content, mtime=0))
    packed[random.randrange(10, len(packed))] ^= 1 << random.randrange(8)
    return bytes(packed)


def _damaged_zip(content: bytes, random: Random) -> bytes:
    """A zip archive with some bytes changed, as a workbook of Excel is one."""
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("xl/worksheets/sheet1.xml", content)
    return _scrambled(made.getvalue(), random)


#: The result is the same, or the error is clear.
DRESSINGS: dict[str, Edit] = {
    "CRLF": lambda content, random: content.replace(b"\n", b"\r\n"),
    "old Macintosh line ends": lambda content, random: content.replace(b"\n", b"\r"),
    "byte order mark": lambda content, random: b"\xef\xbb\xbf" + content,
    "gzip": lambda content, random: gzip.compress(content, mtime=0),
    "gzip of two members": _half_gzip,
    "gzip in gzip": lambda content, random: gzip.compress(gzip.compress(content, mtime=0), mtime=0),
    "no line end": lambda content, random: content.rstrip(b"\n"),
    "blank line": _blank_lines,
    "blank lines at the end": lambda content, random: content + b"\n\n",
    "spaces at line ends": lambda content, random: content.replace(b"\n", b"  \n"),
    "UTF-16": lambda content, random: content.decode().encode("utf-16"),
}
#: The result is the same, differs in what is counted or logged, or the error is clear.
DAMAGES: dict[str, Edit] = {
    "line dropped": _drop_line,
    "first line dropped": lambda content, random: content.partition(b"\n")[2],
    "line repeated": _repeat_line,
    "lines exchanged": _exchange_lines,
    "columns exchanged": _exchange_columns,
    "file twice": lambda content, random: content + content,
    "cut": lambda content, random: content[: random.randrange(len(content))],
    "cut line": _on_a_line(lambda line, random: line[: random.randrange(len(line) + 1)]),
    "odd cell": _on_a_line(_on_cells(_odd_cell)),
    "cell dropped": _on_a_line(_on_cells(_without_cell)),
    "cell repeated": _on_a_line(_on_cells(_double_cell)),
    "spaces for tabs in a line": _on_a_line(lambda line, random: line.replace(b"\t", b" ")),
    "spaces for tabs": lambda content, random: content.replace(b"\t", b" "),
    "commas for tabs": lambda content, random: content.replace(b"\t", b","),
    "tab at a line end": _on_a_line(lambda line, random: line + b"\t"),
    "tabs at line ends": lambda content, random: content.replace(b"\n", b"\t\n"),
    "odd byte": _odd_byte,
    "no chr": lambda content, random: re.sub(rb"(?m)(^|\t|>)chr", rb"\1", content),
    "other capitals": lambda content, random: content.swapcase(),
    "gzip, cut": lambda content, random: (packed := gzip.compress(content, mtime=0))[: random.randrange(len(packed))],
    "gzip, damaged": _damaged_gzip,
    "zip, damaged": _damaged_zip,
    "empty": lambda content, random: b"",
}


def _flipped(content: bytes, random: Random) -> bytes:
    changed = bytearray(content)
    for _ in range(random.choice([1, 1, 4])):
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def _zeroed(content: bytes, random: Random) -> bytes:
    at = random.randrange(len(content))
    return content[:at] + bytes(min(64, len(content) - at)) + content[at + 64 :]


def _scrambled(content: bytes, random: Random) -> bytes:
    at, count = random.randrange(len(content)), random.choice([2, 8, 40])
    return content[:at] + random.randbytes(min(count, len(content) - at)) + content[at + count :]


def _head_changed(content: bytes, random: Random) -> bytes:
    at = random.randrange(min(200, len(content)))
    return content[:at] + bytes([random.randrange(256)]) + content[at + 1 :]


#: Of binary files. Their values may change, as nothing in the file can show; but no crash, traceback or hanging.
BYTE_EDITS: dict[str, Edit] = {
    "bits flipped": _flipped,
    "bytes zeroed": _zeroed,
    "bytes scrambled": _scrambled,
    "byte of the head": _head_changed,
    "cut": DAMAGES["cut"],
    "empty": DAMAGES["empty"],
    "bytes at the end": lambda content, random: content + b"more",
    "gzip": DRESSINGS["gzip"],
    "byte dropped": lambda content, random: content[: (at := random.randrange(len(content)))] + content[at + 1 :],
}

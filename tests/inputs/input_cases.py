"""The rows of the tests of inputs: the content of a file, and what must come out or what the error must say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from workflow_support.errors import InputError

Content = str | bytes | Callable[[Path], bytes]


class Refused(NamedTuple):
    """A file that must be refused: its content, the line that the error names, and words of the whole message."""

    content: Content
    line: int | None
    words: tuple[str, ...]


def write(path: Path, content: Content) -> Path:
    """Write the content of a row; a function is given the folder, to make its files there."""
    if callable(content):
        content = content(path.parent)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def assert_refused(path: Path, row: Refused, use: Callable[[], Any]) -> InputError:
    """The error names the file and the line, says what was found, what is allowed and how to fix it, in these words."""
    with pytest.raises(InputError) as caught:
        use()
    error, text = caught.value, str(caught.value)
    assert text.startswith(str(path) + (f", line {row.line}: " if row.line else ": ")), text
    assert error.found is not None
    assert error.allowed
    assert error.fix
    for word in row.words:
        assert word in text, f"{word!r} is missing from:\n{text}"
    return error

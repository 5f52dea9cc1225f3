"""Locations of input files: paths and URLs, with the placeholder ``{data}`` and an optional checksum."""

from __future__ import annotations

import os
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from workflow_support.origins import KeyPath, Origins, dotted

REMOTE_SCHEMES = ("http://", "https://", "ftp://")


class Location(NamedTuple):
    """A path or a URL, and the digest (``sha256:<hex>`` or ``md5:<hex>``) that the file must have, if it is known."""

    address: str
    checksum: str | None

    @classmethod
    def of(cls, value: str | dict[str, str]) -> Location:
        """Read a location of the configuration: text, or ``{location: ..., checksum: ...}``."""
        return cls(value, None) if isinstance(value, str) else cls(value["location"], value.get("checksum"))

    @property
    def is_remote(self) -> bool:
        return self.address.startswith(REMOTE_SCHEMES)


def fill_placeholder(value: Any, path: KeyPath, data: str | None, origins: Origins) -> Any:
    """Replace ``{data}`` by the folder ``data`` in a location of the configuration."""
    address = Location.of(value).address
    if "{data}" in address and data is None:
        raise origins.error(
            path,
            f"`{dotted(path)}` uses {{data}}, but the configuration has no key `data`",
            found=address,
            allowed="{data}, if `data` names a folder",
            fix="run with `--config data=FOLDER`, or add `data: FOLDER` to the configuration",
        )
    filled = address.replace("{data}", data or "")
    if "{" in filled or "}" in filled:
        raise origins.error(
            path,
            f"`{dotted(path)}` has braces other than those of {{data}}",
            found=address,
            allowed="{data}, and no other braces",
            fix="write {data}, or rename the file",
        )
    return filled if isinstance(value, str) else value | {"location": filled}


def is_folder(location: Location) -> bool:
    """Return True if a location is a local folder, which cannot have a checksum."""
    return not location.is_remote and location.checksum is None and Path(location.address).is_dir()


def require_file(address: str, path: KeyPath, origins: Origins) -> None:
    """Raise an InputError unless ``address`` is a readable local file."""
    if "://" in address:
        raise origins.error(
            path,
            f"`{dotted(path)}` is a URL that cannot be fetched",
            found=address,
            allowed=f"a path, or a URL that begins with {', '.join(REMOTE_SCHEMES)}",
            fix="use such a URL, or download the file and give its path",
        )
    file = Path(address)
    if file.is_file() and os.access(file, os.R_OK):
        return
    reason = "is a folder" if file.is_dir() else "cannot be read" if file.exists() else "does not exist"
    raise origins.error(
        path,
        f"the file of `{dotted(path)}` {reason}",
        found=address,
        allowed=f"a readable file; relative paths start at {Path.cwd()}",
        fix=f"correct the path{_beside(file)}",
    )


def _beside(file: Path) -> str:
    """Return a hint: the closest file name in the same folder, or the folder that is missing."""
    if not file.parent.is_dir():
        return f": the folder {file.parent} does not exist"
    near = get_close_matches(file.name, [other.name for other in file.parent.iterdir()], n=1)
    return f": {file.with_name(near[0])} exists" if near else ""

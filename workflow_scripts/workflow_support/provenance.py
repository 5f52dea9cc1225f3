"""What a run was made from: files by content, versions of the software, the commit of the checkout."""

from __future__ import annotations

import hashlib
import platform
import subprocess
from importlib import metadata
from pathlib import Path


def file_digest(path: Path, algorithm: str = "sha256") -> str:
    """``sha256:<hex>`` of a file's content, or another algorithm of :mod:`hashlib` in the same form."""
    with path.open("rb") as file:
        return f"{algorithm}:{hashlib.file_digest(file, algorithm).hexdigest()}"


def software_versions() -> dict[str, object]:
    """Version of Python, the platform, and the version of every package that this interpreter can import."""
    packages = {package.name: package.version for package in metadata.distributions()}
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": dict(sorted(packages.items(), key=lambda item: item[0].lower())),
    }


def git_state(folder: Path) -> dict[str, object] | None:
    """Commit of the checkout that holds ``folder``, and whether tracked files differ from it; None outside of git."""
    try:
        commit = _git(folder, "rev-parse", "HEAD")
        changes = _git(folder, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return None
    return {"commit": commit, "modified": bool(changes)}


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

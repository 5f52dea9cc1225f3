"""The provenance of a run: digests of files, versions of software, hardware, and the commit of the checkout."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
from importlib import metadata
from pathlib import Path

#: Bytes of the largest file whose content is read when a run is planned.
LARGEST_DIGESTED = 10_000_000


def file_digest(path: Path, algorithm: str = "sha256") -> str:
    """The digest of a file's content as ``sha256:<hex>``, or with another algorithm of :mod:`hashlib`.

    The digest of a folder is that of the sorted names and the digests of all files in it.
    """
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file())
        lines = (f"{file.relative_to(path).as_posix()}\t{file_digest(file, algorithm)}\n" for file in files)
        return f"{algorithm}:{hashlib.new(algorithm, ''.join(lines).encode()).hexdigest()}"
    with path.open("rb") as file:
        return f"{algorithm}:{hashlib.file_digest(file, algorithm).hexdigest()}"


def file_identity(path: Path) -> str:
    """A text that is another one if the content of a file changes, even to that of an older file.

    It is the digest of the content; for large files, which are read too slowly for every plan of a run, it is size and
    time of modification.
    """
    if not path.exists():
        return "absent"
    status = path.stat()
    if path.is_file() and status.st_size > LARGEST_DIGESTED:
        return f"{status.st_size} bytes of {status.st_mtime_ns}"
    return file_digest(path)


def software_versions() -> dict[str, object]:
    """Versions of Python, of all its packages and of bedtools (None if absent), and the platform."""
    packages = {package.name: package.version for package in metadata.distributions()}
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "bedtools": next(iter(_lines_printed_by("bedtools", "--version")), None),
        "packages": dict(sorted(packages.items(), key=lambda item: item[0].lower())),
    }


def hardware() -> dict[str, object]:
    """Processor, cores, memory (GiB) and the names of the NVIDIA GPUs of this machine."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "processor": processor_model(),
        "cores": os.cpu_count(),
        "memory_gib": round(memory / 2**30, 1),
        "gpus": _lines_printed_by("nvidia-smi", "--query-gpu=name", "--format=csv,noheader"),
    }


def git_state(folder: Path) -> dict[str, object] | None:
    """Commit of the checkout with ``folder``, and True for ``modified`` tracked files; None outside of git."""
    try:
        commit = _git(folder, "rev-parse", "HEAD")
        changes = _git(folder, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return None
    return {"commit": commit, "modified": bool(changes)}


def _lines_printed_by(program: str, *arguments: str) -> list[str]:
    """The lines that a program prints; none if it is not installed or fails."""
    if shutil.which(program) is None:
        return []
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    return done.stdout.splitlines() if done.returncode == 0 else []


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def processor_model() -> str:
    """The name of the processor from Linux; the architecture elsewhere and for processors without a name."""
    description = Path("/proc/cpuinfo")
    lines = description.read_text(encoding="utf-8").splitlines() if description.exists() else []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.machine())

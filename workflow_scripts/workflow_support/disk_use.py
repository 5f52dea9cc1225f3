"""The disk space that a run takes, by folder, and that of the genomes that it shares with other runs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

#: Name of the part of files that lie in no folder of the run, and of the part that runs share.
TABLES, SHARED = "other files", "shared genomes"


def disk_use(folder: Path) -> dict[str, float]:
    """Megabytes (10⁶ bytes) of each folder of a run, the largest first, of its other files and of shared genomes.

    A link takes no space of its own; the genomes that links lead to are the shared ones.
    """
    parts = {part.name: _megabytes(files_below(part)) for part in folder.iterdir() if part.is_dir()}
    parts[TABLES] = _megabytes(path for path in folder.iterdir() if path.is_file())
    sizes = dict(sorted(parts.items(), key=lambda part: -part[1]))
    targets = {path.resolve() for path in files_below(folder / "genomes") if path.is_symlink() and path.exists()}
    return sizes | {SHARED: sum(target.stat().st_size for target in targets) / 1e6}


def disk_use_in_words(name: str, sizes: dict[str, float]) -> str:
    """Sentences that say how much disk space a run of this name takes."""
    own = {part: size for part, size in sizes.items() if part != SHARED}
    parts = ", ".join(f"{part} {_rounded(size)}" for part, size in own.items() if size >= 0.05) or "small files"
    shared = sizes.get(SHARED, 0.0)
    more = f" Its genomes, which runs share in results/.genomes, take {_rounded(shared)} more." if shared else ""
    return f"results/{name} takes {_rounded(sum(own.values()))} on disk ({parts}).{more}"


def files_below(folder: Path) -> list[Path]:
    """All files and links below a folder."""
    return [path for path in folder.rglob("*") if path.is_symlink() or path.is_file()]


def _megabytes(files: Iterable[Path]) -> float:
    return sum(file.lstat().st_size for file in files if not file.is_symlink()) / 1e6


def _rounded(megabytes: float) -> str:
    return f"{megabytes / 1000:.1f} GB" if megabytes >= 1000 else f"{megabytes:.1f} MB"

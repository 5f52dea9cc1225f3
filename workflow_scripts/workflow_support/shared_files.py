"""A store of files that several runs need, such as a normalised genome: made once, and linked by each run.

The store has a folder for each set of files, named by a digest of all that the files are made from. A run has links
with the usual names, so that no job but the one that makes the links knows the store.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from .files import PARTIAL
from .provenance import file_digest

#: The table of a set: the digest of each file by its name.
DIGESTS = "digests.json"


def link_shared(store: Path, made_from: object, links: Sequence[Path], make: Callable[[Sequence[Path]], None]) -> bool:
    """Link files to a set of the store, and make the set first if the store lacks it or has it damaged.

    Parameters
    ----------
    store
        Folder of the store.
    made_from
        All that the content of the files depends on, as JSON can hold it.
    links
        Paths of the links; their names are those of the files in the store.
    make
        Writes the files to the paths that it is given, in the order of ``links``.

    Returns
    -------
    bool
        True if the files were made, and False if the store had them.
    """
    folder = store / hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()[:32]
    names = [link.name for link in links]
    is_made = not _is_whole(folder, names)
    if is_made:
        _make(folder, names, make)
    for link in links:
        _link(link, folder / link.name)
    return is_made


def unused_sets(store: Path, links: Iterable[Path]) -> list[Path]:
    """The folders of a store, partial ones too, to which none of ``links`` leads."""
    used = {link.resolve().parent for link in links if link.is_symlink()}
    folders = store.iterdir() if store.is_dir() else ()
    return sorted(folder for folder in folders if folder.is_dir() and folder.resolve() not in used)


def _is_whole(folder: Path, names: Sequence[str]) -> bool:
    try:
        digests = json.loads((folder / DIGESTS).read_bytes())
        return all(digests.get(name) == file_digest(folder / name) for name in names)
    except (OSError, ValueError, AttributeError):
        return False


def _make(folder: Path, names: Sequence[str], make: Callable[[Sequence[Path]], None]) -> None:
    """Make a set beside its place and rename it, so that a set is there as a whole or not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f"{PARTIAL}{folder.name}-", dir=folder.parent))
    try:
        make([partial / name for name in names])
        digests = {name: file_digest(partial / name) for name in names}
        (partial / DIGESTS).write_text(json.dumps(digests, indent=2) + "\n", encoding="utf-8")
        partial.chmod(0o755)
        _put(partial, folder, names)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _put(partial: Path, folder: Path, names: Sequence[str]) -> None:
    """Give a whole set its place. One that another run made meanwhile, and may be reading, is left alone."""
    if _is_whole(folder, names):
        return
    # Renamed first, so that no run meets a set of which some files are gone.
    damaged = partial / "damaged"
    with suppress(FileNotFoundError):
        folder.rename(damaged)
    shutil.rmtree(damaged, ignore_errors=True)
    try:
        partial.rename(folder)
    except OSError:
        # Another run was faster by an instant.
        if not _is_whole(folder, names):
            raise


def _link(link: Path, file: Path) -> None:
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    # Both paths are resolved, because a relative link starts at the real folder of results, maybe on another disk.
    link.symlink_to(os.path.relpath(file.resolve(), link.parent.resolve()))

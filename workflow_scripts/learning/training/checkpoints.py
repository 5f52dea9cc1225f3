"""Checkpoints: an interrupted training goes on from its file. Nothing that is read here is executed."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from workflow_support.files import atomic_path
from workflow_support.job import logger

from .state import TrainingState

#: Seconds between two checkpoints of an unfinished training.
SECONDS_BETWEEN = 30.0
_BYTES_PER_BLOCK = 2**24
_UNFIT = (AttributeError, ArithmeticError, LookupError, RuntimeError, TypeError, ValueError)


@dataclass
class Checkpoint:
    """The file of one training: tensors as safetensors, all else as JSON in its metadata, replaced as a whole.

    Parameters
    ----------
    identity
        Digest of all that decides the training; a file with another identity counts as none.
    """

    path: Path
    identity: str
    _written: float = field(default_factory=time.monotonic)

    def resume(self, start: Callable[[], TrainingState]) -> tuple[TrainingState, bool]:
        """The training from the file, or from ``start`` if there is no file of it, and whether it is finished."""
        state, stored = start(), self._read()
        if stored is None:
            return state, False
        tensors, notes = stored
        try:
            is_finished = notes["is_finished"] is True
            (state.restore_outcome if is_finished else state.restore_everything)(tensors, notes)
        except _UNFIT as error:
            self._say_ignored(error)
            return start(), False
        logger.info("%s after %d epochs: %s", "Finished" if is_finished else "Going on", len(state.history), self.path)
        return state, is_finished

    def save_if_due(self, state: TrainingState) -> None:
        """Store an unfinished training, unless it was stored a moment ago."""
        if time.monotonic() - self._written >= SECONDS_BETWEEN:
            self._write(*state.everything(), is_finished=False)

    def finish(self, state: TrainingState) -> None:
        """Store the outcome of a finished training."""
        self._write(*state.outcome(), is_finished=True)

    def _write(self, tensors: Mapping[str, Tensor], notes: Mapping[str, Any], *, is_finished: bool) -> None:
        content = json.dumps({"identity": self.identity, "is_finished": is_finished, **notes}, allow_nan=False)
        # Clones, since no two tensors of a file may share memory.
        tensors = {name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()}
        with atomic_path(self.path) as partial:
            save_file(tensors, partial, metadata={"training": content})
        _flush_folder(self.path.parent)
        self._written = time.monotonic()

    def _read(self) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
        """Tensors and notes, or None if there is no file of this training."""
        if not self.path.exists():
            return None
        try:
            with safe_open(self.path, framework="pt") as file:
                notes = json.loads((file.metadata() or {})["training"])
                if notes["identity"] != self.identity:
                    logger.info("%s: of other data, code or settings; training starts from the beginning.", self.path)
                    return None
                return {name: file.get_tensor(name) for name in file.keys()}, notes  # noqa: SIM118
        except (OSError, SafetensorError, *_UNFIT) as error:
            self._say_ignored(error)
            return None

    def _say_ignored(self, error: Exception) -> None:
        logger.warning("%s: not a checkpoint of this training, which starts from the beginning. %s", self.path, error)


def checkpoint_file(folder: Path, seed: int, fold: int | None = None) -> Path:
    """The file of the training of a seed, or of a seed for a fold, in the folder of its arm."""
    return folder / f"{f'fold{fold}.' if fold else ''}seed{seed}.safetensors"


def seconds_of(file: Path) -> float:
    """The wall time that a training took, over all its starts, from its checkpoint; 0 if it cannot be read."""
    try:
        with safe_open(file, framework="numpy") as opened:
            return float(json.loads(opened.metadata()["training"])["seconds"])
    except (OSError, SafetensorError, *_UNFIT):
        return 0.0


def identity_of(**decisive: Any) -> str:
    """Digest of all that decides a training, in values that JSON can hold."""
    return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()


def digest_of_arrays(*arrays: np.ndarray, rows: np.ndarray) -> str:
    """Digest of ``rows`` of arrays, in order: types, shapes and values, read in blocks."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(repr((array.dtype.str, array.shape[1:], rows.size)).encode())
        for block in _row_blocks(array, rows):
            digest.update(np.ascontiguousarray(array[block]))
    return digest.hexdigest()


def _row_blocks(array: np.ndarray, rows: np.ndarray) -> Iterator[np.ndarray]:
    step = max(1, _BYTES_PER_BLOCK // max(1, array[:1].nbytes))
    return (rows[start : start + step] for start in range(0, rows.size, step))


def _flush_folder(folder: Path) -> None:
    """Make the names in a folder survive a crash, if the file system can."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        # Some mounts (FUSE, CIFS) can flush files but not folders.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(handle)

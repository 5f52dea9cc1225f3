"""Windows of a profile task, on disk and on a device, with the margin by which they can be moved.

A window that is moved by j, 0 <= j <= 2 margin, has the positions j to j + length of its sequence and j to j + output
of its reads and tracks. A centred one is moved by the margin.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from rc_equivariant.descriptions.tracks import TRACKS
from workflow_support.errors import InputError

from .inputs import as_reads
from .kmers import as_integer_tensor


@dataclass(frozen=True)
class ProfileWindows:
    """Windows without their margin.

    ``sequences`` have the shape (windows, length), ``counts`` (windows, 2, output), and each of the ``tracks``
    (windows, 1 or 2, output).
    """

    sequences: np.ndarray
    counts: np.ndarray
    tracks: dict[str, np.ndarray]


@dataclass(frozen=True)
class ProfileArrays:
    """Sequences, reads and input tracks of all windows of a task, as they lie on disk; memory maps stay maps.

    Parameters
    ----------
    sequences
        Base codes or k-mer indices, (windows, length + 2 margin).
    counts
        Reads of the + and the - strand, (windows, 2, output + 2 margin).
    tracks
        Input tracks by name, in the order in which the network reads them: of the shape of ``counts``, or with one
        channel if the strands were measured together.
    length, output
        Positions that a network reads, and those that it predicts.

    Raises
    ------
    InputError
        If the shapes do not fit each other and the network.
    """

    sequences: np.ndarray
    counts: np.ndarray
    tracks: Mapping[str, np.ndarray]
    length: int
    output: int

    def __post_init__(self) -> None:
        if (self.sequences.shape[1] - self.length) % 2 or self.margin < 0:
            raise self._misfit("sequences", self.sequences, f"{self.length} positions and an equal margin on each side")
        for name, values in {"counts": self.counts, **self.tracks}.items():
            channels = len(TRACKS[name].strands) if name in self.tracks else 2
            shape = (len(self.sequences), channels, self.output + 2 * self.margin)
            if values.shape != shape:
                raise self._misfit(name, values, f"{shape}, as its sequences need")

    def _misfit(self, name: str, found: np.ndarray, allowed: str) -> InputError:
        return InputError(
            f"the {name} of a task do not fit its network",
            file=getattr(found, "filename", None),
            found=f"shape {found.shape}",
            allowed=allowed,
            fix="make the arrays again: delete those of the task and rerun the workflow",
        )

    @property
    def margin(self) -> int:
        """Positions by which windows can be moved to either side."""
        return (self.sequences.shape[1] - self.length) // 2

    def centred(self, rows: np.ndarray) -> ProfileWindows:
        """The centred windows of ``rows`` (windows,)."""
        start = self.margin
        return ProfileWindows(
            self.sequences[rows][:, start : start + self.length],
            self.counts[rows][..., start : start + self.output],
            {name: values[rows][..., start : start + self.output] for name, values in self.tracks.items()},
        )


def load_profile_arrays(
    sequences: Path, counts: Path, tracks: Mapping[str, Path], length: int, output: int
) -> ProfileArrays:
    """The arrays of a task as memory maps; raises as :class:`ProfileArrays` does."""
    of_tracks = {name: np.load(path, mmap_mode="r") for name, path in tracks.items()}
    return ProfileArrays(np.load(sequences, mmap_mode="r"), np.load(counts, mmap_mode="r"), of_tracks, length, output)


@dataclass(frozen=True)
class ProfileTensors:
    """Windows of a task on a device, with their margin.

    Parameters
    ----------
    sequences
        Base codes or k-mer indices, (windows, length + 2 margin).
    counts, tracks
        Reads and input tracks, float32, each (windows, 1 or 2, output + 2 margin).
    length, output
        Positions that a network reads, and those that it predicts.
    """

    sequences: Tensor
    counts: Tensor
    tracks: tuple[Tensor, ...]
    length: int
    output: int

    @classmethod
    def of(cls, arrays: ProfileArrays, rows: np.ndarray, device: torch.device) -> ProfileTensors:
        """The windows of ``rows``, in their order."""
        return cls(
            as_integer_tensor(arrays.sequences[rows]).to(device),
            as_reads(arrays.counts[rows], device),
            tuple(as_reads(values[rows], device) for values in arrays.tracks.values()),
            arrays.length,
            arrays.output,
        )

    def moved(self, rows: Tensor, shifts: Tensor) -> tuple[tuple[Tensor, ...], Tensor]:
        """The inputs of a network for windows (batch,), each moved by its shift, and their reads (batch, 2, output)."""
        kmers = self.sequences.unfold(1, self.length, 1)[rows, shifts].long()
        counts, *tracks = (
            each.unfold(2, self.output, 1).transpose(1, 2)[rows, shifts] for each in (self.counts, *self.tracks)
        )
        return (kmers, *tracks), counts

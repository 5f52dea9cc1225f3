"""Windows of a profile task with the margin in which they can be moved."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from workflow_support.errors import InputError


@dataclass(frozen=True)
class ShiftedWindows:
    """A batch: sequences (batch, positions), reads and control (batch, 2, output), control None without one."""

    sequences: np.ndarray
    counts: np.ndarray
    control: np.ndarray | None


@dataclass(frozen=True)
class ProfileArrays:
    """Sequences and reads of all windows of a task, as they lie on disk; memory maps stay maps.

    A shift by j, 0 <= j <= 2 margin, takes positions j to j + length of the sequences and j to j + output of the reads.

    Parameters
    ----------
    sequences
        Base codes or k-mer indices, (windows, length + 2 margin).
    counts, control
        Reads of the + and the - strand, (windows, 2, output + 2 margin); ``control`` None for a task without one.
    length, output
        Positions that a network reads, and those that it predicts.
    """

    sequences: np.ndarray
    counts: np.ndarray
    control: np.ndarray | None
    length: int
    output: int

    def __post_init__(self) -> None:
        width = self.output + 2 * self.margin
        if (self.sequences.shape[1] - self.length) % 2 or self.margin < 0:
            raise self._misfit("sequences", self.sequences, f"{self.length} positions and an equal margin on each side")
        for name, tracks in (("counts", self.counts), ("control", self.control)):
            if tracks is not None and tracks.shape != (len(self.sequences), 2, width):
                raise self._misfit(name, tracks, f"({len(self.sequences)}, 2, {width}), as its sequences need")

    def _misfit(self, name: str, found: np.ndarray, allowed: str) -> InputError:
        return InputError(
            f"the {name} of a task do not fit its network",
            file=getattr(found, "filename", None),
            found=f"shape {found.shape}",
            allowed=allowed,
            mend="make the arrays again: delete those of the task and rerun the workflow",
        )

    @property
    def margin(self) -> int:
        """Positions by which windows can be moved to either side."""
        return (self.sequences.shape[1] - self.length) // 2

    def shifted(self, rows: np.ndarray, shifts: np.ndarray | int) -> ShiftedWindows:
        """The windows of ``rows`` (batch,), each by its own shift or all by one."""
        return ShiftedWindows(
            sliding_window_view(self.sequences, self.length, axis=1)[rows, shifts],
            _shifted_tracks(self.counts, self.output, rows, shifts),
            None if self.control is None else _shifted_tracks(self.control, self.output, rows, shifts),
        )

    def centred(self, rows: np.ndarray) -> ShiftedWindows:
        """The windows of ``rows`` (batch,) as validation and test see them."""
        return self.shifted(rows, self.margin)


def load_profile_arrays(sequences: Path, counts: Path, control: Path | None, length: int, output: int) -> ProfileArrays:
    """The arrays of a task as memory maps.

    Raises
    ------
    InputError
        Where their shapes fit neither each other nor the network.
    """
    tracks = (None if path is None else np.load(path, mmap_mode="r") for path in (counts, control))
    return ProfileArrays(np.load(sequences, mmap_mode="r"), *tracks, length, output)


def _shifted_tracks(tracks: np.ndarray, output: int, rows: np.ndarray, shifts: np.ndarray | int) -> np.ndarray:
    views = sliding_window_view(tracks, output, axis=2)
    return views[rows[:, None], np.arange(2), np.broadcast_to(shifts, rows.shape)[:, None]]

"""The progress of a training job: a line about its epochs now and then, and a table of epochs that grows."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import mean

import pandas as pd

from workflow_support.files import atomic_path
from workflow_support.job import logger

from .state import EpochRecord, TrainingState

#: Seconds between two lines, so that a log stays short and writing costs nothing.
SECONDS_BETWEEN = 10.0


class Progress:
    """The progress of the trainings of all seeds of an arm, which train one group after the other.

    Parameters
    ----------
    name
        The task, arm and size, by which a line names its job: several jobs may write to one terminal.
    seeds, epochs
        The number of trainings, and the largest number of epochs of each.
    history
        A file for the epochs so far, with the columns of ``history.tsv``. It is removed when the job has trained all.
    clock
        Returns seconds.
    """

    def __init__(
        self, name: str, seeds: int, epochs: int, history: Path, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.name, self.seeds, self.epochs, self.history = name, seeds, epochs, history
        self._clock = clock
        self._rows: list[dict[str, float]] = []
        self._trained = 0
        self._next = 0.0

    def after_epoch(self, states: Sequence[TrainingState]) -> None:
        """Log the epoch and write the table after the first and the last epoch, and every few seconds between."""
        running = [state for state in states if not state.is_finished]
        epoch = min(len(state.history) for state in running)
        if epoch < self.epochs and self._clock() < self._next:
            return
        self._next = self._clock() + SECONDS_BETWEEN
        write_history(
            self._rows + [row for state in states for row in history_rows(state.seed, state.history)], self.history
        )
        logger.info(
            "%s, seed %s: epoch %d of %d, about %s left for %s; train loss %.4f, validation %s.",
            self.name,
            ", ".join(str(state.seed) for state in running),
            epoch,
            self.epochs,
            duration(self._seconds_left(states)),
            "the seed" if self.seeds == 1 else f"all {self.seeds} seeds",
            mean(state.history[-1].train_loss for state in running),
            listed(_means([state.history[-1].validation for state in running])),
        )

    def add(self, states: Sequence[TrainingState]) -> None:
        """Add trainings that are finished."""
        self._rows += [row for state in states for row in history_rows(state.seed, state.history)]
        self._trained += len(states)
        self._next = 0.0

    def finish(self) -> None:
        """Remove the table, which the outputs of the job replace."""
        self.history.unlink(missing_ok=True)

    def _seconds_left(self, states: Sequence[TrainingState]) -> float:
        """The seconds until all seeds have had all epochs, at the mean speed of these states.

        This is a guess: other jobs on the computer make it longer, and trainings that stop early make it shorter.
        """
        per_epoch = mean(state.seconds / len(state.history) for state in states)
        of_states = sum(self.epochs - len(state.history) for state in states if not state.is_finished)
        later = self.seeds - self._trained - len(states)
        return per_epoch * (of_states + later * self.epochs)


def history_rows(seed: int, history: Sequence[EpochRecord], fold: int | None = None) -> list[dict[str, float]]:
    """The rows of ``history.tsv`` of one training, with its seed and, if there are folds, its fold."""
    own = {"seed": seed} if fold is None else {"seed": seed, "fold": fold}
    return [own | record.as_row() for record in history]


def write_history(rows: Sequence[Mapping[str, float]], path: Path) -> None:
    """Write a table of epochs with one row per epoch and replicate."""
    with atomic_path(path) as partial_path:
        pd.DataFrame(rows).to_csv(partial_path, sep="\t", index=False, float_format="%.6g")


def listed(metrics: Mapping[str, float]) -> str:
    """Metrics as text, such as ``loss 0.4123, AUROC 0.8765``."""
    return ", ".join(f"{name} {value:.4f}" for name, value in metrics.items())


def duration(seconds: float) -> str:
    """Seconds as text with at most two units, such as ``2 h 5 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _means(metrics: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The mean of each metric."""
    return {name: mean(each[name] for each in metrics) for name in metrics[0]}

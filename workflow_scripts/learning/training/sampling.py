"""Batches and subsets: the windows of each step, and those that a replicate sees at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from workflow_support.errors import InputError


class Batches(Protocol):
    """Endless batches of row indices, whose position can be stored and restored."""

    def __iter__(self) -> Iterator[np.ndarray]: ...

    def __next__(self) -> np.ndarray: ...

    def state(self) -> dict[str, np.ndarray]:
        """The position, int64 arrays by name, without the state of the generator."""
        ...

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from a position.

        Raises
        ------
        KeyError, ValueError
            If ``state`` is no position of these batches.
        """
        ...


class BalancedBatches:
    """Endless batches of row indices with a fixed number of positives and of negatives in each.

    Each class is taken in shuffled cycles: every row occurs once before any occurs again, and each cycle has its own
    order.

    Parameters
    ----------
    labels
        0 or 1 for each row; both must occur.
    positives, negatives
        Rows of each class in a batch.
    generator
        Decides every order; the same generator state gives the same batches.
    """

    def __init__(self, labels: np.ndarray, positives: int, negatives: int, generator: np.random.Generator) -> None:
        self._classes = [
            (_ShuffledCycles(np.flatnonzero(labels == 1), generator), positives),
            (_ShuffledCycles(np.flatnonzero(labels == 0), generator), negatives),
        ]

    def __iter__(self) -> Iterator[np.ndarray]:
        return self

    def __next__(self) -> np.ndarray:
        return np.concatenate([cycles.take(count) for cycles, count in self._classes])

    def state(self) -> dict[str, np.ndarray]:
        (positives, _), (negatives, _) = self._classes
        return positives.state("positives") | negatives.state("negatives")

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        for name, (cycles, _) in zip(("positives", "negatives"), self._classes, strict=True):
            cycles.restore(name, state)


class PassesInBatches:
    """Endless batches of row indices, pass after pass over all rows, each pass in its own order.

    Every row occurs once in a pass. The batches of a pass have sizes as equal as possible, so that the last one is not
    much smaller.

    Parameters
    ----------
    rows
        Number of rows; at least one.
    batch_size
        Largest number of rows in a batch.
    generator
        Decides every order; the same generator state gives the same batches.
    """

    def __init__(self, rows: int, batch_size: int, generator: np.random.Generator) -> None:
        self._cycles = _ShuffledCycles(np.arange(rows), generator)
        self.batches_per_pass = -(-rows // batch_size)
        self._sizes = [part.size for part in np.array_split(np.arange(rows), self.batches_per_pass)]
        self._next = 0

    def __iter__(self) -> Iterator[np.ndarray]:
        return self

    def __next__(self) -> np.ndarray:
        size = self._sizes[self._next]
        self._next = (self._next + 1) % self.batches_per_pass
        return self._cycles.take(size)

    def state(self) -> dict[str, np.ndarray]:
        return self._cycles.state("rows") | {"next": np.array(self._next)}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        self._cycles.restore("rows", state)
        self._next = _position(state["next"], self.batches_per_pass - 1)


class _ShuffledCycles:
    """Rows in a random order, reshuffled whenever all of them have been taken."""

    def __init__(self, rows: np.ndarray, generator: np.random.Generator) -> None:
        if rows.size == 0:
            raise ValueError("no rows to draw from")
        self._generator = generator
        self._order = generator.permutation(rows)
        self._taken = 0

    def take(self, count: int) -> np.ndarray:
        parts = []
        while count > 0:
            if self._taken == self._order.size:
                self._order, self._taken = self._generator.permutation(self._order), 0
            part = self._order[self._taken : self._taken + count]
            self._taken += part.size
            count -= part.size
            parts.append(part)
        return np.concatenate(parts)

    def state(self, name: str) -> dict[str, np.ndarray]:
        return {f"{name}.order": self._order.astype(np.int64), f"{name}.taken": np.array(self._taken)}

    def restore(self, name: str, state: Mapping[str, np.ndarray]) -> None:
        order = state[f"{name}.order"]
        if not np.array_equal(np.sort(order), np.sort(self._order)):
            raise ValueError(f"the order of {name} belongs to other rows")
        self._order, self._taken = order, _position(state[f"{name}.taken"], order.size)


def _position(value: np.ndarray, last: int) -> int:
    if value.shape != () or not 0 <= value <= last:
        raise ValueError(f"{value} is no position up to {last}")
    return int(value)


ALL = "all"


def training_subset(labels: np.ndarray, size: str, seed: int) -> np.ndarray:
    """The training windows that a replicate sees; the seed and the labels alone decide.

    Each class is permuted, the window at position i of a class of m gets the rank (i + 1/2) / m, and the windows of
    least rank are taken: subsets of one seed are nested, and each class keeps its share.

    Parameters
    ----------
    labels
        Classes (windows,) of the training windows; all equal if there are no classes.
    size
        ``all``, a number of windows (``1000``), or a share of them (``0.5``).

    Returns
    -------
    Rows (size,), sorted.

    Raises
    ------
    InputError
        If there are fewer windows than asked for, or a class would be left without any.
    """
    if size == ALL:
        return np.arange(labels.size)
    wanted = _count(size, labels.size)
    rows = np.sort(_nested_order(labels, seed)[:wanted])
    classes, kept = np.unique(labels).size, np.unique(labels[rows]).size
    if wanted > labels.size or kept < classes:
        raise InputError(
            f"no {wanted} training windows can be chosen",
            found=f"size {size} of {labels.size} windows of {classes} classes",
            allowed=f"at most {labels.size}, and enough for every class to keep one",
            fix="take this size out of the study, or give the task more windows",
        )
    return rows


def _count(size: str, windows: int) -> int:
    try:
        number = float(size)
    except ValueError:
        number = 0.0
    if 0 < number < 1:
        return round(number * windows)
    if number >= 2 and number.is_integer():
        return int(number)
    raise InputError(
        "not a training size",
        found=size,
        allowed=f"{ALL}, a whole number of windows from 2 on, or a share between 0 and 1",
        fix="change the sizes of the study",
    )


def _nested_order(labels: np.ndarray, seed: int) -> np.ndarray:
    """All rows, in the order in which growing subsets include them."""
    generator = np.random.default_rng(streams_of(seed).subset)
    rank = np.empty(labels.size)
    for label in np.unique(labels):
        of_class = generator.permutation(np.flatnonzero(labels == label))
        rank[of_class] = (np.arange(of_class.size) + 0.5) / of_class.size
    return np.lexsort((labels, rank))


@dataclass(frozen=True)
class SeedStreams:
    """The random streams of a replicate. None depends on how much another draws, and replicates differ in all four.

    They decide the initial weights, the order of batches, the shifts of windows, and the subset of training windows.
    """

    initialisation: np.random.SeedSequence
    order: np.random.SeedSequence
    jitter: np.random.SeedSequence
    subset: np.random.SeedSequence


def streams_of(seed: int) -> SeedStreams:
    """The streams of the replicate with this seed."""
    return SeedStreams(*np.random.SeedSequence(seed).spawn(4))

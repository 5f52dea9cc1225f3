"""Which windows make up each batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

import numpy as np


class Batches(Protocol):
    """Endless batches of row indices that can be taken up where they were left."""

    def __iter__(self) -> Iterator[np.ndarray]: ...

    def __next__(self) -> np.ndarray: ...

    def state(self) -> dict[str, np.ndarray]:
        """Where they are, int64 arrays by name. The state of their generator is not part of it."""
        ...

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from there.

        Raises
        ------
        KeyError, ValueError
            Where ``state`` is none of these batches.
        """
        ...


class BalancedBatches:
    """Endless batches of row indices with a fixed number of positives and of negatives in each.

    Each class is walked in shuffled cycles: every row occurs once before any occurs again, and each cycle has an order
    of its own.

    Parameters
    ----------
    labels
        0 or 1 a row; both must occur.
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
    """Endless batches of row indices, pass after pass over all rows, each pass in an order of its own.

    Every row occurs once in a pass. The batches of a pass are as equal as can be, so that none is left with the few
    rows of a rest.

    Parameters
    ----------
    rows
        How many there are; at least one.
    batch_size
        Rows in a batch, at most.
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
            raise ValueError(f"the order of {name} is one of other rows")
        self._order, self._taken = order, _position(state[f"{name}.taken"], order.size)


def _position(value: np.ndarray, last: int) -> int:
    if value.shape != () or not 0 <= value <= last:
        raise ValueError(f"{value} is no position up to {last}")
    return int(value)

"""How long networks take."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Hashable, Iterator
from contextlib import contextmanager


class Clock:
    """Wall time of each of several networks, by any key, over all that they read."""

    def __init__(self) -> None:
        self._seconds: Counter[Hashable] = Counter()
        self._windows: Counter[Hashable] = Counter()

    @contextmanager
    def timing(self, network: Hashable, windows: int) -> Iterator[None]:
        """Add the time of the block, in which ``network`` reads so many windows, one strand of each."""
        started = time.perf_counter()
        yield
        self._seconds[network] += time.perf_counter() - started
        self._windows[network] += windows

    def seconds_per_window(self, network: Hashable) -> float:
        """Mean time for one strand of a window."""
        return self._seconds[network] / self._windows[network]

"""The independent streams of random numbers that one seed stands for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class SeedStreams:
    """Sources of a replicate, so that none depends on how much another draws and replicates differ in all four.

    ``initialisation`` is of weights, ``order`` of batches, ``jitter`` of shifts, and ``subset`` of training windows.
    """

    initialisation: np.random.SeedSequence
    order: np.random.SeedSequence
    jitter: np.random.SeedSequence
    subset: np.random.SeedSequence


def streams_of(seed: int) -> SeedStreams:
    """The streams of a replicate."""
    return SeedStreams(*np.random.SeedSequence(seed).spawn(4))

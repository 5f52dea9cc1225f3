"""The choice of the best candidate for each replicate, by the validation quality of replicates that it does not serve.

The replicates are dealt into two halves, and each half is served by the candidate that is best in the other one. A
choice by the replicates that are tested would favour the candidate that was lucky with their seeds: luck on the
validation split is luck on the test split too. Choosing for each replicate by all others would be as unbiased, but the
replicates would then share nearly all of their choice, and vary less than their mean does (``docs/error_rates.md``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def qualities_of_others(qualities: np.ndarray, groups: Sequence[Sequence[int]]) -> np.ndarray:
    """The mean quality (..., candidates, replicates) by which each replicate chooses.

    Parameters
    ----------
    qualities
        The validation quality of each candidate with each seed, (..., candidates, seeds).
    groups
        For each replicate, the positions of its seeds. The replicates with even and with odd numbers are the halves. A
        single replicate has no other half and chooses by all seeds.
    """
    means = np.empty((*qualities.shape[:-1], len(groups)))
    for half in (0, 1):
        others = [seed for group in groups[1 - half :: 2] for seed in group]
        means[..., half::2] = qualities[..., others or slice(None)].mean(axis=-1)[..., None]
    return means


def choose(means: np.ndarray) -> np.ndarray:
    """The position of the best candidate (..., replicates) by the means of :func:`qualities_of_others`.

    Of equal candidates it is the first.
    """
    return means.argmax(axis=-2)

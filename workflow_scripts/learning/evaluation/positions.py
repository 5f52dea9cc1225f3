"""The sensitivity of networks to the place of a site in the window: bound test windows that are moved along the genome.

A window that is moved by d bases has its site d bases from its middle. An AUROC compares the scores of all moved
windows with those of unbound test windows, which stay where they are, since there is no site in them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import metrics

STEPS = 8
"""Equal steps from the middle of a window to its edge, after each of which scores are measured."""


def distances(width: int) -> list[int]:
    """Distances from the middle in bases at which scores are measured, from 0 to half the ``width`` of a window."""
    return sorted({width // 2 * step // STEPS for step in range(STEPS + 1)})


def moved_windows(surroundings: np.ndarray, width: int) -> list[np.ndarray]:
    """The base codes (width,) of the windows at each distance: all moved to the left, and then all to the right.

    Parameters
    ----------
    surroundings
        As :func:`genome_data.windows.surroundings.write_surroundings` writes them.
    """
    half = width // 2
    starts = [half + direction * distance for distance in distances(width) for direction in (-1, 1)]
    return [codes[start : start + width] for start in starts for codes in surroundings]


def sensitivity(
    width: int, moved: np.ndarray, unbound: np.ndarray, threshold: float | np.ndarray
) -> list[dict[str, Any]]:
    """The scores at each distance: ``distance, auroc, mean_logit, called``, means over both directions.

    Parameters
    ----------
    moved
        Logits of :func:`moved_windows`.
    unbound
        Logits of the unbound test windows.
    threshold
        The logit from which on a window is called bound, or one for each of the windows that were moved (sites,);
        ``called`` is the share of moved windows that are.
    """
    found = []
    measured = distances(width)
    for distance, directions in zip(measured, moved.reshape(len(measured), 2, -1), strict=True):
        labels = np.repeat([1, 0], [directions.shape[1], len(unbound)])
        aurocs = [metrics.auroc(labels, np.concatenate([logits, unbound])) for logits in directions]
        values = {"auroc": np.mean(aurocs), "mean_logit": directions.mean(), "called": np.mean(directions >= threshold)}
        found.append({"distance": distance} | {name: float(value) for name, value in values.items()})
    return found

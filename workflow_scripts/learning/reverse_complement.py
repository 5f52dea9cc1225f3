"""How far a model's answer depends on the strand that it reads."""

from __future__ import annotations

import numpy as np


def strand_disagreement(forward: np.ndarray, reverse: np.ndarray, threshold: float) -> dict[str, float]:
    """|f(x) - f(rc x)| over windows.

    Parameters
    ----------
    forward, reverse
        Logits (windows,) of the windows and of their reverse complements.
    threshold
        Windows with a logit of at least this are called bound.

    Returns
    -------
    ``largest_absolute`` difference of logits, ``largest_relative`` (the same over the largest |logit|), and
    ``flipped``: the fraction of windows that are called bound on one strand only.
    """
    difference = float(np.max(np.abs(forward.astype(np.float64) - reverse)))
    scale = float(max(np.max(np.abs(forward)), np.max(np.abs(reverse))))
    return {
        "largest_absolute": difference,
        "largest_relative": difference / scale if scale > 0 else 0.0,
        "flipped": float(np.mean((forward >= threshold) != (reverse >= threshold))),
    }

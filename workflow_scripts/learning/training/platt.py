"""The calibration of logits on labels, whatever gave them: one factor for all logits, and a shift for each class."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

#: Newton steps at most; a few are enough for a convex function of few parameters.
_STEPS = 100
#: The smallest factor of logits with a standard deviation of 1 that is told from none: odds change by a thousandth.
_LEAST_FACTOR = 1e-3
#: The least spread of logits, as a share of their size: below it they differ by rounding in float32 alone.
_LEAST_SPREAD = 1e-5


class Calibration(NamedTuple):
    """The calibrated logits ``scale * logits + shift``; ``shift`` has the shape of the logits of one window."""

    scale: float
    shift: np.ndarray


def calibration_of(labels: np.ndarray, logits: np.ndarray) -> Calibration:
    """Return the calibration by which these logits give the labels their largest probability.

    It is the scaling of Platt (1999) for two classes, and temperature scaling with a shift for each class (Alexandari
    et al. 2020) for more. The targets are those of Platt: of n windows of a class, one more is taken to be of it and
    one of each other class. Thereby logits that separate the classes have a finite scale, too.

    Parameters
    ----------
    labels
        Classes from 0 on, shape (windows,).
    logits
        Shape (windows,) for two classes, (windows, classes) for more.

    Returns
    -------
    Calibration
        The scale is above 0, so the order of windows by one logit does not change. Logits that rank windows no better
        than chance, or that differ by rounding alone, are left as they are.
    """
    given = np.asarray(logits, dtype=np.float64)
    of_classes = np.stack([np.zeros_like(given), given], axis=1) if given.ndim == 1 else given
    # Newton's method starts from no knowledge and with logits of size one, whatever their place and size.
    middle = of_classes.mean(axis=0)
    spread = float(np.sqrt(np.mean((of_classes - middle) ** 2)))
    unchanged = Calibration(1.0, np.zeros(given.shape[1:]))
    if spread <= _LEAST_SPREAD * np.abs(middle).max():
        return unchanged
    targets = _platt_targets(labels, of_classes.shape[1])
    factor, shifts = _most_likely((of_classes - middle) / spread, targets)
    if factor < _LEAST_FACTOR:
        return unchanged
    scale = factor / spread
    shifts = shifts - scale * middle
    shifts -= shifts[0]
    return Calibration(scale, shifts[1] if given.ndim == 1 else shifts - shifts.mean())


def _platt_targets(labels: np.ndarray, classes: int) -> np.ndarray:
    """Return the probabilities (windows, classes) to be reached."""
    windows = np.bincount(labels, minlength=classes)
    return (np.eye(classes) * windows[:, None] + 1)[labels] / (windows[labels] + classes)[:, None]


def _most_likely(unit: np.ndarray, targets: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the factor and the shifts (classes,), the first one 0, of the least cross-entropy, by Newton's method.

    ``unit`` has logits (windows, classes) of mean 0 and size 1.
    """
    windows, classes = unit.shape
    found = np.zeros(classes)
    loss = _cross_entropy(unit, targets, found)
    for _ in range(_STEPS):
        p = np.exp(_log_probabilities(unit, found))
        beside_mean = unit - (p * unit).sum(axis=1, keepdims=True)
        gradient = np.concatenate([[((p - targets) * unit).sum()], (p - targets).sum(axis=0)[1:]]) / windows
        mixed = (p * beside_mean).sum(axis=0)[1:]
        of_shifts = (np.diag(p.sum(axis=0)) - p.T @ p)[1:, 1:]
        curvature = np.block([[(p * beside_mean**2).sum(), mixed], [mixed[:, None], of_shifts]]) / windows
        step = np.linalg.lstsq(curvature, gradient, rcond=None)[0]
        while (shorter := _cross_entropy(unit, targets, found - step)) > loss and np.abs(step).max() > 0:
            step = step / 2
        found = found - step
        if loss - shorter <= 1e-15 * abs(loss):
            break
        loss = shorter
    return float(found[0]), np.concatenate([[0.0], found[1:]])


def _log_probabilities(unit: np.ndarray, parameters: np.ndarray) -> np.ndarray:
    scaled = parameters[0] * unit + np.concatenate([[0.0], parameters[1:]])
    return scaled - np.logaddexp.reduce(scaled, axis=1, keepdims=True)


def _cross_entropy(unit: np.ndarray, targets: np.ndarray, parameters: np.ndarray) -> float:
    return float(-(targets * _log_probabilities(unit, parameters)).sum(axis=1).mean())

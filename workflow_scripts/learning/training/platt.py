"""The calibration of logits on labels, whatever gave them: a factor for the logits of each network, and shifts."""

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
    """The factor of each network's logits, and the shift of their sum, of the shape of the logits of one window."""

    factors: np.ndarray
    shift: np.ndarray

    def applied(self, *logits: np.ndarray) -> np.ndarray:
        """The calibrated logits of windows, from those of each network."""
        return sum(factor * each for factor, each in zip(self.factors, logits, strict=True)) + self.shift


def calibration_of(labels: np.ndarray, *logits: np.ndarray) -> Calibration:
    """Return the calibration by which these logits give the labels their largest probability.

    It is the scaling of Platt (1999) for two classes, and temperature scaling with a shift for each class (Alexandari
    et al. 2020) for more. The targets are those of Platt: of n windows of a class, one more is taken to be of it and
    one of each other class. Thereby logits that separate the classes have a finite scale, too.

    Several networks have a factor each, from 0 up: one that would get a negative factor gets 0, and the others are
    fitted again.

    Parameters
    ----------
    labels
        Classes from 0 on, shape (windows,).
    logits
        One array per network, of shape (windows,) for two classes and (windows, classes) for more.

    Returns
    -------
    Calibration
        The factor of a single network is above 0, so the order of windows by one logit does not change. If no logits
        rank windows better than chance, or they differ by rounding alone, the calibration is their plain mean.
    """
    given = np.stack(logits).astype(np.float64)
    of_classes = np.stack([np.zeros_like(given), given], axis=2) if given.ndim == 2 else given
    # Newton's method starts from no knowledge and with logits of size one, whatever their place and size.
    middle = of_classes.mean(axis=1)
    spread = np.sqrt(np.mean((of_classes - middle[:, None]) ** 2, axis=(1, 2)))
    used = np.flatnonzero(spread > _LEAST_SPREAD * np.abs(middle).max(axis=1))
    targets = _platt_targets(labels, of_classes.shape[2])
    while used.size:
        unit = (of_classes[used] - middle[used, None]) / spread[used, None, None]
        found, shifts = _most_likely(unit, targets)
        if found.min() >= _LEAST_FACTOR:
            break
        used = np.delete(used, found.argmin())
    else:
        return Calibration(np.full(len(given), 1 / len(given)), np.zeros(given.shape[2:]))
    factors = np.zeros(len(given))
    factors[used] = found / spread[used]
    shifts = shifts - factors @ middle
    shifts -= shifts[0]
    return Calibration(factors, shifts[1] if given.ndim == 2 else shifts - shifts.mean())


def _platt_targets(labels: np.ndarray, classes: int) -> np.ndarray:
    """Return the probabilities (windows, classes) to be reached."""
    windows = np.bincount(labels, minlength=classes)
    return (np.eye(classes) * windows[:, None] + 1)[labels] / (windows[labels] + classes)[:, None]


def _most_likely(unit: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the factors and the shifts (classes,), the first one 0, of the least cross-entropy, by Newton's method.

    ``unit`` has logits (networks, windows, classes) of mean 0 and size 1.
    """
    networks, windows, classes = unit.shape
    found = np.zeros(networks + classes - 1)
    loss = _cross_entropy(unit, targets, found)
    for _ in range(_STEPS):
        p = np.exp(_log_probabilities(unit, found))
        beside_mean = unit - (p * unit).sum(axis=2, keepdims=True)
        of_factors = ((p - targets) * unit).sum(axis=(1, 2))
        gradient = np.concatenate([of_factors, (p - targets).sum(axis=0)[1:]]) / windows
        twice = np.einsum("wc,iwc,jwc->ij", p, beside_mean, beside_mean)
        mixed = (p * beside_mean).sum(axis=1)[:, 1:]
        of_shifts = (np.diag(p.sum(axis=0)) - p.T @ p)[1:, 1:]
        curvature = np.block([[twice, mixed], [mixed.T, of_shifts]]) / windows
        step = np.linalg.lstsq(curvature, gradient, rcond=None)[0]
        while (shorter := _cross_entropy(unit, targets, found - step)) > loss and np.abs(step).max() > 0:
            step = step / 2
        found = found - step
        if loss - shorter <= 1e-15 * abs(loss):
            break
        loss = shorter
    return found[:networks], np.concatenate([[0.0], found[networks:]])


def _log_probabilities(unit: np.ndarray, parameters: np.ndarray) -> np.ndarray:
    networks = len(unit)
    scaled = np.tensordot(parameters[:networks], unit, 1) + np.concatenate([[0.0], parameters[networks:]])
    return scaled - np.logaddexp.reduce(scaled, axis=1, keepdims=True)


def _cross_entropy(unit: np.ndarray, targets: np.ndarray, parameters: np.ndarray) -> float:
    return float(-(targets * _log_probabilities(unit, parameters)).sum(axis=1).mean())

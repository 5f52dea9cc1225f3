"""The baseline for every network: logistic regression on k-mer counts that do not depend on the strand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, log_softmax

from ..evaluation.metrics import quality_of_logits
from .kmer_counts import KmerCounts

# Inverse strengths of L2 regularisation (C), the strongest and the weakest penalty. With standardised counts and a few
# thousand windows the best one lies well inside this range.
INVERSE_PENALTIES = (1e-5, 1e-1)
MAX_ITERATIONS = 200
# A fit ends when no derivative of the loss of a window is larger.
TOLERANCE = 1e-4
# Windows whose counts are in float32 at one time: few enough for a processor's cache.
ROWS_PER_BLOCK = 512


def inverse_penalties(trials: int) -> list[float]:
    """One inverse penalty for each trial, evenly over the logarithm, the strongest first; one alone is the middle."""
    low, high = np.log10(INVERSE_PENALTIES)
    exponents = np.linspace(low, high, trials) if trials > 1 else [(low + high) / 2]
    return [float(10.0**exponent) for exponent in exponents]


@dataclass(frozen=True)
class FittedBaseline:
    """The logits of every counted window, (windows,) or (windows, classes), and facts about the fit.

    ``converged`` is False if the optimiser stopped at its limit, which makes the baseline weaker than necessary.
    """

    logits: np.ndarray
    parameters: int
    inverse_penalty: float
    converged: bool


def fit_baseline(
    counts: KmerCounts, labels: np.ndarray, train: np.ndarray, validation: np.ndarray, penalties: Sequence[float]
) -> FittedBaseline:
    """Fit on the ``train`` rows, with the penalty of the best AUROC on the ``validation`` rows; the stronger on ties.

    For more than two classes it is the mean AUROC of one class against the rest. Each fit is the one of a logistic
    regression on standardised counts, by L-BFGS, but reads the counts in blocks: no array of the size of the counts is
    made.

    Parameters
    ----------
    labels
        Classes from 0 on (windows,).
    train, validation
        Rows or boolean masks (windows,). Means and standard deviations of the counts come from the training rows.
    penalties
        Inverse penalties to try, the strongest penalty first. Each fit starts from the one before.
    """
    rows = np.arange(len(counts))[train]
    regression = _Regression(counts, rows, labels[rows])
    weights = np.zeros(regression.size)
    best_auroc, best = -1.0, None
    for inverse_penalty in penalties:
        found = minimize(
            regression.loss,
            weights,
            args=(1 / (inverse_penalty * len(rows)),),
            method="L-BFGS-B",
            jac=True,
            options={"maxiter": MAX_ITERATIONS, "maxls": 50, "gtol": TOLERANCE, "ftol": 64 * np.finfo(float).eps},
        )
        weights = found.x
        logits = regression.logits(weights)
        reached = quality_of_logits(labels[validation], logits[validation])
        if reached > best_auroc:
            converged = found.nit < MAX_ITERATIONS
            best_auroc, best = reached, FittedBaseline(logits, regression.parameters, inverse_penalty, converged)
    return best


class _Regression:
    """A logistic regression of labels on standardised counts, binary or multinomial.

    Counts are not standardised themselves: the weights are divided by the standard deviations, and the means are taken
    off the sums.
    """

    def __init__(self, counts: KmerCounts, rows: np.ndarray, labels: np.ndarray) -> None:
        self.counts, self.rows = counts, rows
        classes = int(labels.max()) + 1
        # One logit for two classes, else one for each.
        self.outputs = 1 if classes == 2 else classes
        self.targets = labels[:, None] if classes == 2 else np.eye(classes)[labels]
        self.means, self.deviations = self._moments()
        self.parameters = self.outputs * len(self.means)
        self.size = self.parameters + self.outputs

    def loss(self, weights: np.ndarray, penalty: float) -> tuple[float, np.ndarray]:
        """The mean loss of a window with the penalty of the weights, and its gradient."""
        slopes, intercepts = self._split(weights)
        factors, offsets = self._unscaled(slopes, intercepts)
        total, of_counts, of_intercepts = 0.0, np.zeros_like(slopes), np.zeros_like(intercepts)
        for block, targets in self._blocks():
            logits = (block @ factors).astype(np.float64) + offsets
            if self.outputs == 1:
                total += np.sum(np.logaddexp(0, logits) - targets * logits)
                residuals = expit(logits) - targets
            else:
                logarithms = log_softmax(logits, axis=1)
                total -= np.sum(targets * logarithms)
                residuals = np.exp(logarithms) - targets
            of_counts += residuals.astype(np.float32).T @ block
            of_intercepts += residuals.sum(axis=0)
        of_slopes = (of_counts - of_intercepts[:, None] * self.means) / self.deviations
        windows = len(self.rows)
        gradient = np.hstack([of_slopes / windows + penalty * slopes, of_intercepts[:, None] / windows])
        return total / windows + penalty / 2 * np.sum(slopes**2), gradient.ravel()

    def logits(self, weights: np.ndarray) -> np.ndarray:
        """The logits of all windows, float32 (windows,) or (windows, classes)."""
        factors, offsets = self._unscaled(*self._split(weights))
        starts = range(0, len(self.counts), ROWS_PER_BLOCK)
        blocks = (self.counts.rows(slice(start, start + ROWS_PER_BLOCK)) for start in starts)
        logits = np.concatenate([block @ factors + offsets.astype(np.float32) for block in blocks])
        return logits[:, 0] if self.outputs == 1 else logits

    def _split(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The slopes (outputs, pairs) and the intercepts (outputs,)."""
        weights = weights.reshape(self.outputs, -1)
        return weights[:, :-1], weights[:, -1]

    def _unscaled(self, slopes: np.ndarray, intercepts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The factors of plain counts (pairs, outputs), float32, and what is added to their sums (outputs,)."""
        factors = slopes / self.deviations
        return factors.T.astype(np.float32), intercepts - factors @ self.means

    def _blocks(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for start in range(0, len(self.rows), ROWS_PER_BLOCK):
            of_block = slice(start, start + ROWS_PER_BLOCK)
            yield self.counts.rows(self.rows[of_block]), self.targets[of_block]

    def _moments(self) -> tuple[np.ndarray, np.ndarray]:
        """The mean and the standard deviation of the count of each pair; 1 where all windows have the same count."""
        sums = squares = 0.0
        for block, _ in self._blocks():
            sums = sums + block.sum(axis=0, dtype=np.float64)
            squares = squares + np.einsum("ij,ij->j", block, block, dtype=np.float64)
        means = sums / len(self.rows)
        # Sums of whole numbers are exact, so that equal counts are seen to be equal.
        is_constant = squares * len(self.rows) == sums**2
        variances = np.where(is_constant, 1, squares / len(self.rows) - means**2)
        return means, np.sqrt(variances)

"""The baseline for every network: logistic regression on k-mer counts that do not depend on the strand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from rc_equivariant.encoding import KmerEncoding

from ..evaluation.metrics import quality_of_logits

# Inverse strengths of L2 regularisation (sklearn's C), the strongest and the weakest penalty. With standardised counts
# and a few thousand windows the best one lies well inside this range.
INVERSE_PENALTIES = (1e-5, 1e-1)
MAX_ITERATIONS = 200
COUNTS_PER_BLOCK = 20_000_000


def canonical_ranks(k: int) -> np.ndarray:
    """For each k-mer index (4^k,), the rank of its pair with its reverse complement; 2,080 pairs for k = 6."""
    indices = torch.arange(4**k)
    partners = KmerEncoding(k).act(indices[:, None])[:, 0]
    return np.unique(torch.minimum(indices, partners).numpy(), return_inverse=True)[1]


def count_canonical(kmers: np.ndarray, k: int) -> np.ndarray:
    """The counts of k-mers, merged with those of their reverse complements.

    Parameters
    ----------
    kmers
        k-mer indices (windows, positions); 4^k stands for an unknown k-mer, which is not counted.

    Returns
    -------
    float32 (windows, pairs).
    """
    ranks = canonical_ranks(k)
    pairs = int(ranks.max()) + 1
    column_of_kmer = np.append(ranks, pairs)
    counts = np.empty((len(kmers), pairs), dtype=np.float32)
    block = max(1, COUNTS_PER_BLOCK // pairs)
    for start in range(0, len(kmers), block):
        columns = column_of_kmer[kmers[start : start + block]]
        rows = np.arange(len(columns))[:, None] * (pairs + 1)
        flat = np.bincount((rows + columns).ravel(), minlength=len(columns) * (pairs + 1))
        counts[start : start + block] = flat.reshape(len(columns), pairs + 1)[:, :pairs]
    return counts


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
    counts: np.ndarray, labels: np.ndarray, train: np.ndarray, validation: np.ndarray, penalties: Sequence[float]
) -> FittedBaseline:
    """Fit on the ``train`` rows, with the penalty of the best AUROC on the ``validation`` rows; the stronger on ties.

    For more than two classes it is the mean AUROC of one class against the rest.

    Parameters
    ----------
    counts, labels
        (windows, pairs), overwritten, and (windows,).
    train, validation
        Rows or boolean masks (windows,). Means and standard deviations of the counts come from the training rows.
    penalties
        Inverse penalties to try, the strongest penalty first.
    """
    # In place: the counts of a study take gigabytes, and nothing needs them afterwards.
    scaled = StandardScaler(copy=False).fit(counts[train]).transform(counts)
    scaled_train, train_labels = scaled[train], labels[train]
    model = LogisticRegression(max_iter=MAX_ITERATIONS, warm_start=True)
    best_auroc, best = -1.0, None
    for inverse_penalty in penalties:
        model.set_params(C=inverse_penalty).fit(scaled_train, train_labels)
        logits = model.decision_function(scaled)
        reached = quality_of_logits(labels[validation], logits[validation])
        if reached > best_auroc:
            converged = bool(model.n_iter_.max() < MAX_ITERATIONS)
            best_auroc, best = reached, FittedBaseline(logits, model.coef_.size, inverse_penalty, converged)
    return best

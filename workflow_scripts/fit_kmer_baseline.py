"""Windows and their 6-mers -> the metrics and scores of a logistic regression on strand-merged counts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from genome_data.folds import folds_of, is_tested, roles
from genome_data.windows.table import read_windows
from learning.analysis.baseline import MAX_ITERATIONS, FittedBaseline, fit_baseline, inverse_penalties
from learning.analysis.kmer_counts import KmerCounts, count_canonical
from learning.evaluation.metrics import QUALITY, quality_of_logits
from learning.evaluation.records import EvaluatedModel, write_evaluations
from learning.evaluation.scores import StrandLogits, best_threshold, findings, score_with_subset
from learning.models.classes import require_both_classes, require_every_class
from learning.training.platt import calibration_of
from learning.training.sampling import training_subset
from workflow_support.files import atomic_paths
from workflow_support.job import logger, run_job
from workflow_support.metrics import BASELINE_ARM, BASELINE_KMER


def fit_kmer_baseline(
    windows: Path,
    kmers: Path,
    near_copies: Path,
    task: str,
    kind: str,
    size: str,
    seeds: Sequence[int],
    trials: int,
    evaluation: Path,
    predictions: Path,
) -> None:
    """Fit on the train split, choose penalty and threshold on the validation split, and score the test split once.

    With folds, there is a fit for each, on the windows that its networks learn from, and its windows are scored by this
    fit. Its logits are calibrated on its validation windows, as those of networks are, so that scores can be pooled.

    Each seed has the training windows of the networks with this seed, so that arms can be compared with the baseline
    seed by seed. The fit itself draws nothing at random: on all windows it is the same for every seed, and done once.
    One answer takes one multiply-add per parameter.

    Parameters
    ----------
    size
        The training subset, as :func:`learning.training.sampling.training_subset` takes it.
    trials
        Number of penalties to try.
    """
    table = read_windows(windows)
    labels, splits = table["label"].to_numpy(), table["split"].to_numpy()
    tested, folds = is_tested(splits), folds_of(splits)
    is_near_copy = np.load(near_copies)[tested]
    penalties = inverse_penalties(trials)
    counts = count_canonical(np.load(kmers, mmap_mode="r"), BASELINE_KMER)
    of_folds = [_fits(counts, labels, roles(splits, fold), size, seeds, penalties) for fold in folds]
    evaluated = []
    for seed in seeds:
        fits = [of_fold[seed] for of_fold in of_folds]
        if len(folds) > 1:
            fits = [_calibrated(fit, labels) for fit in fits]
        # Each window is in the test part of one fit.
        logits = sum(_in_rows(fit.fitted.logits, fit.test) for fit in fits)[tested]
        threshold = fits[0].threshold(labels)
        if len(folds) > 1:
            threshold = sum(fit.test * fit.threshold(labels) for fit in fits)[tested]
        found = score_with_subset(labels[tested], logits, threshold, kind, is_near_copy)
        found[QUALITY] = float(np.mean([fit.quality(labels) for fit in fits]))
        fitted = fits[0].fitted
        model = EvaluatedModel(
            task=task,
            arm=BASELINE_ARM,
            size=size,
            seed=seed,
            train_size=round(sum(fit.rows.size for fit in fits) / len(fits)),
            members=1,
            parameters=fitted.parameters,
            multiply_adds=fitted.parameters,
            device="cpu",
            arithmetic=str(fitted.logits.dtype),
            folds=len(folds) if len(folds) > 1 else None,
        )
        # Counts are the same on both strands.
        scored = findings(found, StrandLogits(logits, logits), table[tested])
        evaluated.append((model, scored))
        chosen = ", ".join(f"{fit.fitted.inverse_penalty:g}" for fit in fits)
        logger.info("%d-mer logistic regression, seed %d (C = %s): %s", BASELINE_KMER, seed, chosen, scored.summary)
    with atomic_paths(evaluation, predictions) as paths:
        write_evaluations(*paths, evaluated)
    every_fit = [fit.fitted for of_fold in of_folds for fit in of_fold.values()]
    if not all(fitted.converged for fitted in every_fit):
        logger.info("A fit stopped at its limit of %d iterations: the floor may be too low.", MAX_ITERATIONS)
    if any(fitted.inverse_penalty in (penalties[0], penalties[-1]) for fitted in every_fit):
        logger.info("C lies at the edge of the range of values (%s).", ", ".join(f"{each:g}" for each in penalties))


@dataclass(frozen=True, eq=False)
class _Fit:
    """A fit on the training windows ``rows``, with masks (windows,) of its ``validation`` and ``test`` windows."""

    fitted: FittedBaseline
    rows: np.ndarray
    validation: np.ndarray
    test: np.ndarray

    def threshold(self, labels: np.ndarray) -> float | None:
        """The threshold of calls that suits the validation windows best; None for more than two classes."""
        return best_threshold(labels[self.validation], self.fitted.logits[self.validation])

    def quality(self, labels: np.ndarray) -> float:
        """The AUROC of the validation windows."""
        return quality_of_logits(labels[self.validation], self.fitted.logits[self.validation])


def _fits(
    counts: KmerCounts,
    labels: np.ndarray,
    role: np.ndarray,
    size: str,
    seeds: Sequence[int],
    penalties: Sequence[float],
) -> dict[int, _Fit]:
    """The fit on the training subset of each seed, made once for seeds with the same one, by the roles of windows."""
    train, validation, test = (role == name for name in ("train", "validation", "test"))
    for rows, name in ((train, "train"), (validation, "validation")):
        _require_all_classes(labels[rows], labels.max() + 1, name)
    rows_of = {seed: np.flatnonzero(train)[training_subset(labels[train], size, seed)] for seed in seeds}
    distinct = {rows.tobytes(): rows for rows in rows_of.values()}
    fitted = {key: fit_baseline(counts, labels, rows, validation, penalties) for key, rows in distinct.items()}
    return {seed: _Fit(fitted[rows.tobytes()], rows, validation, test) for seed, rows in rows_of.items()}


def _calibrated(fit: _Fit, labels: np.ndarray) -> _Fit:
    """A fit whose logits are calibrated on its validation windows."""
    given = fit.fitted.logits
    calibration = calibration_of(labels[fit.validation], given[fit.validation])
    return replace(fit, fitted=replace(fit.fitted, logits=calibration.applied(given).astype(given.dtype)))


def _in_rows(logits: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The logits of some rows, and zeros in the others."""
    return np.where(rows.reshape(-1, *[1] * (logits.ndim - 1)), logits, logits.dtype.type(0))


def _require_all_classes(labels: np.ndarray, classes: int, split: str) -> None:
    if classes > 2:
        require_every_class(labels, classes, split)
    else:
        require_both_classes(labels, split)


if "snakemake" in globals():
    run_job(snakemake, fit_kmer_baseline)

"""Windows and their 6-mers -> the metrics and scores of a logistic regression on strand-merged counts."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from genome_data.windows.table import read_windows
from learning.analysis.baseline import MAX_ITERATIONS, FittedBaseline, fit_baseline, inverse_penalties
from learning.analysis.kmer_counts import KmerCounts, count_canonical
from learning.evaluation.metrics import QUALITY, quality_of_logits
from learning.evaluation.records import EvaluatedModel, write_evaluations
from learning.evaluation.scores import StrandLogits, best_threshold, findings, score_with_subset
from learning.models.classes import require_both_classes, require_every_class
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
    labels, split = table["label"].to_numpy(), table["split"].to_numpy()
    train, validation, test = (split == name for name in ("train", "validation", "test"))
    for rows, name in ((train, "train"), (validation, "validation")):
        _require_all_classes(labels[rows], labels.max() + 1, name)

    penalties = inverse_penalties(trials)
    is_near_copy = np.load(near_copies)[test]
    rows_of = {seed: np.flatnonzero(train)[training_subset(labels[train], size, seed)] for seed in seeds}
    counts = count_canonical(np.load(kmers, mmap_mode="r"), BASELINE_KMER)
    fits = _fits(counts, labels, rows_of, validation, penalties)
    evaluated = []
    for seed, fitted in fits.items():
        threshold = best_threshold(labels[validation], fitted.logits[validation])
        logits = fitted.logits[test]
        found = score_with_subset(labels[test], logits, threshold, kind, is_near_copy)
        found[QUALITY] = quality_of_logits(labels[validation], fitted.logits[validation])
        model = EvaluatedModel(
            task=task,
            arm=BASELINE_ARM,
            size=size,
            seed=seed,
            train_size=rows_of[seed].size,
            members=1,
            parameters=fitted.parameters,
            multiply_adds=fitted.parameters,
            device="cpu",
            arithmetic=str(fitted.logits.dtype),
        )
        # Counts are the same on both strands.
        fit = findings(found, StrandLogits(logits, logits), table[test])
        evaluated.append((model, fit))
        inverse_penalty = fitted.inverse_penalty
        logger.info(
            "%d-mer logistic regression, seed %d (C = %g): %s", BASELINE_KMER, seed, inverse_penalty, fit.summary
        )
    with atomic_paths(evaluation, predictions) as paths:
        write_evaluations(*paths, evaluated)
    if not all(fitted.converged for fitted in fits.values()):
        logger.info("A fit stopped at its limit of %d iterations: the floor may be too low.", MAX_ITERATIONS)
    if any(fitted.inverse_penalty in (penalties[0], penalties[-1]) for fitted in fits.values()):
        logger.info("C lies at the edge of the range of values (%s).", ", ".join(f"{each:g}" for each in penalties))


def _fits(
    counts: KmerCounts,
    labels: np.ndarray,
    rows_of: Mapping[int, np.ndarray],
    validation: np.ndarray,
    penalties: Sequence[float],
) -> dict[int, FittedBaseline]:
    """Fit on the training rows of each seed, once for seeds with the same rows."""
    distinct = {rows.tobytes(): rows for rows in rows_of.values()}
    fitted = {key: fit_baseline(counts, labels, rows, validation, penalties) for key, rows in distinct.items()}
    return {seed: fitted[rows.tobytes()] for seed, rows in rows_of.items()}


def _require_all_classes(labels: np.ndarray, classes: int, split: str) -> None:
    if classes > 2:
        require_every_class(labels, classes, split)
    else:
        require_both_classes(labels, split)


if "snakemake" in globals():
    run_job(snakemake, fit_kmer_baseline)

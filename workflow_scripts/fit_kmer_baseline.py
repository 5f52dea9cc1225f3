"""Windows and their 6-mers -> the metrics and scores of a logistic regression on strand-merged counts."""

from pathlib import Path

import numpy as np

from genome_data.windows.table import read_windows
from learning.analysis.baseline import MAX_ITERATIONS, count_canonical, fit_baseline, inverse_penalties
from learning.evaluation.records import EvaluatedModel, write_evaluations
from learning.evaluation.scores import StrandLogits, best_threshold, findings, score_test_split
from learning.models.classes import require_both_classes, require_every_class
from workflow_support.files import atomic_paths
from workflow_support.job import logger, run_job
from workflow_support.metrics import BASELINE_ARM, BASELINE_KMER


def fit_kmer_baseline(
    windows: Path, kmers: Path, task: str, kind: str, seed: int, trials: int, evaluation: Path, predictions: Path
) -> None:
    """Fit on the train split, choose penalty and threshold on the validation split, and score the test split once.

    The fit draws nothing at random. The ``seed`` is only reported, so that the tables have the columns of those of a
    network. One answer takes one multiply-add per parameter. As many penalties are tried as ``trials`` says.
    """
    table = read_windows(windows)
    labels, split = table["label"].to_numpy(), table["split"].to_numpy()
    train, validation, test = (split == name for name in ("train", "validation", "test"))
    for rows, name in ((train, "train"), (validation, "validation")):
        _require_all_classes(labels[rows], labels.max() + 1, name)

    penalties = inverse_penalties(trials)
    counts = count_canonical(np.load(kmers, mmap_mode="r"), BASELINE_KMER)
    fitted = fit_baseline(counts, labels, train, validation, penalties)
    logits = fitted.logits[test]
    threshold = best_threshold(labels[validation], fitted.logits[validation])
    found = score_test_split(labels[test], logits, threshold, kind)
    model = EvaluatedModel(
        task=task,
        arm=BASELINE_ARM,
        size="all",
        seed=seed,
        train_size=int(train.sum()),
        members=1,
        parameters=fitted.parameters,
        multiply_adds=fitted.parameters,
        device="cpu",
        arithmetic=str(fitted.logits.dtype),
    )
    # Counts are the same on both strands.
    fit = findings(found, StrandLogits(logits, logits), table[test])
    with atomic_paths(evaluation, predictions) as paths:
        write_evaluations(*paths, [(model, fit)])
    if not fitted.converged:
        logger.info("The fit stopped at its limit of %d iterations: the floor may be too low.", MAX_ITERATIONS)
    if fitted.inverse_penalty in (penalties[0], penalties[-1]):
        logger.info("C lies at the edge of the range of values (%s).", ", ".join(f"{each:g}" for each in penalties))
    logger.info("%d-mer logistic regression (C = %g): %s", BASELINE_KMER, fitted.inverse_penalty, fit.summary)


def _require_all_classes(labels: np.ndarray, classes: int, split: str) -> None:
    if classes > 2:
        require_every_class(labels, classes, split)
    else:
        require_both_classes(labels, split)


if "snakemake" in globals():
    run_job(snakemake, fit_kmer_baseline)

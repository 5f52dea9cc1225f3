"""Windows and their 6-mers -> the metrics and scores of a logistic regression on strand-merged counts."""

from pathlib import Path

import numpy as np

from genome_data.windows.table import read_windows
from learning.analysis.baseline import INVERSE_PENALTIES, MAX_ITERATIONS, count_canonical, fit_baseline
from learning.evaluation.classification import EvaluatedReplicate, StrandLogits, score_test_split, write_evaluations
from learning.evaluation.metrics import best_mcc_threshold
from learning.evaluation.records import EvaluatedModel
from learning.models.classes import require_both_classes, require_every_class
from workflow_support.job import logger, run_job
from workflow_support.metrics import BASELINE_ARM, BASELINE_KMER


def fit_kmer_baseline(
    windows: Path, kmers: Path, task: str, kind: str, seed: int, evaluation: Path, predictions: Path
) -> None:
    """Fit on the train split, choose penalty and threshold on validation, score the test split once.

    The fit draws nothing at random; ``seed`` is only reported, so that the tables are those of a network. An answer
    takes a multiply-add for each parameter.
    """
    table = read_windows(windows)
    labels, split = table["label"].to_numpy(), table["split"].to_numpy()
    train, validation, test = (split == name for name in ("train", "validation", "test"))
    for rows, name in ((train, "train"), (validation, "validation")):
        _require_all_classes(labels[rows], labels.max() + 1, name)

    counts = count_canonical(np.load(kmers, mmap_mode="r"), BASELINE_KMER)
    fitted = fit_baseline(counts, labels, train, validation)
    logits = fitted.logits[test]
    threshold = best_mcc_threshold(labels[validation], fitted.logits[validation]) if logits.ndim == 1 else None
    results = score_test_split(labels[test], logits, threshold, is_labelled=kind == "labelled")
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
    )
    # Counts are the same on both strands.
    fit = EvaluatedReplicate(model, results, StrandLogits(logits, logits))
    write_evaluations(evaluation, predictions, [fit], table[test])
    if not fitted.converged:
        logger.info("The fit stopped at its limit of %d iterations: the floor may be too low.", MAX_ITERATIONS)
    if fitted.inverse_penalty in (INVERSE_PENALTIES[0], INVERSE_PENALTIES[-1]):
        logger.info("C lies at the edge of the range that was tried (%s).", ", ".join(map(str, INVERSE_PENALTIES)))
    logger.info(
        "%d-mer logistic regression (C = %g): test AUROC %.4f.",
        BASELINE_KMER,
        fitted.inverse_penalty,
        results.metrics["AUROC"],
    )


def _require_all_classes(labels: np.ndarray, classes: int, split: str) -> None:
    if classes > 2:
        require_every_class(labels, classes, split)
    else:
        require_both_classes(labels, split)


if "snakemake" in globals():
    run_job(snakemake, fit_kmer_baseline)

"""Windows and their 6-mers -> the metrics and scores of a logistic regression on strand-merged counts."""

import time
from pathlib import Path

import numpy as np

from genome_data.windows import read_windows
from learning.baseline import INVERSE_PENALTIES, MAX_ITERATIONS, count_canonical, fit_baseline
from learning.evaluation import BinaryEvaluation, score_test_split, write_evaluation
from learning.metrics import best_mcc_threshold, require_both_classes
from workflow_support.baseline import BASELINE_ARM, BASELINE_KMER
from workflow_support.job import logger, run_job


def fit_kmer_baseline(windows: Path, kmers: Path, task: str, seed: int, evaluation: Path, predictions: Path) -> None:
    """Fit on the train split, choose penalty and threshold on validation, score the test split once.

    The fit draws nothing at random; ``seed`` is only reported, so that the tables are those of a network.
    """
    table = read_windows(windows)
    labels, split = table["label"].to_numpy(), table["split"].to_numpy()
    train, validation, test = (split == name for name in ("train", "validation", "test"))
    require_both_classes(labels[train], "train")
    require_both_classes(labels[validation], "validation")

    started = time.perf_counter()
    fitted = fit_baseline(count_canonical(np.load(kmers, mmap_mode="r"), BASELINE_KMER), labels, train, validation)
    seconds = time.perf_counter() - started
    threshold = best_mcc_threshold(labels[validation], fitted.logits[validation])
    values, calibration = score_test_split(labels[test], fitted.logits[test], threshold)
    result = BinaryEvaluation(
        task=task,
        arm=BASELINE_ARM,
        seed=seed,
        train_size=int(train.sum()),
        parameters=fitted.parameters,
        metrics=values,
        mcc_threshold=threshold,
        calibration=calibration,
        seconds=seconds,
        device="cpu",
    )
    write_evaluation(evaluation, predictions, result, table[test], fitted.logits[test])
    if not fitted.converged:
        logger.info("The fit stopped at its limit of %d iterations: the floor may be too low.", MAX_ITERATIONS)
    if fitted.inverse_penalty in (INVERSE_PENALTIES[0], INVERSE_PENALTIES[-1]):
        logger.info("C lies at the edge of the range that was tried (%s).", ", ".join(map(str, INVERSE_PENALTIES)))
    logger.info(
        "%d-mer logistic regression (C = %g): test AUROC %.4f.", BASELINE_KMER, fitted.inverse_penalty, values["AUROC"]
    )


if "snakemake" in globals():
    run_job(
        snakemake,
        fit_kmer_baseline,
        windows=Path(snakemake.input.windows),
        kmers=Path(snakemake.input.kmers),
        task=snakemake.params.task,
        seed=snakemake.params.seed,
        evaluation=Path(snakemake.output.evaluation),
        predictions=Path(snakemake.output.predictions),
    )

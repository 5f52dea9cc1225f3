"""A trained network -> its metrics and scores on the test split, and what it makes of the other strand."""

from pathlib import Path

import numpy as np

from genome_data.alphabet import reverse_complement
from genome_data.windows import read_windows
from learning.devices import select_device
from learning.evaluation import BinaryEvaluation, score_test_split, write_evaluation
from learning.inference import mean_logits
from learning.metrics import best_mcc_threshold
from learning.reverse_complement import strand_disagreement
from learning.saved_models import load
from workflow_support.job import logger, run_job


def evaluate_network(
    windows: Path,
    codes: Path,
    weights: Path,
    model: Path,
    device: str,
    threads: int,
    evaluation: Path,
    predictions: Path,
) -> None:
    """Score the test split once; the threshold of the calls comes from the validation split."""
    network, description = load(weights, model, select_device(device, threads))
    table, base_codes = read_windows(windows), np.load(codes, mmap_mode="r")
    validation, test = (np.flatnonzero(table["split"] == split) for split in ("validation", "test"))
    labels = table["label"].to_numpy()

    threshold = best_mcc_threshold(labels[validation], mean_logits([network], base_codes[validation]))
    test_codes = base_codes[test]
    logits = mean_logits([network], test_codes)
    values, calibration = score_test_split(labels[test], logits, threshold)
    result = BinaryEvaluation(
        task=description.task,
        arm=description.arm,
        seed=description.seed,
        train_size=description.train_size,
        parameters=description.parameters,
        metrics=values,
        mcc_threshold=threshold,
        calibration=calibration,
        seconds=description.seconds,
        device=description.device,
        reverse_complement=strand_disagreement(
            logits, mean_logits([network], reverse_complement(test_codes)), threshold
        ),
    )
    write_evaluation(evaluation, predictions, result, table.iloc[test], logits)
    logger.info("%s, seed %s: test AUROC %.4f.", description.arm, description.seed, values["AUROC"])


if "snakemake" in globals():
    run_job(
        snakemake,
        evaluate_network,
        windows=Path(snakemake.input.windows),
        codes=Path(snakemake.input.codes),
        weights=Path(snakemake.input.weights),
        model=Path(snakemake.input.model),
        device=snakemake.params.device,
        threads=snakemake.params.threads,
        evaluation=Path(snakemake.output.evaluation),
        predictions=Path(snakemake.output.predictions),
    )

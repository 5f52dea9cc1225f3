"""Trained networks of an arm or combination -> metrics and scores on the test split, on either strand."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from genome_data.windows.table import read_windows
from learning.evaluation.classification import EvaluatedReplicate, StrandLogits, score_test_split, write_evaluations
from learning.evaluation.combinations import Candidate, Combination, load_combination
from learning.evaluation.metrics import best_mcc_threshold
from learning.evaluation.predict import logits_of_each, other_strand
from learning.evaluation.records import strand_disagreement
from learning.models.devices import select_device
from workflow_support.job import logger, run_job


def evaluate_network(
    windows: Path,
    codes: Path,
    weights: list[Path],
    models: list[Path],
    task: str,
    arm: str,
    size: str,
    seeds: list[list[int]],
    candidates: list[Candidate],
    average_strands: bool,
    device: str,
    threads: int,
    evaluation: Path,
    predictions: Path,
) -> None:
    """Score the test split once; thresholds of calls and the choice among candidates come from the validation split.

    Parameters
    ----------
    weights, models
        Of all arms that any candidate needs, with all of their replicates.
    seeds
        Of each replicate, those of the networks that it averages; the first names it.
    candidates
        Of each, the arms that it averages: positions in ``weights``.
    average_strands
        Whether answers are the mean of both strands.
    """
    on = select_device(device, threads)
    combination = load_combination(weights, models, candidates, seeds, average_strands, on, "binary", "labelled")
    table, base_codes = read_windows(windows), np.load(codes, mmap_mode="r")
    labels = table["label"].to_numpy()
    validation, test = (np.flatnonzero(table["split"] == split) for split in ("validation", "test"))
    of_test = _answers(combination, base_codes[test], both_strands=True)
    thresholds = _thresholds(combination, base_codes[validation], labels[validation])
    evaluated = []
    for number, (group, logits, threshold) in enumerate(zip(seeds, of_test, thresholds, strict=True)):
        results = score_test_split(labels[test], logits.forward, threshold, is_labelled=combination.kind == "labelled")
        strands = strand_disagreement(logits.forward, logits.reverse, threshold)
        model = combination.evaluated(number, task=task, arm=arm, size=size, seed=group[0])
        evaluated.append(EvaluatedReplicate(model, replace(results, reverse_complement=strands), logits))
        logger.info("%s, size %s, seed %s: test AUROC %.4f.", arm, size, group[0], results.metrics["AUROC"])
    combination.clock.log(on)
    write_evaluations(evaluation, predictions, evaluated, table.iloc[test])


def _thresholds(combination: Combination, codes: np.ndarray, labels: np.ndarray) -> list[float | None]:
    """Of each replicate, the logit from which on a window is called bound; None for more than two classes."""
    answers = _answers(combination, codes, both_strands=combination.average_strands)
    return [best_mcc_threshold(labels, answer.forward) if answer.forward.ndim == 1 else None for answer in answers]


def _answers(combination: Combination, codes: np.ndarray, both_strands: bool) -> Iterator[StrandLogits]:
    """Of each replicate; those of reverse complements are those of the windows where only one strand is read."""
    forward = logits_of_each(combination.networks, codes, combination.clock)
    reverse = logits_of_each(combination.networks, other_strand(codes), combination.clock) if both_strands else forward
    for answers in combination.answers(forward, reverse, lambda logits: np.mean(logits, axis=0)):
        yield StrandLogits(*answers)


if "snakemake" in globals():
    run_job(snakemake, evaluate_network)

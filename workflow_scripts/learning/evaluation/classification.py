"""Evaluation of networks that tell classes apart: their answers to the windows of the test split."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from genome_data.windows.table import read_windows

from ..kinds import TaskFiles
from .combinations import Combination
from .predict import logits_of_each, other_strand
from .records import TestFindings, strand_disagreement
from .scores import StrandLogits, best_threshold, findings, score_test_split


def evaluate(combination: Combination, files: TaskFiles) -> Iterator[TestFindings]:
    """Yield the findings of each replicate on the test split; thresholds of calls come from the validation split."""
    table, codes = read_windows(files.windows), np.load(files.sequences, mmap_mode="r")
    labels = table["label"].to_numpy()
    validation, test = (np.flatnonzero(table["split"] == split) for split in ("validation", "test"))
    of_test = _answers(combination, codes[test], both_strands=True)
    of_validation = _answers(combination, codes[validation], both_strands=combination.average_strands)
    for logits, (of_threshold, _) in zip(list(of_test), list(of_validation), strict=True):
        threshold = best_threshold(labels[validation], of_threshold)
        found = score_test_split(labels[test], logits.forward, threshold, combination.kind)
        found["reverse_complement"] = strand_disagreement(logits.forward, logits.reverse, threshold)
        yield findings(found, logits, table.iloc[test])


def _answers(combination: Combination, codes: np.ndarray, both_strands: bool) -> Iterator[StrandLogits]:
    """Yield the logits of each replicate; those of the reverse strand are the forward ones if only one is read."""
    forward = logits_of_each(combination.networks, codes, combination.clock)
    reverse = logits_of_each(combination.networks, other_strand(codes), combination.clock) if both_strands else forward
    for answers in combination.answers(forward, reverse, lambda logits: np.mean(logits, axis=0)):
        yield StrandLogits(*answers)

"""Evaluation of networks that tell classes apart: their answers to the windows of the test split."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from genome_data.alphabet import reverse_complement
from genome_data.windows.placing import sequences_in
from genome_data.windows.table import read_windows

from ..kinds import TaskFiles
from .combinations import Combination
from .metrics import QUALITY, quality_of_logits
from .positions import moved_windows, sensitivity
from .predict import logits_of_sequences
from .records import TestFindings, strand_disagreement
from .scores import StrandLogits, best_threshold, findings, score_with_subset
from .strands import rows_to_shorten


def evaluate(combination: Combination, files: TaskFiles) -> Iterator[TestFindings]:
    """Yield the findings of each replicate on the test split; thresholds of calls come from the validation split.

    The strands are compared on the test sequences, and on some of them without their last base
    (:mod:`learning.evaluation.strands`). The bound test windows of a genome are also moved
    (:mod:`learning.evaluation.positions`).
    """
    table, codes = read_windows(files.windows), np.load(files.sequences, mmap_mode="r")
    labels, lengths = table["label"].to_numpy(), (table["end"] - table["start"]).to_numpy()
    validation, test = (np.flatnonzero(table["split"] == split) for split in ("validation", "test"))
    near_copies = np.load(files.extras["near_copies"])[test]
    of_splits = [sequences_in(codes[rows], lengths[rows]) for rows in (test, validation)]
    shortened = [of_splits[0][row][:-1] for row in rows_to_shorten(len(test))]
    of_test, of_shortened = (_answers(combination, each, both_strands=True) for each in (of_splits[0], shortened))
    of_validation = _answers(combination, of_splits[1], both_strands=combination.average_strands)
    answers = zip(*map(list, (of_test, of_shortened, of_validation)), strict=True)
    of_moved = _answers_to_moved(combination, files, codes.shape[1])
    for (logits, others, (of_threshold, _)), moved in zip(answers, of_moved, strict=True):
        threshold = best_threshold(labels[validation], of_threshold)
        found = score_with_subset(labels[test], logits.forward, threshold, combination.kind, near_copies)
        compared = (np.concatenate(strand) for strand in zip(logits, others, strict=True))
        found["reverse_complement"] = strand_disagreement(*compared, threshold)
        if moved is not None:
            unbound = logits.forward[labels[test] == 0]
            found["positions"] = sensitivity(codes.shape[1], moved, unbound, threshold)
        found[QUALITY] = quality_of_logits(labels[validation], of_threshold)
        yield findings(found, logits, table.iloc[test])


def _answers(combination: Combination, sequences: Sequence[np.ndarray], both_strands: bool) -> Iterator[StrandLogits]:
    """Yield the logits of each replicate; those of the reverse strand are the forward ones if only one is read."""
    forward = reverse = logits_of_sequences(combination.networks, sequences, combination.clock)
    if both_strands:
        turned = [reverse_complement(sequence) for sequence in sequences]
        reverse = logits_of_sequences(combination.networks, turned, combination.clock)
    for answers in combination.answers(forward, reverse, lambda logits: np.mean(logits, axis=0)):
        yield StrandLogits(*answers)


def _answers_to_moved(combination: Combination, files: TaskFiles, width: int) -> list[np.ndarray | None]:
    """The logits of each replicate for test windows that are moved; None for tasks without a genome to move them on."""
    if "surroundings" not in files.extras:
        return [None] * len(combination.replicates)
    sequences = moved_windows(np.load(files.extras["surroundings"]), width)
    return [answer.forward for answer in _answers(combination, sequences, both_strands=combination.average_strands)]

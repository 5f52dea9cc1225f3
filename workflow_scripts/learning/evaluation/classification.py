"""Evaluation of networks that tell classes apart: their answers to the windows of the test split, or of all folds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from genome_data.alphabet import reverse_complement
from genome_data.folds import folds_of, roles
from genome_data.windows.placing import sequences_in
from genome_data.windows.surroundings import rows_with_surroundings
from genome_data.windows.table import read_windows

from ..kinds import TaskFiles
from .combinations import Combination
from .metrics import QUALITY, quality_of_logits
from .positions import distances, moved_windows, sensitivity
from .predict import logits_of_sequences
from .records import TestFindings, strand_disagreement
from .scores import StrandLogits, best_threshold, findings, score_with_subset
from .strands import rows_to_shorten


@dataclass(frozen=True, eq=False)
class _Answers:
    """The answers of a replicate to the test windows of a fold, or to those of the test split.

    Parameters
    ----------
    rows
        The rows of these windows in the table of windows.
    logits, shortened
        Those of the windows, and of some of them without their last base.
    moved
        Logits (distances, 2, sites) of bound windows that are moved; None for tasks without a genome to move them on.
    threshold, quality
        The threshold of calls and the quality on the validation windows.
    """

    rows: np.ndarray
    logits: StrandLogits
    shortened: StrandLogits
    moved: np.ndarray | None
    threshold: float | None
    quality: float


def evaluate(combination: Combination, files: TaskFiles) -> Iterator[TestFindings]:
    """Yield the findings of each replicate on the test split; thresholds of calls come from the validation split.

    With folds, the windows of each are scored by the networks of this fold, which have not seen them, and called by the
    threshold of their own validation windows. The scores of all folds are then pooled, one for each window.

    The strands are compared on the test sequences, and on some of them without their last base
    (:mod:`learning.evaluation.strands`). The bound test windows of a genome are also moved
    (:mod:`learning.evaluation.positions`).
    """
    table, codes = read_windows(files.windows), np.load(files.sequences, mmap_mode="r")
    near_copies = np.load(files.extras["near_copies"])
    folds = folds_of(table["split"])
    of_folds = [_answers_of_fold(combination.of_fold(fold), files, table, codes, fold) for fold in folds]
    for answers in zip(*of_folds, strict=True):
        yield _pooled(answers, table, near_copies, codes.shape[1], combination.kind)


def _answers_of_fold(
    combination: Combination, files: TaskFiles, table: pd.DataFrame, codes: np.ndarray, fold: int | None
) -> Iterator[_Answers]:
    """Yield the answers of each replicate for a fold, by its networks."""
    labels, lengths = table["label"].to_numpy(), (table["end"] - table["start"]).to_numpy()
    role = roles(table["split"].to_numpy(), fold)
    test, validation = (np.flatnonzero(role == name) for name in ("test", "validation"))
    of_splits = [sequences_in(codes[rows], lengths[rows]) for rows in (test, validation)]
    shortened = [of_splits[0][row][:-1] for row in rows_to_shorten(len(test))]
    of_test, of_shortened = (_logits(combination, each, both_strands=True) for each in (of_splits[0], shortened))
    of_validation = _logits(combination, of_splits[1], both_strands=combination.average_strands)
    of_moved = _logits_of_moved(combination, files, table, codes.shape[1], test)
    for logits, others, (validated, _), moved in zip(of_test, of_shortened, of_validation, of_moved, strict=True):
        threshold = best_threshold(labels[validation], validated)
        yield _Answers(test, logits, others, moved, threshold, quality_of_logits(labels[validation], validated))


def _pooled(
    parts: Sequence[_Answers], table: pd.DataFrame, near_copies: np.ndarray, width: int, kind: str
) -> TestFindings:
    """The findings of a replicate, from its answers for all folds."""
    rows = np.concatenate([part.rows for part in parts])
    in_table = np.argsort(rows)
    rows, labels = rows[in_table], table["label"].to_numpy()[rows[in_table]]
    logits = StrandLogits(*(each[in_table] for each in _joined([part.logits for part in parts])))
    shortened = _joined([part.shortened for part in parts])

    def threshold(sizes: Sequence[int]) -> float | np.ndarray | None:
        """The threshold, or with folds that of each answer, of which each fold has so many."""
        return np.repeat([part.threshold for part in parts], sizes) if len(parts) > 1 else parts[0].threshold

    sizes = [part.rows.size for part in parts]
    of_windows = threshold(sizes)
    if isinstance(of_windows, np.ndarray):
        of_windows = of_windows[in_table]
    found = score_with_subset(labels, logits.forward, of_windows, kind, near_copies[rows])
    of_strands = [len(part.shortened.forward) for part in parts]
    compared = (np.concatenate(strand) for strand in zip(logits, shortened, strict=True))
    found["reverse_complement"] = strand_disagreement(*compared, _concatenated(of_windows, threshold(of_strands)))
    if parts[0].moved is not None:
        moved = np.concatenate([part.moved for part in parts], axis=2)
        of_moved = threshold([part.moved.shape[2] for part in parts])
        found["positions"] = sensitivity(width, moved, logits.forward[labels == 0], of_moved)
    found[QUALITY] = float(np.mean([part.quality for part in parts]))
    return findings(found, logits, table.iloc[rows])


def _joined(parts: Sequence[StrandLogits]) -> StrandLogits:
    return StrandLogits(*(np.concatenate(strand) for strand in zip(*parts, strict=True)))


def _concatenated(first: float | np.ndarray | None, second: float | np.ndarray | None) -> float | np.ndarray | None:
    """Thresholds of some answers and of others, or the one of all."""
    return np.concatenate([first, second]) if isinstance(first, np.ndarray) else first


def _logits(combination: Combination, sequences: Sequence[np.ndarray], both_strands: bool) -> Iterator[StrandLogits]:
    """Yield the logits of each replicate; those of the reverse strand are the forward ones if only one is read."""
    forward = reverse = logits_of_sequences(combination.networks, sequences, combination.clock)
    if both_strands:
        turned = [reverse_complement(sequence) for sequence in sequences]
        reverse = logits_of_sequences(combination.networks, turned, combination.clock)
    for answers in combination.answers(forward, reverse, lambda logits: np.mean(logits, axis=0)):
        yield StrandLogits(*answers)


def _logits_of_moved(
    combination: Combination, files: TaskFiles, table: pd.DataFrame, width: int, tested: np.ndarray
) -> list[np.ndarray | None]:
    """The logits of each replicate for ``tested`` windows that are moved, as :class:`_Answers` has them."""
    if "surroundings" not in files.extras:
        return [None] * len(combination.replicates)
    surroundings = np.load(files.extras["surroundings"])[np.isin(rows_with_surroundings(table), tested)]
    shape = (len(distances(width)), 2, len(surroundings))
    if not len(surroundings):
        return [np.empty(shape)] * len(combination.replicates)
    sequences = moved_windows(surroundings, width)
    answers = _logits(combination, sequences, both_strands=combination.average_strands)
    return [answer.forward.reshape(shape) for answer in answers]

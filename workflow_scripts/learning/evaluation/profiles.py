"""Evaluation of profile networks: measures of every test window, and their summary."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from genome_data.windows.table import read_windows
from workflow_support.disk_errors import reserve
from workflow_support.errors import InputError

from ..kinds import TaskFiles
from ..models.inputs import tracks_of
from ..models.networks import architecture_of
from ..models.profile_arrays import ProfileArrays, ProfileWindows, load_profile_arrays
from . import metrics
from .combinations import Combination
from .predict import mean_profiles, predict_profiles
from .records import TestFindings, profile_differences, profile_disagreement

#: Logarithms of probabilities (windows, 2, output) and of totals (windows, 2).
ProfileOutputs = tuple[np.ndarray, np.ndarray]
#: The seed of the halves of the reads, the same for all arms, so that they share their ceiling.
PSEUDO_REPLICATE_SEED = 0
WINDOWS_PER_BLOCK = 512
#: Logarithms of the totals of the + and the - strand.
OBSERVED, PREDICTED = (
    [f"{origin}_log_total_{strand}" for strand in ("plus", "minus")] for origin in ("observed", "predicted")
)
BOUNDS = ["JSD floor", "JSD ceiling"]
WINDOW_COLUMNS = ["name", "contig", "start", "end"]
SCORE_COLUMNS = ["reads", "JSD", "Spearman 1 bp", *PREDICTED, *OBSERVED]


def evaluate(combination: Combination, files: TaskFiles, profiles: Path) -> Iterator[TestFindings]:
    """Yield the findings of each replicate on the test split; the average profile comes from the train split.

    Parameters
    ----------
    profiles
        File to write, see :func:`evaluate.evaluate`.
    """
    described = architecture_of(combination.networks[0])
    tracks = {name: files.extras[name] for name in tracks_of(combination.networks[0])}
    counts = files.extras["counts"]
    arrays = load_profile_arrays(files.sequences, counts, tracks, described.window, described.output_length)
    table = read_windows(files.windows)
    train, test = (np.flatnonzero(table["split"] == split) for split in ("train", "test"))
    shape = (len(combination.replicates), test.size, 2, described.output_length)
    predicted = np.lib.format.open_memmap(profiles, mode="w+", dtype=np.float32, shape=shape)
    reserve(profiles)
    measured: list[list[pd.DataFrame]] = [[] for _ in combination.replicates]
    done = 0
    for block in measure_windows(combination, arrays, test, average_profile(arrays, train)):
        for into, before, (of_block, probabilities) in zip(predicted, measured, block, strict=True):
            into[done : done + len(of_block)] = probabilities
            before.append(of_block)
        done += len(of_block)
    predicted.flush()
    windows = table.iloc[test].reset_index(drop=True)[WINDOW_COLUMNS]
    for parts in measured:
        yield _findings(windows, pd.concat(parts, ignore_index=True))


def average_profile(arrays: ProfileArrays, rows: np.ndarray) -> np.ndarray:
    """The sum of the reads of all windows of ``rows``, (2, output): the likeliest single prediction for all."""
    total = np.zeros((2, arrays.output))
    for block in _blocks(rows):
        total += arrays.centred(block).counts.sum(axis=0, dtype=np.float64)
    return total


def measure_windows(
    combination: Combination, arrays: ProfileArrays, rows: np.ndarray, floor: np.ndarray
) -> Iterator[list[tuple[pd.DataFrame, np.ndarray]]]:
    """Predict the windows of ``rows``, whose sequences are base codes, block by block.

    Parameters
    ----------
    floor
        The profile (2, output) that a prediction must beat.

    Yields
    ------
    For each block a list with an item per replicate: a table with one row per window, and the predicted probabilities,
    float32 (windows, 2, output). The table has the metrics of the profile by name, ``reads``, whether a strand has none
    (``without_plus``, ``without_minus``), the logarithms of 1 + reads of each strand and of the predicted totals, and
    the columns of :func:`learning.evaluation.records.profile_differences`.
    """
    if rows.size == 0:
        raise InputError(
            "the test split holds no windows",
            found="0 windows with reads",
            allowed="at least one",
            fix="give splits: test contigs or regions that hold peaks",
        )
    generator = np.random.default_rng(PSEUDO_REPLICATE_SEED)
    for block in _blocks(rows):
        windows = arrays.centred(block)
        of_reads = _measure_reads(windows.counts, floor, generator)
        yield [
            (_measure_prediction(windows.counts, *answers).join(of_reads), np.exp(answers[0][0]))
            for answers in combination.answers(*_predict_strands(combination, windows), mean_profiles)
        ]


def summarise_windows(measured: pd.DataFrame) -> tuple[dict[str, float], dict[str, int]]:
    """Metrics of the test split and counts of its windows, from the tables of :func:`measure_windows`.

    The metric of a profile is the mean over the windows in which it is defined: "JSD" and its floor in those with
    reads, the ceiling in those with reads in both halves. One that no window defines is left out.
    """
    of_profiles = [*metrics.OF_PROFILES, *BOUNDS]
    values = {name: float(metrics.mean_of_defined(measured[name].to_numpy())) for name in of_profiles}
    totals = [measured[columns].to_numpy().ravel() for columns in (OBSERVED, PREDICTED)]
    values |= {name: measure(*totals) for name, measure in metrics.OF_TOTALS.items()}
    empty = measured["without_plus"].astype(int) + measured["without_minus"]
    counts = {
        "test": len(measured),
        "without_reads_on_one_strand": int((empty == 1).sum()),
        "without_reads": int((empty == 2).sum()),
    }
    return {name: value for name, value in values.items() if np.isfinite(value)}, counts


def _findings(windows: pd.DataFrame, measured: pd.DataFrame) -> TestFindings:
    values, counted = summarise_windows(measured)
    found: dict[str, Any] = {
        "metrics": values,
        "windows": counted,
        "reverse_complement": profile_disagreement(measured),
    }
    jsd = (f"{values.get(name, np.nan):.4f}" for name in ("JSD", *BOUNDS))
    summary = "test JSD {}, of the average profile {}, of pseudo-replicates {}; ".format(*jsd)
    summary += f"{counted['without_reads_on_one_strand']} of {len(measured)} windows have reads on one strand only."
    return TestFindings(found, windows, measured[SCORE_COLUMNS], summary)


def _measure_reads(counts: np.ndarray, floor: np.ndarray, generator: np.random.Generator) -> pd.DataFrame:
    """The measures that do not depend on a prediction, with one row per window.

    The ceiling is the divergence of two halves of the window's reads. Each half has half the depth and its own noise,
    so a good prediction, which has no noise, can have a lower divergence. The ceiling is how well one experiment of
    half the depth predicts another, and no bound on what a network can reach.
    """
    totals = counts.sum(axis=2, dtype=np.float64)
    return pd.DataFrame(
        {
            "JSD floor": metrics.jensen_shannon_divergence(counts, floor),
            "JSD ceiling": metrics.jensen_shannon_divergence(*metrics.split_reads(counts, generator)),
            "reads": totals.sum(axis=1).astype(np.int64),
            "without_plus": totals[:, 0] == 0,
            "without_minus": totals[:, 1] == 0,
            **dict(zip(OBSERVED, np.log1p(totals).T, strict=True)),
        }
    )


def _measure_prediction(counts: np.ndarray, forward: ProfileOutputs, reverse: ProfileOutputs) -> pd.DataFrame:
    """The measures of a prediction and of the one made on the other strand, with one row per window."""
    log_probabilities, log_totals = forward
    predicted = np.exp(log_probabilities).astype(np.float64)
    of_profiles = {name: measure(counts, predicted) for name, measure in metrics.OF_PROFILES.items()}
    of_totals = dict(zip(PREDICTED, log_totals.T, strict=True))
    return pd.DataFrame(of_profiles | of_totals).join(profile_differences(forward, reverse))


def _predict_strands(
    combination: Combination, windows: ProfileWindows
) -> tuple[list[ProfileOutputs], list[ProfileOutputs]]:
    """The outputs of every network for windows, and for their reverse complements as seen on the forward strand."""
    strands = []
    for reverse_complement in (False, True):
        outputs = []
        for network in combination.networks:
            with combination.clock.timing(len(windows.sequences)):
                outputs.append(
                    predict_profiles(network, windows.sequences, windows.tracks, reverse_complement=reverse_complement)
                )
        strands.append(outputs)
    return tuple(strands)


def _blocks(rows: np.ndarray) -> list[np.ndarray]:
    return [rows[start : start + WINDOWS_PER_BLOCK] for start in range(0, rows.size, WINDOWS_PER_BLOCK)]

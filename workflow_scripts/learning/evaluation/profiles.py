"""Evaluation of profile networks: measures of every test window, or of those of all folds, and their summary."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from genome_data.alphabet import reverse_complement
from genome_data.folds import folds_of, is_tested, roles
from genome_data.windows.placing import in_the_middle
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
from .records import TestFindings, of_subset, profile_differences, profile_disagreement
from .strands import rows_to_shorten

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

    With folds, the windows of each are predicted by the networks of this fold, which have not seen them, and compared
    with the average profile of the windows that these learned from. Then all windows are summarised together.

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
    splits = table["split"].to_numpy()
    tested = np.flatnonzero(is_tested(splits))
    shape = (len(combination.replicates), tested.size, 2, described.output_length)
    predicted = np.lib.format.open_memmap(profiles, mode="w+", dtype=np.float32, shape=shape)
    reserve(profiles)
    measured: list[list[pd.DataFrame]] = [[] for _ in combination.replicates]
    for fold in folds_of(splits):
        train, test = (np.flatnonzero(roles(splits, fold) == role) for role in ("train", "test"))
        places = iter(_blocks(np.searchsorted(tested, test)))
        for block in measure_windows(combination.of_fold(fold), arrays, test, average_profile(arrays, train)):
            of_windows = next(places)
            for into, before, (of_block, probabilities) in zip(predicted, measured, block, strict=True):
                into[of_windows] = probabilities
                before.append(of_block.set_axis(of_windows))
    predicted.flush()
    windows = table.iloc[tested].reset_index(drop=True)[WINDOW_COLUMNS]
    near_copies = np.load(files.extras["near_copies"])[tested]
    for parts, members in zip(measured, combination.replicates, strict=True):
        # Networks that are averaged are not scored together on the validation split: this is the mean of their own.
        quality = float(np.mean([combination.descriptions[member].quality for member in members]))
        yield _findings(windows, pd.concat(parts).sort_index(), near_copies, quality)


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
    the columns of :func:`learning.evaluation.records.profile_differences`: the larger ones for windows that are also
    read without their last base (:mod:`learning.evaluation.strands`).
    """
    if rows.size == 0:
        raise InputError(
            "the test split holds no windows",
            found="0 windows with reads",
            allowed="at least one",
            fix="give splits: test contigs or regions that hold peaks",
        )
    generator = np.random.default_rng(PSEUDO_REPLICATE_SEED)
    is_shortened = np.isin(np.arange(rows.size), rows_to_shorten(rows.size))
    for block, shortened in zip(_blocks(rows), _blocks(is_shortened), strict=True):
        windows = arrays.centred(block)
        of_reads = _measure_reads(windows.counts, floor, generator)
        answers = combination.answers(*_predict_strands(combination, windows, shorter=False), mean_profiles)
        of_shorter = _differences_of_shorter(combination, arrays.centred(block[shortened]))
        measured = []
        for (forward, reverse), others in zip(answers, of_shorter, strict=True):
            differences = profile_differences(forward, reverse)
            for name, values in others.items():
                differences.loc[shortened, name] = np.maximum(differences.loc[shortened, name], values.to_numpy())
            table = _measure_prediction(windows.counts, forward).join(differences)
            measured.append((table.join(of_reads), np.exp(forward[0])))
        yield measured


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


def _findings(windows: pd.DataFrame, measured: pd.DataFrame, near_copies: np.ndarray, quality: float) -> TestFindings:
    values, counted = summarise_windows(measured)
    of_rest = {} if near_copies.all() else summarise_windows(measured[~near_copies])[0]
    found: dict[str, Any] = {
        "metrics": values,
        "windows": counted,
        "reverse_complement": profile_disagreement(measured),
        metrics.QUALITY: quality,
    } | of_subset(~near_copies, of_rest)
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


def _measure_prediction(counts: np.ndarray, outputs: ProfileOutputs) -> pd.DataFrame:
    """The measures of a prediction, with one row per window."""
    log_probabilities, log_totals = outputs
    predicted = np.exp(log_probabilities).astype(np.float64)
    of_profiles = {name: measure(counts, predicted) for name, measure in metrics.OF_PROFILES.items()}
    return pd.DataFrame(of_profiles | dict(zip(PREDICTED, log_totals.T, strict=True)))


def _differences_of_shorter(combination: Combination, windows: ProfileWindows) -> Iterator[pd.DataFrame]:
    """Yield the differences between the strands of windows without their last base, for each replicate."""
    if not len(windows.sequences):
        yield from [pd.DataFrame()] * len(combination.replicates)
        return
    answers = combination.answers(*_predict_strands(combination, windows, shorter=True), _plain_mean)
    for forward, reverse in answers:
        yield profile_differences(forward, reverse)


def _plain_mean(outputs: Sequence[ProfileOutputs]) -> ProfileOutputs:
    """The mean of outputs without new constants, since the positions of shorter windows are not all of a profile."""
    return tuple(np.mean(part, axis=0) for part in zip(*outputs, strict=True))


def _predict_strands(
    combination: Combination, windows: ProfileWindows, *, shorter: bool
) -> tuple[list[ProfileOutputs], list[ProfileOutputs]]:
    """The outputs of every network for windows, and for their reverse complements as seen on the forward strand.

    ``shorter`` windows lack their last base. They lie in the middle of rows that are one base wider than a window, of
    which a network reads both windows, as of any region whose middle is not that of a window.
    """
    forward = windows.sequences, windows.tracks
    if shorter:
        forward = windows.sequences[:, :-1], {name: values[..., :-1] for name, values in windows.tracks.items()}
    reverse = reverse_complement(forward[0]), {name: values[:, ::-1, ::-1] for name, values in forward[1].items()}
    strands = []
    for sequences, tracks in (forward, reverse):
        if shorter:
            sequences = in_the_middle(sequences, windows.sequences.shape[1] + 1)
            tracks = {name: np.pad(values, ((0, 0), (0, 0), (1, 1))) for name, values in tracks.items()}
        outputs = []
        for network in combination.networks:
            with combination.clock.timing((1 + shorter) * len(sequences)):
                outputs.append(predict_profiles(network, sequences, tracks))
        strands.append(outputs)
    of_forward, of_reverse = strands
    return of_forward, [(profiles[:, ::-1, ::-1], totals[:, ::-1]) for profiles, totals in of_reverse]


def _blocks(rows: np.ndarray) -> list[np.ndarray]:
    return [rows[start : start + WINDOWS_PER_BLOCK] for start in range(0, rows.size, WINDOWS_PER_BLOCK)]

"""Profile networks on the test split: what every window measures, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from workflow_support.errors import InputError

from ..models.profile_arrays import ProfileArrays, ShiftedWindows
from . import metrics
from .combinations import Combination
from .predict import mean_profiles, predict_profiles, predict_profiles_of_other_strand
from .records import profile_differences

#: Logarithms of probabilities (windows, 2, output) and of totals (windows, 2).
ProfileOutputs = tuple[np.ndarray, np.ndarray]
BIN_WIDTHS = (1, 5, 10)
OF_BINS = {"Pearson": metrics.pearson, "Spearman": metrics.spearman, "MSE": metrics.mean_squared_error}
#: The same for all arms, so that they share their ceiling.
PSEUDO_REPLICATE_SEED = 0
WINDOWS_PER_BLOCK = 512
#: Of the + and the - strand.
OBSERVED, PREDICTED = (
    [f"{origin}_log_total_{strand}" for strand in ("plus", "minus")] for origin in ("observed", "predicted")
)


def average_profile(arrays: ProfileArrays, rows: np.ndarray) -> np.ndarray:
    """Reads of all windows of ``rows`` together, (2, output): the likeliest prediction that is one for all."""
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

    Returns
    -------
    Of each block and replicate a table, a row a window, and the predicted probabilities, float32 (windows, 2, output).
    The table holds the metrics of the profile by name, ``reads``, whether a strand has none (``without_plus``,
    ``without_minus``), the logarithms of 1 + reads of each strand and of the totals predicted, and the columns of
    :func:`learning.evaluation.records.profile_differences`.
    """
    if rows.size == 0:
        raise InputError(
            "the test split holds no windows",
            found="0 windows with reads",
            allowed="at least one",
            mend="give splits: test contigs or regions that hold peaks",
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

    A metric is a mean over the windows in which it is defined: "JSD" and its floor over those with reads, the ceiling
    over those with reads in both halves. One that no window defines is left out.
    """
    of_profiles = [name for name in measured if name.startswith("JSD") or name.endswith(" bp")]
    values = {name: float(metrics.mean_of_defined(measured[name].to_numpy())) for name in of_profiles}
    observed, predicted = (measured[columns].to_numpy().ravel() for columns in (OBSERVED, PREDICTED))
    values["Count Pearson"] = float(metrics.pearson(observed, predicted))
    values["Count Spearman"] = float(metrics.spearman(observed[None], predicted[None])[0])
    empty = measured["without_plus"].astype(int) + measured["without_minus"]
    counts = {
        "test": len(measured),
        "without_reads_on_one_strand": int((empty == 1).sum()),
        "without_reads": int((empty == 2).sum()),
    }
    return {name: value for name, value in values.items() if np.isfinite(value)}, counts


def _measure_reads(counts: np.ndarray, floor: np.ndarray, generator: np.random.Generator) -> pd.DataFrame:
    """What no prediction changes, a row a window.

    The ceiling is the divergence of two halves of the window's reads. Each half has half the depth and noise of its
    own, so that a good prediction, which has no noise, can come below: it is what one experiment of half the depth
    tells of another, and no bound on what a network can reach.
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


def _measure_prediction(counts: np.ndarray, outputs: ProfileOutputs, brought_back: ProfileOutputs) -> pd.DataFrame:
    """What comes of a prediction, and of the one made on the other strand, a row a window."""
    log_probabilities, log_totals = outputs
    of_profiles = _compare(counts, np.exp(log_probabilities))
    of_totals = dict(zip(PREDICTED, log_totals.T, strict=True))
    return pd.DataFrame(of_profiles | of_totals).join(profile_differences(outputs, brought_back))


def _predict_strands(
    combination: Combination, windows: ShiftedWindows
) -> tuple[list[ProfileOutputs], list[ProfileOutputs]]:
    """Outputs of every network for windows, and for their reverse complements, brought back."""
    strands = []
    for predict in (predict_profiles, predict_profiles_of_other_strand):
        outputs = []
        for network in combination.networks:
            with combination.clock.timing(len(windows.sequences)):
                outputs.append(predict(network, windows.sequences, windows.control))
        strands.append(outputs)
    return tuple(strands)


def _compare(counts: np.ndarray, probabilities: np.ndarray) -> dict[str, np.ndarray]:
    """Metrics (windows,) of predicted probabilities; those of bins pool the strands, NaN without any reads."""
    observed, predicted = metrics.as_profiles(counts), probabilities.astype(np.float64)
    has_reads = counts.any(axis=(1, 2))
    found = {"JSD": metrics.jensen_shannon_divergence(counts, predicted)}
    for width in BIN_WIDTHS:
        pair = metrics.binned_maxima(observed, width), metrics.binned_maxima(predicted, width)
        for name, measure in OF_BINS.items():
            found[f"{name} {width} bp"] = np.where(has_reads, measure(*pair), np.nan)
    return found


def _blocks(rows: np.ndarray) -> list[np.ndarray]:
    return [rows[start : start + WINDOWS_PER_BLOCK] for start in range(0, rows.size, WINDOWS_PER_BLOCK)]

"""Profile networks on the test split: what every window measures, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import nn

from rc_equivariant import KmerEncoding
from workflow_support.errors import InputError

from . import profile_metrics as metrics
from .evaluation import Evaluation
from .profile_inference import predict_profiles
from .profile_windows import ProfileArrays, ShiftedWindows
from .reverse_complement import profile_differences

BIN_WIDTHS = (1, 5, 10)
OF_BINS = {"Pearson": metrics.pearson, "Spearman": metrics.spearman, "MSE": metrics.mean_squared_error}
#: The same for all arms, so that they share their ceiling.
PSEUDO_REPLICATE_SEED = 0
WINDOWS_PER_BLOCK = 512
#: Of the + and the - strand.
OBSERVED, PREDICTED = (
    [f"{origin}_log_total_{strand}" for strand in ("plus", "minus")] for origin in ("observed", "predicted")
)


@dataclass(frozen=True, kw_only=True)
class ProfileEvaluation(Evaluation):
    """Of a profile task; ``windows`` counts those of the test split, and those of them without reads.

    A metric is a mean over the windows in which it is defined: "JSD" and its floor over those with reads, the ceiling
    over those with reads in both halves. One that no window defines is left out.
    """

    windows: dict[str, int]


def average_profile(arrays: ProfileArrays, rows: np.ndarray) -> np.ndarray:
    """Reads of all windows of ``rows`` together, (2, output): the likeliest prediction that is one for all."""
    total = np.zeros((2, arrays.output))
    for block in _blocks(rows):
        total += arrays.centred(block).counts.sum(axis=0, dtype=np.float64)
    return total


def measure_windows(
    network: nn.Module, arrays: ProfileArrays, rows: np.ndarray, floor: np.ndarray
) -> Iterator[tuple[pd.DataFrame, np.ndarray]]:
    """Predict the windows of ``rows``, whose sequences are base codes, block by block.

    Parameters
    ----------
    floor
        The profile (2, output) that a prediction must beat.

    Returns
    -------
    Of each block a table, a row a window, and the predicted probabilities, float32 (windows, 2, output). The table
    holds the metrics of the profile by name, ``reads``, whether a strand has none (``without_plus``,
    ``without_minus``), the logarithms of 1 + reads of each strand and of the totals predicted, and the columns of
    :func:`learning.reverse_complement.profile_differences`.

    The ceiling is the divergence of two halves of the window's reads. Each half has half the depth and noise of its
    own, so that a good prediction, which has no noise, can come below: it is what one experiment of half the depth
    tells of another, and no bound on what a network can reach.
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
        outputs = predict_profiles(network, windows.sequences, windows.control)
        probabilities, log_totals = np.exp(outputs[0]), outputs[1]
        of_profiles = {
            **_compare(windows.counts, probabilities),
            "JSD floor": metrics.jensen_shannon_divergence(windows.counts, floor),
            "JSD ceiling": metrics.jensen_shannon_divergence(*metrics.split_reads(windows.counts, generator)),
        }
        totals = windows.counts.sum(axis=2, dtype=np.float64)
        of_totals = {
            "reads": totals.sum(axis=1).astype(np.int64),
            "without_plus": totals[:, 0] == 0,
            "without_minus": totals[:, 1] == 0,
            **dict(zip(OBSERVED, np.log1p(totals).T, strict=True)),
            **dict(zip(PREDICTED, log_totals.T, strict=True)),
        }
        strands = profile_differences(outputs, _predict_other_strand(network, windows))
        yield pd.DataFrame(of_profiles | of_totals).join(strands), probabilities


def summarise_windows(measured: pd.DataFrame) -> tuple[dict[str, float], dict[str, int]]:
    """Metrics of the test split and counts of its windows, from the tables of :func:`measure_windows`."""
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


def _predict_other_strand(network: nn.Module, windows: ShiftedWindows) -> tuple[np.ndarray, np.ndarray]:
    """What the network predicts for the reverse complements, control included, brought back to this strand."""
    control = None if windows.control is None else _exchange_strands(windows.control)
    sequences = KmerEncoding(1).act(torch.from_numpy(windows.sequences)).numpy()
    log_probabilities, log_totals = predict_profiles(network, sequences, control)
    return _exchange_strands(log_probabilities), log_totals[:, ::-1]


def _exchange_strands(tracks: np.ndarray) -> np.ndarray:
    return tracks[:, ::-1, ::-1]


def _blocks(rows: np.ndarray) -> list[np.ndarray]:
    return [rows[start : start + WINDOWS_PER_BLOCK] for start in range(0, rows.size, WINDOWS_PER_BLOCK)]

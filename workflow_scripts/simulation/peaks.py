"""The output of a peak caller: noisy summits, false peaks, no peaks at weak sites, and untidy rows."""

from __future__ import annotations

import numpy as np
import pandas as pd

SIGNAL_FLOOR, SIGNAL_RANGE = 4.0, 60.0
CALLING_THRESHOLD = 10.0
LARGEST_JITTER = 60
HALF_WIDTHS = (60, 150)
DUPLICATED_FRACTION = 0.02
ABSENT_CONTIG = "chrUn_absent"

NARROWPEAK = ["contig", "start", "end", "name", "score", "strand", "signal", "p_value", "q_value", "summit_offset"]


def site_signal(log_odds: np.ndarray, best_log_odds: float, noise: float, rng: np.random.Generator) -> np.ndarray:
    """The signal at sites: it rises with the squared relative log odds, times log-normal noise of sigma ``noise``."""
    occupancy = np.clip(log_odds / best_log_odds, 0, 1) ** 2
    return (SIGNAL_FLOOR + SIGNAL_RANGE * occupancy) * rng.lognormal(0, noise, size=len(log_odds))


def false_signal(count: int, rng: np.random.Generator) -> np.ndarray:
    """The signal of false peaks: just above the threshold, with a long tail."""
    return CALLING_THRESHOLD * (1 + rng.exponential(0.5, size=count))


def call_peaks(centres: pd.DataFrame, signal: np.ndarray, jitter: float, rng: np.random.Generator) -> pd.DataFrame:
    """Call peaks at the places whose signal reaches the threshold.

    Parameters
    ----------
    centres
        Frame ``contig, centre``.
    signal
        The signal at each centre.
    jitter
        The standard deviation (bases) of summits around the centres.

    Returns
    -------
    pandas.DataFrame
        The called peaks: ``contig, start, end, summit, signal``.
    """
    is_called = signal >= CALLING_THRESHOLD
    called = centres[is_called]
    offsets = rng.normal(0, jitter, size=len(called)).round().clip(-LARGEST_JITTER, LARGEST_JITTER)
    summits = called["centre"].to_numpy() + offsets.astype(np.int64)
    left, right = rng.integers(*HALF_WIDTHS, size=(2, len(called)), endpoint=True)
    return pd.DataFrame(
        {
            "contig": called["contig"].to_numpy(),
            "start": summits - left,
            "end": summits + right,
            "summit": summits,
            "signal": signal[is_called],
        }
    )


def untidy_peaks(peaks: pd.DataFrame, unknown_run: pd.Series, rng: np.random.Generator) -> pd.DataFrame:
    """Rows of real files that a workflow must drop: weak duplicates, peaks on N, at an end or on a foreign contig."""
    duplicates = peaks.sample(round(DUPLICATED_FRACTION * len(peaks)), random_state=rng)
    duplicates = duplicates.assign(signal=CALLING_THRESHOLD)
    summits = np.array([unknown_run["start"] + 250, 20, 5000])
    others = pd.DataFrame(
        {
            "contig": [unknown_run["contig"], unknown_run["contig"], ABSENT_CONTIG],
            "start": summits - 20,
            "end": summits + 60,
            "summit": summits,
            "signal": CALLING_THRESHOLD,
        }
    )
    return pd.concat([duplicates, others], ignore_index=True)


def as_narrowpeak(peaks: pd.DataFrame, name: str) -> pd.DataFrame:
    """The ten columns of ENCODE's narrowPeak, strongest peaks first, as peak callers that rank peaks write them."""
    ranked = peaks.sort_values("signal", ascending=False, kind="stable", ignore_index=True)
    return pd.DataFrame(
        {
            "contig": ranked["contig"],
            "start": ranked["start"],
            "end": ranked["end"],
            "name": [f"{name}_peak_{rank}" for rank in range(1, len(ranked) + 1)],
            "score": (10 * ranked["signal"]).round().clip(0, 1000).astype(int),
            "strand": ".",
            "signal": ranked["signal"].round(4),
            "p_value": (1.2 * ranked["signal"]).round(4),
            "q_value": ranked["signal"].round(4),
            "summit_offset": ranked["summit"] - ranked["start"],
        }
    )

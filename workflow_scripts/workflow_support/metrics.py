"""The table of metrics: the direction of each, the kinds of task that report it, and where it is shown.

A new metric is one row of :data:`METRICS` and the function in ``learning/evaluation/metrics.py`` that computes it.
Claims, tables, the page of results and the summary on the terminal follow this table.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path
from typing import Any

from .errors import InputError
from .kinds import basis_of

BASELINE_ARM = "kmer_logistic_regression"
BASELINE_KMER = 6

WITHOUT_NEAR_COPIES = "without near-copies"
"""The subset of the test windows that share no 32 bases in a row with a training window, on either strand."""

RANKS, WINDOW_MEAN = "ranks", "window mean"
"""Two ways in which test windows make up a metric, see :class:`Metric`."""


@dataclass(frozen=True)
class Metric:
    """A metric of the test split.

    Parameters
    ----------
    name
        Its key in ``metrics`` of ``evaluation.json``, and its name in tables, figures and claims.
    words
        What it is, in a sentence for readers, which follows the name and a colon.
    larger_is_better
        Its direction. Every metric must state it, because verdicts depend on it.
    kinds
        The kinds of task that report it.
    main_for
        The kinds of task whose arms are compared by it.
    printed
        Its place in the summary on the terminal, by kind of task; it is absent from the summaries of other kinds.
    over_windows
        How test windows make it up: ``RANKS``, by the ranks of scores and labels (AUROC); ``WINDOW_MEAN``, as the mean
        of its column in ``predictions.tsv``; or None, if it has no variance over windows that claims could rest on.
    strand_field
        For a disagreement between the two strands, its field in ``reverse_complement`` of ``evaluation.json``.
    bounds, bound_label
        For a value that other metrics are compared with, the name of these metrics and what it is called beside them.
    """

    name: str
    _: KW_ONLY
    words: str
    larger_is_better: bool
    kinds: tuple[str, ...]
    main_for: tuple[str, ...] = ()
    printed: Mapping[str, int] = field(default_factory=dict)
    over_windows: str | None = None
    strand_field: str | None = None
    bounds: str | None = None
    bound_label: str | None = None


_BINARY, _LABELLED, _PROFILE = ("binary",), ("labelled",), ("profile",)
_CLASSES = (*_BINARY, *_LABELLED)


def _in_bins(measure: str, width: int) -> str:
    return f"{measure} between predicted and measured reads, in bins of {width} bases."


METRICS = (
    Metric(
        "AUROC",
        words="the probability that a bound window (a sequence of the class) scores above another one: 0.5 is "
        "guessing, and 1 is perfect.",
        larger_is_better=True,
        kinds=_CLASSES,
        main_for=_CLASSES,
        printed={"binary": 1, "labelled": 4},
        over_windows=RANKS,
    ),
    Metric(
        "AUPRC",
        words="the mean precision over all thresholds: guessing gives the share of bound windows, and 1 is perfect.",
        larger_is_better=True,
        kinds=_CLASSES,
        printed={"binary": 2},
    ),
    Metric(
        "MCC",
        words="the correlation of calls and labels, with the threshold that is best on the validation split: 0 is "
        "guessing, and 1 is perfect.",
        larger_is_better=True,
        kinds=_CLASSES,
        printed={"binary": 3, "labelled": 2},
    ),
    Metric(
        "Brier",
        words="the mean squared distance of the probability from the label, 0 or 1: 0 is perfect, and 0.25 is what "
        "a constant probability of 0.5 gives.",
        larger_is_better=False,
        kinds=_CLASSES,
    ),
    Metric(
        "ECE",
        words="the mean distance between a predicted probability and the share of windows that are bound at it: 0 "
        "is perfectly calibrated.",
        larger_is_better=False,
        kinds=_CLASSES,
    ),
    Metric(
        "Accuracy", words="the share of right calls.", larger_is_better=True, kinds=_LABELLED, printed={"labelled": 1}
    ),
    Metric(
        "MCC 0.5",
        words="the correlation of calls and labels, with calls from a probability of 0.5 on: 0 is guessing, and 1 "
        "is perfect.",
        larger_is_better=True,
        kinds=_LABELLED,
        printed={"labelled": 3},
    ),
    Metric(
        "JSD",
        words="the distance between the predicted and the measured shape of a profile (Jensen-Shannon): 0 is equal, "
        "and 1 is apart.",
        larger_is_better=False,
        kinds=_PROFILE,
        printed={"profile": 1},
        over_windows=WINDOW_MEAN,
    ),
    Metric("Pearson 1 bp", words=_in_bins("the linear correlation", 1), larger_is_better=True, kinds=_PROFILE),
    Metric(
        "Spearman 1 bp",
        words=_in_bins("the rank correlation", 1),
        larger_is_better=True,
        kinds=_PROFILE,
        main_for=_PROFILE,
        printed={"profile": 2},
        over_windows=WINDOW_MEAN,
    ),
    Metric("MSE 1 bp", words=_in_bins("the mean squared difference", 1), larger_is_better=False, kinds=_PROFILE),
    Metric("Pearson 5 bp", words=_in_bins("the linear correlation", 5), larger_is_better=True, kinds=_PROFILE),
    Metric("Spearman 5 bp", words=_in_bins("the rank correlation", 5), larger_is_better=True, kinds=_PROFILE),
    Metric("MSE 5 bp", words=_in_bins("the mean squared difference", 5), larger_is_better=False, kinds=_PROFILE),
    Metric("Pearson 10 bp", words=_in_bins("the linear correlation", 10), larger_is_better=True, kinds=_PROFILE),
    Metric("Spearman 10 bp", words=_in_bins("the rank correlation", 10), larger_is_better=True, kinds=_PROFILE),
    Metric("MSE 10 bp", words=_in_bins("the mean squared difference", 10), larger_is_better=False, kinds=_PROFILE),
    Metric(
        "JSD floor",
        words="the JSD of the average profile of all training peaks: a network above it has learned nothing of "
        "single peaks.",
        larger_is_better=False,
        kinds=_PROFILE,
        bounds="JSD",
        bound_label="average profile (floor)",
    ),
    Metric(
        "JSD ceiling",
        words="the JSD between two halves of the measured reads, which a network can hardly be better than.",
        larger_is_better=False,
        kinds=_PROFILE,
        bounds="JSD",
        bound_label="pseudo-replicates (ceiling, no bound)",
    ),
    Metric(
        "Count Pearson",
        words="the linear correlation of the logarithms of predicted and measured numbers of reads per window.",
        larger_is_better=True,
        kinds=_PROFILE,
        printed={"profile": 3},
    ),
    Metric(
        "Count Spearman",
        words="the rank correlation of predicted and measured numbers of reads per window.",
        larger_is_better=True,
        kinds=_PROFILE,
    ),
    Metric(
        "RC error",
        words="the largest difference between the scores of a sequence and of its reverse complement, which are one "
        "molecule: equivariant networks have rounding errors alone.",
        larger_is_better=False,
        kinds=(*_CLASSES, *_PROFILE),
        printed={"binary": 4, "labelled": 5, "profile": 4},
        strand_field="largest_absolute",
    ),
    Metric(
        "RC flips",
        words="the share of sequences whose call differs between the two strands.",
        larger_is_better=False,
        kinds=_CLASSES,
        strand_field="flipped",
    ),
)


def find_metric(name: str) -> Metric:
    """The metric of this name.

    Raises
    ------
    InputError
        If the table has none, for its direction must not be guessed.
    """
    for metric in METRICS:
        if metric.name == name:
            return metric
    raise InputError(
        "the metric is unknown",
        found=repr(name),
        allowed=", ".join(metric.name for metric in METRICS),
        fix="correct the name, or add the metric to METRICS in workflow_scripts/workflow_support/metrics.py",
    )


def gain_sign(name: str) -> int:
    """The factor that makes a difference of this metric positive for a gain: 1, or -1 if smaller is better."""
    return 1 if find_metric(name).larger_is_better else -1


def main_metric(kind: str) -> str:
    """The name of the metric by which arms are compared on tasks of this kind."""
    (name,) = (metric.name for metric in METRICS if basis_of(kind) in metric.main_for)
    return name


def metrics_for(kind: str) -> list[str]:
    """The names of all metrics that are reported for tasks of this kind."""
    return [metric.name for metric in METRICS if basis_of(kind) in metric.kinds]


def printed_metrics(kind: str) -> list[str]:
    """The names of the metrics that the summary on the terminal shows for tasks of this kind, in their order."""
    basis = basis_of(kind)
    printed = (metric for metric in METRICS if basis in metric.printed)
    return [metric.name for metric in sorted(printed, key=lambda metric: metric.printed[basis])]


def read_evaluations(files: Iterable[Path]) -> list[dict[str, Any]]:
    """The records of ``evaluation.json`` files, one per replicate, file by file."""
    return [record for file in files for record in json.loads(file.read_bytes())]


def metrics_of(evaluation: Mapping[str, Any]) -> dict[str, float]:
    """All metrics of one record of ``evaluation.json`` by name, those of the two strands last.

    Raises
    ------
    InputError
        If one of them is not in the table.
    """
    strands = evaluation.get("reverse_complement", {})
    of_strands = {metric.name: strands[metric.strand_field] for metric in METRICS if metric.strand_field in strands}
    values = evaluation["metrics"] | of_strands
    for name in values:
        find_metric(name)
    return values

"""AUROCs of simulated test windows: how often intervals cover the truth, and lines about equal networks are false."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from study.arm_intervals import auroc_interval
from study.evidence import Evidence, of_one_task
from study.window_values import auroc_values

SHAPES = ("normal", "wide", "exponential")
NEGATIVES_PER_POSITIVE = 10


def labels_with(positives: int) -> np.ndarray:
    """The classes of test windows, with ten negatives for each positive."""
    return np.arange((1 + NEGATIVES_PER_POSITIVE) * positives) % (1 + NEGATIVES_PER_POSITIVE) == 0


def scores_of(shape: str, auroc: float, labels: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Scores whose AUROC is known; positives vary like negatives, or twice as much, or have a long tail."""
    if shape == "exponential":
        return generator.exponential(np.where(labels, auroc / (1 - auroc), 1))
    spread = 2.0 if shape == "wide" else 1.0
    return generator.normal(np.where(labels, norm.ppf(auroc) * np.hypot(spread, 1), 0), np.where(labels, spread, 1))


def interval_of(labels: np.ndarray, scores: np.ndarray) -> tuple[float, float]:
    """The interval of the AUROC of one network."""
    values = auroc_values(labels, scores)
    evidence = of_one_task(np.full(2, values[labels].mean()), values, labels)
    return auroc_interval(Evidence(evidence.mean, evidence.variances[1:], evidence.degrees[1:]), labels)


def coverage(shape: str, auroc: float, positives: int, experiments: int) -> float:
    """The share of experiments whose interval has the true AUROC in it."""
    generator = np.random.default_rng([SHAPES.index(shape), round(1000 * auroc), positives])
    labels = labels_with(positives)
    intervals = np.array([interval_of(labels, scores_of(shape, auroc, labels, generator)) for _ in range(experiments)])
    return float(((intervals[:, 0] <= auroc) & (auroc <= intervals[:, 1])).mean())


def false_line_rate(auroc: float, positives: int, seeds: int, studies: int) -> float:
    """The share of single lines about two equal arms with p below 0.05.

    The score of a window has a part that all networks share, one of the arm, one of the network, and a lead of
    positives that varies between networks.
    """
    generator, labels = np.random.default_rng([round(1000 * auroc), positives, seeds]), labels_with(positives)
    shared, of_arm, of_network, of_lead = 1.0, 0.4, 0.3, 0.1
    lead = norm.ppf(auroc) * np.sqrt(2 * (shared**2 + of_arm**2 + of_network**2) + of_lead**2)
    false = 0
    for _ in range(studies):
        common = generator.normal(0, shared, len(labels))
        values = [
            [
                auroc_values(
                    labels,
                    generator.normal(lead, of_lead) * labels
                    + of_windows
                    + generator.normal(0, of_network, len(labels)),
                )
                for _ in range(seeds)
            ]
            for of_windows in common + generator.normal(0, of_arm, (2, len(labels)))
        ]
        difference = np.subtract(*values)
        false += of_one_task(difference[:, labels].mean(axis=1), difference.mean(axis=0), labels).p() < 0.05
    return false / studies

"""Which way a metric is good."""

SMALLER_IS_BETTER = {"JSD", "Brier", "ECE", "RC error", "RC flips"}


def gain_sign(metric: str) -> int:
    """What a difference of this metric is multiplied with, so that a gain is positive."""
    return -1 if metric in SMALLER_IS_BETTER else 1


BASELINE_ARM = "kmer_logistic_regression"
BASELINE_KMER = 6

"""The numbers of a run in plain words: one sentence for each metric, for pages and cards alike."""

from __future__ import annotations

from collections.abc import Iterable

from workflow_support.metrics import find_metric

LOGIT = (
    "**logit**: the score of a network, the logarithm of the odds: 0 is even odds, and 1 / (1 + e^−logit) is the "
    "probability."
)
_NEAR_CALLS = "0 is guessing, and 1 is perfect"
_BASES = "between predicted and measured reads"

METRIC_WORDS = {
    "AUROC": "the probability that a bound window (a sequence of the class) scores above another one: 0.5 is guessing, "
    "and 1 is perfect.",
    "AUPRC": "the mean precision over all thresholds: guessing gives the share of bound windows, and 1 is perfect.",
    "MCC": "the correlation of calls and labels, with the threshold that is best on the validation split: "
    f"{_NEAR_CALLS}.",
    "Brier": "the mean squared distance of the probability from the label, 0 or 1: 0 is perfect, and 0.25 is what a "
    "constant probability of 0.5 gives.",
    "ECE": "the mean distance between a predicted probability and the share of windows that are bound at it: 0 is "
    "perfectly calibrated.",
    "Accuracy": "the share of right calls.",
    "MCC 0.5": f"the correlation of calls and labels, with calls from a probability of 0.5 on: {_NEAR_CALLS}.",
    "JSD": "the distance between the predicted and the measured shape of a profile (Jensen-Shannon): 0 is equal, and 1 "
    "is apart.",
    "JSD floor": "the JSD of the average profile of all training peaks: a network above it has learned nothing of "
    "single peaks.",
    "JSD ceiling": "the JSD between two halves of the measured reads, which a network can hardly be better than.",
    "Count Pearson": "the linear correlation of the logarithms of predicted and measured numbers of reads per window.",
    "Count Spearman": "the rank correlation of predicted and measured numbers of reads per window.",
    "RC error": "the largest difference between the scores of a sequence and of its reverse complement, which are one "
    "molecule: equivariant networks have rounding errors alone.",
    "RC flips": "the share of sequences whose call differs between the two strands.",
} | {
    f"{name} {width} bp": f"{words} {_BASES}, in bins of {width} bases."
    for width in (1, 5, 10)
    for name, words in (
        ("Pearson", "the linear correlation"),
        ("Spearman", "the rank correlation"),
        ("MSE", "the mean squared difference"),
    )
}


def glossary_text(metrics: Iterable[str]) -> str:
    """A Markdown list that says of each metric what it is, where a sentence does, and which direction is better."""
    return "\n".join(map(_in_words, metrics))


def _in_words(name: str) -> str:
    better = "higher" if find_metric(name).larger_is_better else "lower"
    return f"- **{name}** ({better} is better)" + (f": {METRIC_WORDS[name]}" if name in METRIC_WORDS else "")

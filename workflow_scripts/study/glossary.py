"""The numbers of a run in plain words, for pages and cards alike."""

from __future__ import annotations

from collections.abc import Iterable

from workflow_support.metrics import find_metric

LOGIT = (
    "**logit**: the score of a network, the logarithm of the odds: 0 is even odds, and 1 / (1 + e^−logit) is the "
    "probability."
)


def glossary_text(metrics: Iterable[str]) -> str:
    """A Markdown list that says of each metric what it is and which direction is better."""
    return "\n".join(
        f"- **{metric.name}** ({'higher' if metric.larger_is_better else 'lower'} is better): {metric.words}"
        for metric in map(find_metric, metrics)
    )

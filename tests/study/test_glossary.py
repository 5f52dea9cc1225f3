"""Every metric has a sentence, and says which direction is better."""

import pytest

from study.glossary import METRIC_WORDS, glossary_text
from workflow_support.metrics import METRICS


def test_every_metric_is_explained_and_nothing_else():
    assert set(METRIC_WORDS) == {metric.name for metric in METRICS}


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_the_direction_is_that_of_the_metric(metric):
    better = "higher" if metric.larger_is_better else "lower"
    assert glossary_text([metric.name]) == f"- **{metric.name}** ({better} is better): {METRIC_WORDS[metric.name]}"
    assert METRIC_WORDS[metric.name].endswith(".")

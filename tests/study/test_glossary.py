"""Every metric is explained in a sentence that says which direction is better."""

import pytest

from study.glossary import glossary_text
from workflow_support.metrics import METRICS


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_the_direction_is_that_of_the_metric(metric):
    better = "higher" if metric.larger_is_better else "lower"
    assert glossary_text([metric.name]) == f"- **{metric.name}** ({better} is better): {metric.words}"


def test_every_metric_has_a_sentence_of_its_own():
    words = [metric.words for metric in METRICS]
    assert len(set(words)) == len(words)
    assert all(len(each) > 20 and each.endswith(".") for each in words)

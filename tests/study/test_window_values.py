"""The values of windows make up the metric, and their variance is that of the metric over windows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from study.evidence import of_one_task
from study.window_values import auroc_values, macro_auroc_values, mean_values


def variance(values, strata):
    """The variance over windows of a metric of one network."""
    evidence = of_one_task(np.zeros(3), values, strata)
    return evidence.variances[1:].sum()


def bootstrap_variance(metric, strata, draws=1500):
    generator = np.random.default_rng(5)
    members = [np.flatnonzero(strata == stratum) for stratum in np.unique(strata)]
    return np.var(
        [metric(np.concatenate([generator.choice(rows, len(rows)) for rows in members])) for _ in range(draws)]
    )


@given(st.integers(0, 10_000), st.integers(2, 12))
def test_the_mean_over_either_class_is_the_auroc_ties_included(seed, levels):
    generator = np.random.default_rng(seed)
    labels, scores = np.arange(40) % 3 == 0, generator.integers(levels, size=40)
    values = auroc_values(labels, scores)
    expected = pytest.approx(roc_auc_score(labels, scores))
    assert (values[labels].mean(), values[~labels].mean()) == (expected, expected)


def test_the_variance_of_an_auroc_is_that_of_delong():
    """The example of one positive class against two negatives, by hand: placements 1, 0.5 and 0.75, 0.75."""
    labels, scores = np.array([1, 1, 0, 0]), np.array([3.0, 1.0, 0.0, 2.0])
    values = auroc_values(labels, scores)
    assert values == pytest.approx([1, 0.5, 1, 0.5])
    assert variance(values, labels) == pytest.approx(0.125 / 2 + 0.125 / 2)


def test_the_variance_of_a_difference_of_aurocs_is_that_of_drawing_windows_again():
    generator = np.random.default_rng(3)
    labels, shared = np.arange(300) % 3 == 0, generator.normal(size=300)
    first, second = (lead * labels + shared + generator.normal(0, 0.5, 300) for lead in (1.5, 1.2))
    expected = bootstrap_variance(
        lambda rows: roc_auc_score(labels[rows], first[rows]) - roc_auc_score(labels[rows], second[rows]), labels
    )
    difference = auroc_values(labels, first) - auroc_values(labels, second)
    assert variance(difference, labels) == pytest.approx(expected, rel=0.12)


def test_the_variance_over_several_classes_is_that_of_drawing_windows_again():
    generator = np.random.default_rng(4)
    labels = np.repeat([0, 1, 2], [60, 120, 40])
    scores = generator.dirichlet([1, 1, 1], 220) + 0.5 * np.eye(3)[labels]
    scores /= scores.sum(axis=1, keepdims=True)
    expected = bootstrap_variance(
        lambda rows: roc_auc_score(labels[rows], scores[rows], multi_class="ovr", average="macro"), labels
    )
    assert variance(macro_auroc_values(labels, scores), labels) == pytest.approx(expected, rel=0.12)


def test_classes_that_do_not_occur_do_not_count():
    labels, scores = np.arange(60) % 2, np.random.default_rng(0).dirichlet([1, 1, 1], 60)
    of_two = (auroc_values(labels == 0, scores[:, 0]) + auroc_values(labels == 1, scores[:, 1])) / 2
    assert macro_auroc_values(labels, scores) == pytest.approx(of_two)


def test_a_mean_leaves_out_what_is_not_defined():
    values = np.random.default_rng(1).normal(size=200)
    values[::4] = np.nan
    found, defined = mean_values(values), values[np.isfinite(values)]
    assert found.mean() == pytest.approx(defined.mean())
    assert variance(found, np.zeros(200)) == pytest.approx(defined.var(ddof=1) / len(defined), rel=0.02)
    assert np.isnan(mean_values(np.full(3, np.nan))).all()

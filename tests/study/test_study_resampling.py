"""Bootstrap metrics are the metrics of the windows drawn, and their intervals cover the truth."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from study.resampling import auroc_of_draws, macro_auroc_of_draws, mean_of_draws, resampled_metrics
from study.statistics import percentile_interval

ONCE = np.ones((60, 1))


def scored(generator, windows, lead, classes=2):
    labels = np.arange(windows) % classes
    return labels, generator.normal(lead * (labels == 1))


@given(st.integers(0, 10_000), st.integers(2, 12))
def test_auroc_of_a_draw_is_that_of_the_windows_drawn_ties_included(seed, levels):
    generator = np.random.default_rng(seed)
    labels, scores = generator.integers(2, size=40), generator.integers(levels, size=40)
    counts = generator.integers(4, size=(40, 3))
    for column, found in zip(counts.T, auroc_of_draws(labels, scores)(counts), strict=True):
        drawn = np.repeat(np.arange(40), column)
        if len(set(labels[drawn])) == 2:
            assert found == pytest.approx(roc_auc_score(labels[drawn], scores[drawn]))
        else:
            assert np.isnan(found)


def test_macro_auroc_is_the_mean_over_classes():
    generator = np.random.default_rng(4)
    labels, scores = np.arange(60) % 3, generator.dirichlet([1, 1, 1], 60)
    expected = roc_auc_score(labels, scores, multi_class="ovr")
    assert macro_auroc_of_draws(labels, scores)(ONCE) == pytest.approx(expected)


def test_mean_leaves_out_what_is_not_defined():
    counts = np.array([[1, 0], [3, 0], [1, 1]])
    assert mean_of_draws(np.array([2.0, 4.0, np.nan]))(counts) == pytest.approx([3.5, np.nan], nan_ok=True)


def test_classes_keep_their_sizes_in_every_draw():
    labels = np.repeat([0, 1, 2], [50, 8, 2])
    sizes = resampled_metrics({c: lambda counts, c=c: (labels == c) @ counts for c in range(3)}, labels, 130, rng(1))
    assert all((sizes[c] == n).all() for c, n in enumerate([50, 8, 2]))
    assert all(values.shape == (130,) for values in sizes.values())


def test_all_models_are_measured_on_the_same_draws():
    labels, scores = scored(rng(0), 200, 1.0)
    metric = auroc_of_draws(labels, scores)
    twins = resampled_metrics({"a": metric, "b": metric}, labels, 150, rng(3))
    assert np.ptp(twins["a"]) > 0
    assert (twins["a"] == twins["b"]).all()


def test_interval_covers_the_true_auroc_in_95_of_100_experiments():
    generator, lead = rng(8), 1.0
    truth = norm.cdf(lead / np.sqrt(2))
    covered = 0
    for _ in range(300):
        labels, scores = scored(generator, 300, lead)
        values = resampled_metrics({0: auroc_of_draws(labels, scores)}, labels, 300, generator)[0]
        low, high = percentile_interval(values)
        covered += low <= truth <= high
    assert covered / 300 == pytest.approx(0.95, abs=0.03)


def test_a_hundred_models_take_seconds():
    labels, _ = scored(rng(0), 5000, 0)
    metrics = {model: auroc_of_draws(labels, rng(model).normal(labels)) for model in range(20)}
    start = time.process_time()
    resampled_metrics(metrics, labels, 1000, rng(0))
    assert time.process_time() - start < 6, "100 models would take more than half a minute"


def rng(seed):
    return np.random.default_rng(seed)

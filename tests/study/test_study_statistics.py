"""Intervals cover what they should, tests have known answers, corrections keep their order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from study.statistics import combined_p, combined_reach, holm, t_interval

P_VALUES = st.lists(st.floats(0, 1) | st.just(float("nan")), max_size=12).map(np.array)
SOURCES = st.lists(st.tuples(st.floats(1e-6, 1e6), st.integers(1, 500)), min_size=1, max_size=4)


def test_t_interval_of_known_values():
    # Mean 2, sd 1, n = 3: 2 ± 4.3027 / sqrt(3).
    assert t_interval(np.array([1.0, 2.0, 3.0])) == pytest.approx((2 - 2.48414, 2 + 2.48414), abs=1e-5)


def test_one_value_has_no_interval():
    assert np.isnan(t_interval(np.array([1.0]))).all()


def test_t_interval_covers_the_mean_in_95_of_100_samples():
    generator = np.random.default_rng(3)
    intervals = np.array([t_interval(generator.normal(1, 2, 6)) for _ in range(2000)])
    assert ((intervals[:, 0] < 1) & (intervals[:, 1] > 1)).mean() == pytest.approx(0.95, abs=0.015)


@given(st.integers(0, 10_000), st.integers(2, 20))
def test_the_p_of_one_source_is_that_of_the_t_test(seed, size):
    values = np.random.default_rng(seed).normal(0.5, 1, size)
    found = combined_p(values.mean(), np.array([values.var(ddof=1) / size]), np.array([size - 1]))
    assert found == pytest.approx(stats.ttest_1samp(values, 0).pvalue, rel=1e-6)


@given(SOURCES, st.floats(1e-3, 1e3))
def test_the_interval_at_confidence_one_minus_p_reaches_zero(sources, ratio):
    variances, degrees = map(np.array, zip(*sources, strict=True))
    mean = ratio * np.sqrt(variances.sum())
    p = combined_p(mean, variances, degrees)
    if p > 1e-12:
        assert combined_reach(variances, degrees, 1 - p) == pytest.approx(mean, rel=1e-3)


@given(SOURCES, st.floats(0, 10))
def test_p_lies_between_that_of_the_fewest_and_of_the_most_degrees(sources, ratio):
    variances, degrees = map(np.array, zip(*sources, strict=True))
    mean = ratio * np.sqrt(variances.sum())
    bounds = [2 * stats.t.sf(ratio, number) for number in (degrees.max(), degrees.min())]
    assert bounds[0] * (1 - 1e-6) <= combined_p(mean, variances, degrees) <= bounds[1] * (1 + 1e-6)


def test_windows_known_exactly_do_not_borrow_the_doubt_of_seeds():
    """With nearly all variance over many windows, p is that of a normal mean, even with three seeds."""
    found = combined_p(np.array([1.96]), np.array([[1e-9, 1.0]]), np.array([2, 100_000]))
    assert found == pytest.approx([0.05], abs=1e-4)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.6, 0.9])
@pytest.mark.parametrize("level", [0.05, 0.05 / 21])
def test_p_values_of_no_difference_are_below_a_level_no_more_often_than_it_says(share, level):
    """Satterthwaite's approximation is below 0.05 / 21 nine times as often with three seeds and a share of 0.1."""
    generator, studies = np.random.default_rng(11), 20_000
    variances = np.array([1 - share, share])
    degrees = np.array([2, 300])
    means = generator.normal(size=studies)
    estimates = variances * generator.chisquare(degrees, (studies, 2)) / degrees
    false = (combined_p(means, estimates, degrees) < level).mean()
    assert false <= level + 3 * np.sqrt(level / studies)


def test_what_has_no_variance_is_certain_or_nothing():
    nothing = np.zeros((3, 2))
    assert combined_p(np.array([0.0, 0.1, -0.1]), nothing, np.array([2, 9])).tolist() == [1, 0, 0]
    assert combined_p(np.array([0.0]), np.ones((1, 2)), np.array([2, 9])).tolist() == [1]
    assert np.isnan(combined_p(np.array([0.3]), np.array([[np.nan, 1.0]]), np.array([2, 9]))).all()


def test_holm_of_known_values():
    assert holm([0.01, 0.04, 0.03, np.nan]) == pytest.approx([0.03, 0.06, 0.06, np.nan], nan_ok=True)


def test_families_are_corrected_apart():
    families = np.random.default_rng(0).uniform(size=(5, 4, 7))
    families[0, 0, 2] = np.nan
    alone = [holm(family) for family in families.reshape(-1, 7)]
    assert holm(families).reshape(-1, 7) == pytest.approx(np.array(alone), nan_ok=True)


@given(P_VALUES)
def test_holm_never_lowers_a_p_and_keeps_the_order(p_values):
    corrected, tested = holm(p_values), ~np.isnan(p_values)
    assert (np.isnan(corrected) == ~tested).all()
    assert (corrected[tested] >= p_values[tested]).all()
    assert (corrected[tested] <= 1).all()
    assert (np.diff(corrected[tested][np.argsort(p_values[tested])]) >= 0).all()


@given(P_VALUES)
def test_holm_lies_between_no_correction_and_bonferroni(p_values):
    tested = p_values[~np.isnan(p_values)]
    assert (holm(tested) <= np.minimum(tested * len(tested), 1)).all()


@given(P_VALUES, st.integers(0, 1000))
def test_weights_move_the_level_between_hypotheses_and_do_not_raise_it(p_values, seed):
    """The smallest ratio of p and weight is corrected by the sum of all weights, and only ratios matter."""
    weights, tested = np.random.default_rng(seed).uniform(0.1, 3, len(p_values)), ~np.isnan(p_values)
    corrected = holm(p_values, weights)
    assert corrected == pytest.approx(holm(p_values, 7 * weights), nan_ok=True)
    assert (corrected[tested] >= p_values[tested] - 1e-12).all()
    if tested.any():
        first = np.nanargmin(p_values / weights)
        assert corrected[first] == pytest.approx(min(p_values[first] / weights[first] * weights[tested].sum(), 1))


def test_holm_keeps_the_family_error_with_any_weights():
    families = np.random.default_rng(3).uniform(size=(4000, 6))
    corrected = holm(families, np.array([1, 1, 1, 5, 0.1, 0.5]))
    assert (corrected < 0.05).any(axis=1).mean() == pytest.approx(0.05, abs=0.012)


def test_holm_keeps_the_family_error_at_five_percent():
    generator = np.random.default_rng(2)
    families = generator.uniform(size=(2000, 10))
    assert (holm(families) < 0.05).any(axis=1).mean() == pytest.approx(0.05, abs=0.015)

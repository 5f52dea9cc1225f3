"""Intervals cover what they should, tests have known answers, corrections keep their order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from study.statistics import LEAST_PAIRS, holm, paired_t_p, percentile_interval, t_interval, wilcoxon_p

P_VALUES = st.lists(st.floats(0, 1) | st.just(float("nan")), max_size=12).map(np.array)


def test_t_interval_of_known_values():
    # Mean 2, sd 1, n = 3: 2 ± 4.3027 / sqrt(3).
    assert t_interval(np.array([1.0, 2.0, 3.0])) == pytest.approx((2 - 2.48414, 2 + 2.48414), abs=1e-5)


def test_one_value_has_no_interval():
    assert np.isnan(t_interval(np.array([1.0]))).all()
    assert np.isnan(percentile_interval(np.array([np.nan]))).all()


def test_t_interval_covers_the_mean_in_95_of_100_samples():
    generator = np.random.default_rng(3)
    intervals = np.array([t_interval(generator.normal(1, 2, 6)) for _ in range(2000)])
    assert ((intervals[:, 0] < 1) & (intervals[:, 1] > 1)).mean() == pytest.approx(0.95, abs=0.015)


def test_percentile_interval_is_the_middle_of_what_is_defined():
    assert percentile_interval(np.append(np.arange(1001.0), np.nan)) == pytest.approx((25, 975))


@pytest.mark.parametrize("n", [8, 10])
def test_wilcoxon_of_differences_of_one_sign_is_exact(n):
    assert wilcoxon_p(np.arange(1.0, n + 1)) == pytest.approx(2 / 2**n)


def test_no_test_below_eight_pairs():
    assert np.isnan(wilcoxon_p(np.arange(1.0, LEAST_PAIRS)))
    assert np.isnan(paired_t_p(np.arange(1.0, LEAST_PAIRS)))


@pytest.mark.parametrize("test", [wilcoxon_p, paired_t_p])
def test_equal_arms_have_p_one(test):
    assert test(np.zeros(10)) == 1


def test_a_constant_lead_is_significant_to_the_t_test():
    assert paired_t_p(np.full(10, 0.25)) == 0


def test_t_test_is_that_of_two_paired_samples():
    first, second = np.random.default_rng(5).normal(size=(2, 12))
    assert paired_t_p(first - second) == pytest.approx(stats.ttest_rel(first, second).pvalue)


@pytest.mark.parametrize("test", [wilcoxon_p, paired_t_p])
def test_p_values_of_no_difference_are_uniform(test):
    generator = np.random.default_rng(11)
    p_values = np.array([test(generator.normal(size=10)) for _ in range(1000)])
    assert (p_values < 0.05).mean() == pytest.approx(0.05, abs=0.02)


def test_holm_of_known_values():
    assert holm([0.01, 0.04, 0.03, np.nan]) == pytest.approx([0.03, 0.06, 0.06, np.nan], nan_ok=True)


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


def test_holm_keeps_the_family_error_at_five_percent():
    generator = np.random.default_rng(2)
    families = generator.uniform(size=(2000, 10))
    assert np.mean([(holm(family) < 0.05).any() for family in families]) == pytest.approx(0.05, abs=0.015)

"""p values from null variants are uniform under the null, never 0, and their q values hold the share of false ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from learning.analysis.variant_significance import empirical_p_values, q_values


def one_kind(differences: np.ndarray, nulls: np.ndarray) -> np.ndarray:
    return empirical_p_values(differences, np.zeros(len(differences)), nulls, np.zeros(len(nulls)))


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=9), st.lists(st.integers(-9, 9), min_size=1, max_size=20))
def test_p_values_by_their_definition(differences: list[int], nulls: list[int]) -> None:
    expected = [(1 + sum(abs(null) >= abs(each) for null in nulls)) / (1 + len(nulls)) for each in differences]
    assert one_kind(np.array(differences, dtype=float), np.array(nulls, dtype=float)) == pytest.approx(expected)


def test_variants_are_compared_with_nulls_of_their_kind() -> None:
    kinds, null_kinds = np.array([True, False, True]), np.array([True, True, False])
    p = empirical_p_values(np.array([2.0, 2.0, -4.0]), kinds, np.array([1.0, -3.0, 9.0]), null_kinds)
    assert p == pytest.approx([2 / 3, 1, 1 / 3])
    alone = empirical_p_values(np.array([2.0, 2.0]), np.array([True, False]), np.array([1.0]), np.array([True]))
    assert alone[0] == 0.5
    assert np.isnan(alone[1])


def test_p_values_of_null_variants_are_uniform() -> None:
    rng = np.random.default_rng(0)
    p = one_kind(rng.standard_t(3, 2000), rng.standard_t(3, 5000))
    assert stats.kstest(p, "uniform").pvalue > 0.01


def test_the_share_of_false_variants_is_held() -> None:
    rng, shares = np.random.default_rng(1), []
    for _ in range(40):
        differences = np.concatenate([rng.normal(0, 1, 450), rng.normal(0, 1, 50) + 6])
        is_found = q_values(one_kind(differences, rng.normal(0, 1, 5000))) <= 0.05
        assert is_found[450:].mean() > 0.9
        shares.append(is_found[:450].sum() / max(1, is_found.sum()))
    assert np.mean(shares) <= 0.05 + 0.02


def test_q_values_leave_out_what_has_no_p_value() -> None:
    q = q_values(np.array([0.01, np.nan, 0.04, 0.5]))
    assert q[[0, 2, 3]] == pytest.approx([0.03, 0.06, 0.5])
    assert np.isnan(q[1])
    assert np.isnan(q_values(np.array([np.nan]))).all()

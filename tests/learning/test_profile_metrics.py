"""Metrics of profiles against scipy and by hand, with ties, strands without reads and constants."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.distance import jensenshannon

from learning.evaluation.metrics import (
    as_profiles,
    binned_maxima,
    jensen_shannon_divergence,
    mean_of_defined,
    pearson,
    smoothed,
    spearman,
    split_reads,
)


def random_counts(seed, windows=6, positions=40, rate=0.7):
    return np.random.default_rng(seed).poisson(rate, (windows, 2, positions)) + np.eye(1, positions, dtype=int)


def test_smoothing_is_that_of_scipy_and_keeps_sums():
    profiles = as_profiles(random_counts(0))
    expected = gaussian_filter1d(profiles, sigma=3, truncate=1, axis=-1)
    assert np.allclose(smoothed(profiles), expected, atol=1e-15)
    assert np.allclose(smoothed(profiles).sum(axis=-1), 1)


@pytest.mark.parametrize("seed", range(3))
def test_the_divergence_is_the_square_of_scipys_distance(seed):
    observed, other = random_counts(seed), random_counts(seed + 10, rate=2)
    pairs = [gaussian_filter1d(as_profiles(each), sigma=3, truncate=1, axis=-1) for each in (observed, other)]
    expected = (jensenshannon(*pairs, axis=-1) ** 2).mean(axis=-1)
    assert np.allclose(jensen_shannon_divergence(observed, other), expected, rtol=1e-10)


def test_the_divergence_of_equals_is_zero_and_of_strangers_log_two():
    first, second = np.zeros((2, 1, 2, 50))
    first[..., 5], second[..., 40] = 3, 8
    assert jensen_shannon_divergence(first, 7 * first)[0] == pytest.approx(0, abs=1e-15)
    assert jensen_shannon_divergence(first, second)[0] == pytest.approx(np.log(2))
    assert np.allclose(jensen_shannon_divergence(first, second), jensen_shannon_divergence(second, first))


def test_one_profile_for_all_windows_is_broadcast():
    counts = random_counts(0)
    floor = counts.sum(axis=0)
    one_by_one = [jensen_shannon_divergence(window[None], floor[None])[0] for window in counts]
    assert np.allclose(jensen_shannon_divergence(counts, floor), one_by_one)


def test_a_strand_without_reads_is_left_out_and_a_window_without_any_is_undefined():
    counts, predicted = random_counts(0), as_profiles(random_counts(1))
    complete = jensen_shannon_divergence(counts, predicted)
    counts[0, 1] = 0
    counts[1] = 0
    found = jensen_shannon_divergence(counts, predicted)
    plus_twice = [np.repeat(values[:1, :1], 2, axis=1) for values in (counts, predicted)]
    assert found[0] == pytest.approx(jensen_shannon_divergence(*plus_twice)[0])
    assert np.isnan(found[1])
    assert np.array_equal(found[2:], complete[2:])
    assert mean_of_defined(found) == pytest.approx(np.nanmean(found))


@given(seed=st.integers(0, 200))
def test_correlations_are_those_of_scipy_with_ties(seed):
    generator = np.random.default_rng(seed)
    first, second = generator.integers(0, 4, (2, 5, 30)).astype(float)
    for row, (r, rho) in enumerate(zip(pearson(first, second), spearman(first, second), strict=True)):
        assert r == pytest.approx(stats.pearsonr(first[row], second[row])[0], abs=1e-12)
        assert rho == pytest.approx(stats.spearmanr(first[row], second[row])[0], abs=1e-12)


def test_a_constant_has_no_correlation():
    constant, other = np.full((1, 7), 0.1), np.arange(7.0)[None]
    assert np.isnan(pearson(constant, other)[0])
    assert np.isnan(spearman(other, constant)[0])
    assert np.isnan(mean_of_defined(np.array([np.nan, np.nan])))


def test_bins_hold_maxima_of_one_strand_each():
    profiles = np.array([[[1, 5, 2, 0, 7], [3, 3, 4, 9, 8]]])
    assert binned_maxima(profiles, 1).tolist() == [[1, 5, 2, 0, 7, 3, 3, 4, 9, 8]]
    assert binned_maxima(profiles, 2).tolist() == [[5, 2, 7, 3, 9, 8]]
    assert binned_maxima(profiles, 10).tolist() == [[7, 9]]


def test_halves_share_out_every_read():
    counts = random_counts(0, windows=200, rate=5).astype(np.uint16)
    first, second = split_reads(counts, np.random.default_rng(0))
    assert np.array_equal(first + second, counts)
    assert min(first.min(), second.min()) == 0
    standard_error = np.sqrt(counts.sum()) / 2
    assert abs(first.sum() - counts.sum() / 2) < 4 * standard_error
    again, _ = split_reads(counts, np.random.default_rng(0))
    assert np.array_equal(first, again)


def test_the_truth_comes_below_the_ceiling_and_far_below_the_floor():
    """What the ceiling bounds: a noiseless prediction beats a half of the reads that predicts the other."""
    generator = np.random.default_rng(1)
    truth = np.full((300, 2, 60), 0.05)
    truth[np.arange(300), :, generator.integers(5, 55, 300)] = 20
    counts = generator.poisson(truth)
    of_truth = mean_of_defined(jensen_shannon_divergence(counts, truth))
    ceiling = mean_of_defined(jensen_shannon_divergence(*split_reads(counts, generator)))
    floor = mean_of_defined(jensen_shannon_divergence(counts, counts.sum(axis=0)))
    assert of_truth < ceiling < floor / 3

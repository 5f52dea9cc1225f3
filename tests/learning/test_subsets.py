"""Training subsets are nested, keep the shares of the classes and follow seed and labels alone."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from learning.training.sampling import streams_of, training_subset
from workflow_support.errors import InputError

LABELS = st.lists(st.integers(1, 40), min_size=1, max_size=5).flatmap(
    lambda counts: st.permutations(np.repeat(np.arange(len(counts)), counts).tolist()).map(np.array)
)


@given(labels=LABELS, seed=st.integers(0, 2**32), data=st.data())
def test_subsets_are_nested_of_the_size_and_stratified(labels, seed, data):
    sizes = sorted(data.draw(st.lists(st.integers(2, max(2, labels.size)), min_size=2, max_size=2)))
    assume(sizes[-1] <= labels.size)
    subsets = []
    for size in sizes:
        try:
            subsets.append(training_subset(labels, str(size), seed))
        except InputError:
            assume(False)
    for rows, size in zip(subsets, sizes, strict=True):
        assert rows.size == np.unique(rows).size == size
        assert np.array_equal(rows, np.sort(rows))
        shares = np.bincount(labels) / labels.size
        # Each class is rounded to whole windows, by at most half a one, about a common share; half a window for two.
        allowed = 0.5 + 0.5 * shares * (shares.size - 2)
        assert np.all(np.abs(np.bincount(labels[rows], minlength=shares.size) - shares * size) <= allowed + 1e-9)
    assert set(subsets[0]) <= set(subsets[1])
    assert np.array_equal(subsets[1], training_subset(labels.copy(), str(sizes[1]), seed))


@given(rows=st.integers(4, 60), seed=st.integers(0, 1000))
def test_shares_are_of_all_rows_and_all_is_every_row(rows, seed):
    labels = np.arange(rows) % 2
    assert np.array_equal(training_subset(labels, "all", seed), np.arange(rows))
    assert np.array_equal(training_subset(labels, "0.5", seed), training_subset(labels, str(round(rows / 2)), seed))


def test_seeds_choose_other_windows():
    labels = np.arange(200) % 2
    chosen = {tuple(training_subset(labels, "20", seed)) for seed in range(20)}
    assert len(chosen) == 20


def test_every_window_is_as_likely_as_any():
    """Over 400 seeds a window of the class of 10 and one of that of 90 is taken in a fifth; 5 standard errors."""
    labels = np.repeat([1, 0], (10, 90))
    taken = np.zeros(100)
    for seed in range(400):
        taken[training_subset(labels, "20", seed)] += 1
    assert np.abs(taken / 400 - 0.2).max() < 5 * np.sqrt(0.2 * 0.8 / 400)


def test_the_streams_of_a_seed_are_independent_of_each_other_and_of_other_seeds():
    drawn = {tuple(stream.generate_state(4)) for seed in range(10) for stream in vars(streams_of(seed)).values()}
    assert len(drawn) == 40


def test_the_first_streams_are_those_of_three():
    """What was trained before there were subsets is trained alike now."""
    three = np.random.SeedSequence(3).spawn(3)
    for one, other in zip(vars(streams_of(3)).values(), three, strict=False):
        assert np.array_equal(one.generate_state(4), other.generate_state(4))


@pytest.mark.parametrize("size", ["11", "1000", "2", "0.02"])
def test_too_large_or_without_a_class_is_refused(size):
    with pytest.raises(InputError, match="training windows can be chosen") as error:
        training_subset(np.array([0] * 4 + [1] * 3 + [2] * 3), size, 0)
    assert size in str(error.value)


@pytest.mark.parametrize("size", ["1", "0", "-5", "1.0", "2.5", "most", "nan", "inf", "1e3.5", ""])
def test_what_is_no_size_is_refused(size):
    with pytest.raises(InputError, match="not a training size"):
        training_subset(np.zeros(10, dtype=int), size, 0)

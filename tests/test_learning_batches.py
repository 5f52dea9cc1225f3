"""Batches hold fixed proportions, lose no window and follow their generator alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.batches import BalancedBatches
from learning.settings import TrainingSettings
from workflow_support.errors import InputError


def settings(**changes):
    chosen = {
        "learning_rate": 1e-3,
        "batch_size": 100,
        "positive_fraction": 0.2,
        "epochs": 1,
        "steps_per_epoch": 1,
        "device": "cpu",
        "threads": 1,
    }
    return TrainingSettings(**(chosen | changes))


def first_batches(labels, positives, negatives, seed, count):
    batches = BalancedBatches(labels, positives, negatives, np.random.default_rng(seed))
    return [next(batches) for _ in range(count)]


@given(
    counts=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    drawn=st.tuples(st.integers(1, 15), st.integers(1, 15)),
    seed=st.integers(0, 1000),
)
def test_every_row_occurs_once_a_cycle_and_proportions_are_exact(counts, drawn, seed):
    labels = np.random.default_rng(seed).permutation(np.repeat([1, 0], counts))
    batches = first_batches(labels, *drawn, seed, count=20)
    for batch in batches:
        assert labels[batch].sum() == drawn[0]
        assert len(batch) == sum(drawn)
    for label, size in ((1, counts[0]), (0, counts[1])):
        walked = np.concatenate([batch[labels[batch] == label] for batch in batches])
        for start in range(0, len(walked) - size + 1, size):
            assert sorted(walked[start : start + size]) == list(np.flatnonzero(labels == label))


def test_cycles_differ_in_order():
    labels = np.repeat([1, 0], 30)
    first, second = first_batches(labels, 30, 30, seed=0, count=2)
    assert sorted(first) == sorted(second)
    assert not np.array_equal(first, second)


def test_the_generator_alone_decides():
    labels = np.repeat([1, 0], 50)
    assert np.array_equal(first_batches(labels, 5, 5, 3, 8), first_batches(labels, 5, 5, 3, 8))
    assert not np.array_equal(first_batches(labels, 5, 5, 3, 8), first_batches(labels, 5, 5, 4, 8))


def test_published_batch_holds_twenty_positives_in_a_hundred():
    assert (settings().positives_per_batch, settings().negatives_per_batch) == (20, 80)


@pytest.mark.parametrize("fraction", [0.0, 0.004, 0.996, 1.0])
def test_batches_of_one_class_are_refused(fraction):
    with pytest.raises(InputError, match="both classes"):
        settings(positive_fraction=fraction)


def test_a_class_without_rows_is_refused():
    with pytest.raises(ValueError, match="no rows"):
        BalancedBatches(np.ones(4), 1, 1, np.random.default_rng(0))

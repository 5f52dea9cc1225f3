"""Batches hold fixed proportions, lose no window and follow their generator alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.training.sampling import BalancedBatches, PassesInBatches
from learning.training.settings import Training
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
    return Training.of_kind("binary", (chosen | changes))


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
    assert (settings().schedule.positives_per_batch, settings().schedule.negatives_per_batch) == (20, 80)


@pytest.mark.parametrize("fraction", [0.0, 0.004, 0.996, 1.0])
def test_batches_of_one_class_are_refused(fraction):
    with pytest.raises(InputError, match="both classes"):
        settings(positive_fraction=fraction)


def test_a_class_without_rows_is_refused():
    with pytest.raises(ValueError, match="no rows"):
        BalancedBatches(np.ones(4), 1, 1, np.random.default_rng(0))


@given(rows=st.integers(1, 60), batch_size=st.integers(1, 25), seed=st.integers(0, 100))
def test_a_pass_holds_every_row_once_in_even_batches(rows, batch_size, seed):
    batches = PassesInBatches(rows, batch_size, np.random.default_rng(seed))
    for _ in range(3):
        drawn = [next(batches) for _ in range(batches.batches_per_pass)]
        assert sorted(np.concatenate(drawn)) == list(range(rows))
        sizes = [len(batch) for batch in drawn]
        assert max(sizes) <= batch_size
        assert max(sizes) - min(sizes) <= 1


def test_passes_differ_in_order_and_follow_their_generator():
    first, other = (PassesInBatches(50, 50, np.random.default_rng(0)) for _ in range(2))
    orders = [next(first) for _ in range(2)]
    assert not np.array_equal(*orders)
    assert np.array_equal(orders, [next(other) for _ in range(2)])


def make_batches(kind, seed):
    generator = np.random.default_rng(seed)
    if kind == "balanced":
        return BalancedBatches(np.repeat([1, 0], (7, 30)), 3, 5, generator), generator
    return PassesInBatches(23, 5, generator), generator


@pytest.mark.parametrize("kind", ["balanced", "passes"])
@given(before=st.integers(0, 25), seed=st.integers(0, 100))
def test_batches_go_on_where_they_were_left(kind, before, seed):
    whole, of_whole = make_batches(kind, seed)
    for _ in range(before):
        next(whole)
    taken_up, of_taken_up = make_batches(kind, seed + 1)
    taken_up.restore({name: value.copy() for name, value in whole.state().items()})
    of_taken_up.bit_generator.state = of_whole.bit_generator.state
    for _ in range(20):
        assert np.array_equal(next(whole), next(taken_up))


@pytest.mark.parametrize("kind", ["balanced", "passes"])
def test_the_state_of_other_batches_is_refused(kind):
    batches, _ = make_batches(kind, 0)
    state = batches.state()
    for name, value in state.items():
        for wrong in (value + 1000, np.zeros(3, dtype=np.int64), -1 - value):
            with pytest.raises(ValueError, match=r"belongs to other rows|is no position"):
                batches.restore(state | {name: wrong})
        with pytest.raises(KeyError):
            batches.restore({other: kept for other, kept in state.items() if other != name})

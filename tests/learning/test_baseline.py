"""Counts do not depend on the strand; the baseline learns from composition and chooses its penalty on validation."""

import itertools
import tracemalloc
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from learning.analysis.baseline import MAX_ITERATIONS, fit_baseline, inverse_penalties
from learning.analysis.kmer_counts import canonical_ranks, count_canonical
from learning.evaluation.metrics import auroc
from learning.models.kmers import encode
from rc_equivariant import KmerEncoding


def counts_of(codes, k):
    codes = np.atleast_2d(np.array(codes, dtype=np.uint8))
    return all_of(count_canonical(encode(codes, KmerEncoding(k)), k))


def all_of(counts):
    return counts.rows(slice(None))


def reverse_complement(codes):
    return [4 if base == 4 else 3 - base for base in reversed(codes)]


@pytest.mark.parametrize(("k", "pairs"), [(1, 2), (2, 10), (3, 32), (4, 136), (6, 2080)])
def test_number_of_strand_merged_kmers(k, pairs):
    assert len(np.unique(canonical_ranks(k))) == pairs


@given(codes=st.lists(st.integers(0, 4), min_size=6, max_size=40), k=st.integers(1, 6))
def test_both_strands_have_the_same_counts(codes, k):
    assert np.array_equal(counts_of(codes, k), counts_of(reverse_complement(codes), k))


@given(codes=st.lists(st.integers(0, 4), min_size=4, max_size=30))
def test_counts_are_those_of_a_plain_loop(codes):
    letters = "".join("ACGTN"[base] for base in codes)
    complement = str.maketrans("ACGTN", "TGCAN")
    words = [letters[start : start + 3] for start in range(len(letters) - 2)]
    expected = Counter(min(word, word.translate(complement)[::-1]) for word in words if "N" not in word)
    canonical = ["".join(word) for word in itertools.product("ACGT", repeat=3)]
    canonical = [word for word in canonical if word <= word.translate(complement)[::-1]]
    assert counts_of(codes, 3)[0].tolist() == [expected[word] for word in canonical]


def test_blocks_do_not_show(monkeypatch):
    kmers = np.random.default_rng(0).integers(0, 4**3 + 1, (50, 20))
    whole = all_of(count_canonical(kmers, 3))
    monkeypatch.setattr("learning.analysis.kmer_counts.COUNTS_PER_BLOCK", 7 * 32)
    assert np.array_equal(all_of(count_canonical(kmers, 3)), whole)


@pytest.mark.parametrize("repeats", [255, 256, 1000])
def test_counts_beyond_a_byte_are_kept(repeats):
    """One base over and over, beside a window of another kind."""
    codes = np.zeros((2, repeats), dtype=np.uint8)
    codes[1] = np.arange(repeats) % 4
    counts = count_canonical(codes, 1)
    assert counts.rows(np.array([1, 0]))[1].tolist() == [repeats, 0]
    assert all_of(counts).sum() == 2 * repeats


@pytest.fixture(scope="module")
def windows_with_a_word():
    """3,000 windows of 200 bases; half of them hold a 10-mer on either strand, in one of ten positions."""
    generator = np.random.default_rng(0)
    codes = generator.integers(0, 4, (3000, 200), dtype=np.uint8)
    labels = np.arange(3000) % 2
    word = np.array([0, 1, 1, 2, 3, 0, 2, 1, 1, 3])
    for row in np.flatnonzero(labels):
        start = 90 + generator.integers(0, 10)
        codes[row, start : start + 10] = word if generator.random() < 0.5 else 3 - word[::-1]
    split = np.repeat([0, 1, 2], 1000)
    return encode(codes, KmerEncoding(6)), labels, split


def test_the_baseline_finds_a_word(windows_with_a_word):
    kmers, labels, split = windows_with_a_word
    fitted = fit_baseline(count_canonical(kmers, 6), labels, split == 0, split == 1, inverse_penalties(5))
    assert fitted.parameters == 2080
    assert fitted.inverse_penalty in inverse_penalties(5)
    assert auroc(labels[split == 2], fitted.logits[split == 2]) > 0.85


def test_each_trial_of_the_baseline_is_a_penalty():
    assert inverse_penalties(5) == [1e-5, 1e-4, 1e-3, 1e-2, 1e-1]
    assert inverse_penalties(1) == [1e-3]
    assert inverse_penalties(2) == [1e-5, 1e-1]


def test_test_labels_change_nothing(windows_with_a_word):
    kmers, labels, split = windows_with_a_word
    counts = count_canonical(kmers[::5], 6)
    labels, split = labels[::5].copy(), split[::5]
    first = fit_baseline(counts, labels, split == 0, split == 1, inverse_penalties(5))
    labels[split == 2] = 1 - labels[split == 2]
    second = fit_baseline(counts, labels, split == 0, split == 1, inverse_penalties(5))
    assert np.array_equal(first.logits, second.logits)


@pytest.mark.parametrize("classes", [2, 3])
def test_fits_in_blocks_are_those_of_one_on_standardised_counts(windows_with_a_word, classes):
    """scikit-learn's logistic regression, with a column that is constant and counts beyond a byte."""
    kmers, labels, split = windows_with_a_word
    kmers, labels, split = kmers[::3] % 4**3, labels[::3].copy(), split[::3]
    kmers[:, :20] = 0
    labels[::5] = classes - 1
    kmers[7] = 5
    kmers[0::4][kmers[0::4] == 9] = 4**3
    counts, train, validation = count_canonical(np.tile(kmers, 2), 3), split == 0, split == 1
    scaled = StandardScaler().fit(all_of(counts)[train]).transform(all_of(counts)).astype(np.float64)
    model = LogisticRegression(max_iter=MAX_ITERATIONS, warm_start=True)
    for inverse_penalty in inverse_penalties(3):
        expected = model.set_params(C=inverse_penalty).fit(scaled[train], labels[train]).decision_function(scaled)
        fitted = fit_baseline(counts, labels, train, validation, [inverse_penalty])
        assert fitted.parameters == model.coef_.size
        assert np.allclose(fitted.logits, expected, atol=0.01 * np.abs(expected).max())


def test_counting_and_fitting_take_little_more_than_a_byte_a_count():
    kmers = np.random.default_rng(0).integers(0, 4**6, (12_000, 60), dtype=np.uint16)
    labels = np.arange(len(kmers)) % 2
    rows = np.arange(len(kmers))
    tracemalloc.start()
    try:
        counts = count_canonical(kmers, 6)
        fit_baseline(counts, labels, rows < 8000, rows >= 8000, [1e-5])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 3 * counts.small.size

"""Counts do not depend on the strand; the baseline learns from composition and chooses its penalty on validation."""

import itertools
import time
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.analysis.baseline import (
    canonical_ranks,
    count_canonical,
    fit_baseline,
    inverse_penalties,
)
from learning.evaluation.metrics import auroc
from learning.models.kmers import encode
from rc_equivariant import KmerEncoding


def counts_of(codes, k):
    return count_canonical(encode(np.atleast_2d(np.array(codes, dtype=np.uint8)), KmerEncoding(k)), k)


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
    whole = count_canonical(kmers, 3)
    monkeypatch.setattr("learning.analysis.baseline.COUNTS_PER_BLOCK", 7 * 32)
    assert np.array_equal(count_canonical(kmers, 3), whole)


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


def test_the_baseline_finds_a_word_within_seconds(windows_with_a_word):
    kmers, labels, split = windows_with_a_word
    started = time.perf_counter()
    fitted = fit_baseline(count_canonical(kmers, 6), labels, split == 0, split == 1, inverse_penalties(5))
    assert time.perf_counter() - started < 30
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
    first = fit_baseline(counts.copy(), labels, split == 0, split == 1, inverse_penalties(5))
    labels[split == 2] = 1 - labels[split == 2]
    assert np.array_equal(
        first.logits, fit_baseline(counts.copy(), labels, split == 0, split == 1, inverse_penalties(5)).logits
    )

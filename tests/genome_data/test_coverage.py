"""Coverage is told from counts of 5' ends by its values alone, at any depth, length of reads and scale."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyBigWig
from hypothesis import given, settings
from hypothesis import strategies as st

from genome_data.windows.coverage import CoverageEvidence


@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    rate=st.floats(0.02, 5),
    length=st.integers(20, 150),
    scale=st.sampled_from([1.0, 0.037, 13.0]),
)
def test_coverage_is_told_from_counts_at_any_depth_length_and_scale(
    seed: int, rate: float, length: int, scale: float
) -> None:
    ends = np.random.default_rng(seed).poisson(rate, (40, 400 + length)).astype(np.float32)
    stretched = np.stack([np.convolve(row, np.ones(length), mode="valid") for row in ends])
    for values, expected in ((ends, False), (np.minimum(ends, 1) if rate < 0.4 else ends, False), (stretched, True)):
        evidence = CoverageEvidence()
        for block in np.array_split(values * scale, 3):
            evidence.add(block)
        assert evidence.is_coverage == expected


def test_real_counts_of_five_prime_ends_are_no_coverage(shared_data: Path) -> None:
    evidence = CoverageEvidence()
    with pyBigWig.open(str(shared_data / "hg19/signal/GM12878_CTCF_r1.chr21.hg19.5p.plus.bw")) as bigwig:
        for start in range(20_000_000, 40_000_000, 100_000):
            values = np.nan_to_num(bigwig.values("chr21", start, start + 2000, numpy=True))
            evidence.add(values[None])
    assert not evidence.is_coverage
    assert evidence.ratio > 0.8

"""Every window that may be a negative is drawn as often as any other, by the seed alone."""

from __future__ import annotations

import numpy as np
import pytest
from negative_windows import (
    SETTINGS,
    flat_genome,
    genome_of,
    intervals,
    positives,
    random_sequence,
    regions,
    sample_negatives,
)
from scipy import stats

from genome_data.genome import Genome


def test_each_seed_has_its_windows_whatever_the_order_of_the_contigs(tmp_path):
    genome, split_of, wanted = flat_genome(tmp_path, 40_000)
    options = SETTINGS | {"ratio": 50}

    def places(genome: Genome, seed: int) -> set:
        windows, _ = sample_negatives(genome, split_of, wanted, intervals(), [], **options | {"seed": seed})
        return set(zip(windows["contig"], windows["start"], windows["split"], strict=True))

    (tmp_path / "swapped").mkdir()
    swapped = genome_of(
        tmp_path / "swapped", two=genome.bases("two").tobytes().decode(), one=genome.bases("one").tobytes().decode()
    )
    assert places(genome, 1) == places(genome, 1) == places(swapped, 1)
    assert places(genome, 1) != places(genome, 2)


@pytest.mark.parametrize("scarce", [False, True])
def test_windows_are_uniform_over_a_flat_genome(tmp_path, scarce):
    genome = genome_of(tmp_path, one=random_sequence(200_000, 3))
    split_of = regions(("one", 0, 200_000, "train"))
    options = SETTINGS | {"ratio": 8000 if scarce else 2000, "gc_bin_width": 0.1 if scarce else 1.0}
    windows, counts = sample_negatives(
        genome, split_of, positives(("one", 0, 10, "train", 0.5)), intervals(), [], **options
    )
    assert counts["missing"].sum() == 0
    where = np.histogram(windows["start"], bins=20, range=(0, 200_000))[0]
    assert stats.chisquare(where).pvalue > 0.001


def test_every_start_is_equally_likely(tmp_path):
    genome = genome_of(tmp_path, one="ACGT" * 10)
    wanted = positives(("one", 0, 10, "train", 0.5))
    only_start = []
    for seed in range(300):
        windows, _ = sample_negatives(
            genome,
            regions(("one", 10, 40, "train")),
            wanted,
            intervals(),
            [],
            **SETTINGS | {"gc_bin_width": 1.0, "seed": seed},
        )
        only_start += windows["start"].tolist()
    assert len(only_start) == 300
    assert stats.chisquare(np.bincount(only_start, minlength=31)[10:]).pvalue > 0.001


def test_a_rare_bin_is_not_blocked_by_common_ones(tmp_path):
    """Ten GC islands among AT: every island is found although the tiles rarely fall on one."""
    letters = list(random_sequence(4_000, 4, "AT"))
    for start in range(203, 4_000, 400):
        letters[start : start + 10] = "GC" * 5
    genome = genome_of(tmp_path, one="".join(letters))
    wanted = positives(*[("one", 0, 10, "train", 1.0)] * 10, *[("one", 0, 10, "train", 0.0)] * 200)
    windows, counts = sample_negatives(genome, regions(("one", 0, 4_000, "train")), wanted, intervals(), [], **SETTINGS)
    assert counts["missing"].tolist() == [0, 0]
    rich = windows.loc[windows["gc"] >= 0.9, "start"]
    assert (np.abs(rich - np.arange(203, 4_000, 400)) <= 1).all()  # off by one, the GC is still 0.9

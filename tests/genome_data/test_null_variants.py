"""Null variants make the same changes as the given ones, near them, and never at their place."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from genome_data.genome import Genome, normalise_fasta
from genome_data.windows.null_variants import null_variants

COLUMNS = ["genome_contig", "genome_start", "reference", "alternative"]
LENGTH, REACH = 2000, 100
TURN = str.maketrans("ACGT", "TGCA")


@pytest.fixture(scope="module")
def genome(tmp_path_factory: pytest.TempPathFactory) -> Genome:
    folder = tmp_path_factory.mktemp("genome")
    rng = np.random.default_rng(0)
    letters = {name: rng.choice(list("ACGT"), LENGTH) for name in ("a", "b")}
    letters["a"][900:960] = "N"
    letters["c"] = np.array(list("A" * 5 + "G" + "A" * 5))
    (folder / "source.fa").write_text("".join(f">{name}\n{''.join(each)}\n" for name, each in letters.items()))
    normalise_fasta(folder / "source.fa", folder / "genome.fa", folder / "genome.fa.fai", folder / "c", folder / "s")
    return Genome(folder / "genome.fa")


def word(genome: Genome, contig: str, start: int, length: int) -> str:
    return genome.bases(contig)[start : start + length].tobytes().decode()


def variant(genome: Genome, contig: str, start: int, length: int, change) -> tuple[str, int, str, str]:
    reference = word(genome, contig, start, length)
    return contig, start, reference, change(reference)


def test_single_bases_are_replaced_by_the_same_ones_near_the_variants(genome: Genome) -> None:
    other = dict(zip("ACGT", "GTAC", strict=True))
    rows = [variant(genome, contig, start, 1, other.get) for contig in "ab" for start in (3, 850, 1400, LENGTH - 2)]
    given = pd.DataFrame(rows, columns=COLUMNS)
    drawn = null_variants(genome, given, 400, REACH)
    assert list(drawn.columns) == COLUMNS
    assert Counter(drawn["reference"] + drawn["alternative"]) == {
        change: 50 * number for change, number in Counter(given["reference"] + given["alternative"]).items()
    }
    for row in drawn.itertuples():
        assert word(genome, row.genome_contig, row.genome_start, 1) == row.reference
        distances = (given["genome_start"] - row.genome_start).abs()[given["genome_contig"] == row.genome_contig]
        assert 0 < distances.min() <= REACH
    assert len(drawn.drop_duplicates()) > 80
    pd.testing.assert_frame_equal(null_variants(genome, given, 400, REACH), drawn)


@pytest.mark.parametrize(
    ("length", "change"),
    [(4, lambda word: word[:1]), (1, lambda word: word + "ACG"), (3, lambda word: word[::-1].translate(TURN))],
    ids=["deletion", "insertion", "several bases"],
)
def test_other_changes_keep_their_lengths_and_what_comes_in(genome: Genome, length: int, change) -> None:
    given = pd.DataFrame([variant(genome, "a", 870, length, change)], columns=COLUMNS)
    drawn = null_variants(genome, given, 60, REACH)
    assert len(drawn) == 60
    (gained,) = given["alternative"].str.len()
    for row in drawn.itertuples():
        assert row.reference == word(genome, "a", row.genome_start, length)
        assert row.reference != row.alternative
        assert "N" not in row.reference
        assert len(row.alternative) == gained
        assert abs(row.genome_start - 870) >= length
        if length != gained:
            assert row.alternative == row.reference[:gained] + "ACG"[: max(0, gained - length)]


def test_a_variant_without_another_place_has_no_null(genome: Genome) -> None:
    only = pd.DataFrame([("c", 5, "G", "T")], columns=COLUMNS)
    assert null_variants(genome, only, 10, REACH).empty
    both = pd.DataFrame([("c", 5, "G", "T"), ("c", 2, "A", "C")], columns=COLUMNS)
    assert set(null_variants(genome, both, 10, REACH)["alternative"]) == {"C"}
    assert null_variants(genome, both, 0, REACH).empty

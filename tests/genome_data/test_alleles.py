"""Fully justified alleles make the same change, and depend neither on how it is written nor on the strand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genome_data.windows.alleles import justified_alleles

COMPLEMENT = str.maketrans("ACGTN", "TGCAN")


class Bases:
    """A genome of one contig."""

    def __init__(self, letters: str) -> None:
        self._letters = np.frombuffer(letters.encode(), np.uint8)

    def bases(self, contig: str) -> np.ndarray:
        return self._letters


def justified(genome: str, *variants: tuple[int, str, str]) -> list[tuple[int, str, str]]:
    columns = ["genome_start", "reference", "alternative"]
    table = pd.DataFrame(variants, columns=columns).assign(genome_contig="c", position=7)
    found = justified_alleles(Bases(genome), table)
    assert (found["position"] == 7).all()
    return list(found[columns].itertuples(index=False, name=None))


def changed(genome: str, start: int, reference: str, alternative: str) -> str:
    """The genome with the change; it may reach one unknown base beyond either end."""
    padded = f"N{genome}N"
    assert padded[start + 1 :].startswith(reference)
    return padded[: start + 1] + alternative + padded[start + 1 + len(reference) :]


@pytest.mark.parametrize(
    ("genome", "written", "expected"),
    [
        ("GATTACA", (1, "A", "C"), (1, "A", "C")),
        ("GATTACA", (1, "AT", "CT"), (1, "A", "C")),
        ("GATTACA", (0, "GATT", "GCGT"), (1, "AT", "CG")),
        ("GATTACA", (1, "AT", "A"), (2, "TT", "T")),
        ("GATTACA", (2, "TT", "T"), (2, "TT", "T")),
        ("GATTACA", (3, "T", "TT"), (2, "TT", "TTT")),
        ("GCACACAT", (1, "CA", "CACA"), (1, "CACACA", "CACACACA")),
        ("GCACACAT", (2, "ACA", "A"), (1, "CACACA", "CACA")),
        ("GATTACA", (4, "AC", "A"), (4, "ACA", "AA")),
        ("GATTACA", (0, "GA", "A"), (-1, "NGA", "NA")),
        ("GATTACA", (6, "A", "AG"), (6, "AN", "AGN")),
        ("AAA", (1, "AA", "A"), (0, "AAA", "AA")),
        ("ANNA", (0, "AN", "AG"), (1, "N", "G")),
    ],
)
def test_known_alleles(genome: str, written: tuple[int, str, str], expected: tuple[int, str, str]) -> None:
    assert justified(genome, written) == [expected]


def test_a_table_without_variants_stays_empty() -> None:
    assert justified("ACGT") == []


@given(data=st.data(), genome=st.text("AC", min_size=1, max_size=10))
@settings(max_examples=80, deadline=None)
def test_they_are_the_same_for_every_way_to_write_a_change_and_mirrored_on_the_other_strand(data, genome) -> None:
    start = data.draw(st.integers(0, len(genome)))
    reference = genome[start : data.draw(st.integers(start, len(genome)))]
    alternative = data.draw(st.text("AC", max_size=4).filter(lambda bases: bases != reference))
    ((first, one, other),) = justified(genome, (start, reference, alternative))
    edited = changed(genome, start, reference, alternative)
    assert changed(genome, first, one, other) == edited
    assert one and other
    # All other ways: every piece of the genome that, replaced, gives the same.
    length = len(edited) - len(genome) - 2
    for begin in range(len(genome) + 1):
        for end in range(max(begin, begin - length), len(genome) + 1):
            bases = edited[begin + 1 : end + 1 + length]
            if bases != genome[begin:end] and changed(genome, begin, genome[begin:end], bases) == edited:
                assert justified(genome, (begin, genome[begin:end], bases)) == [(first, one, other)]
    mirrored = (
        len(genome) - start - len(reference),
        *(each[::-1].translate(COMPLEMENT) for each in (reference, alternative)),
    )
    ((first_there, one_there, other_there),) = justified(genome[::-1].translate(COMPLEMENT), mirrored)
    assert first_there == len(genome) - first - len(one)
    assert (one_there, other_there) == tuple(each[::-1].translate(COMPLEMENT) for each in (one, other))

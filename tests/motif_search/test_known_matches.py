"""Known motifs that motifs resemble: p values of TOMTOM and q values in large databases, correlations in small ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from memelite import tomtom
from scipy.stats import kstest

from genome_data.motifs import Motif, best_match, read_motif
from motif_search import matches
from motif_search.matches import LARGEST_Q, LEAST_DATABASE, correlations, known_matches, tomtom_p_values

FILES = sorted((Path(__file__).parents[2] / "resources/motifs").glob("*.jaspar"))
KNOWN = {motif.accession: motif for motif in map(read_motif, FILES)}
CTCF, SPI1 = KNOWN["MA0139.2"], KNOWN["MA0080.5"]


def database(rng: np.random.Generator, number: int) -> dict[str, Motif]:
    """Random motifs, and then the real ones."""
    others = {
        f"R{index}": Motif(f"R{index}", f"random {index}", 100 * rng.dirichlet(np.full(4, 0.3), rng.integers(7, 18)))
        for index in range(number - len(KNOWN))
    }
    return others | KNOWN


def noisy(motif: Motif, rng: np.random.Generator) -> np.ndarray:
    """Base frequencies of sites drawn from a motif, with a flank of background, reverse complemented."""
    words = motif.sample(np.ones(60), rng)
    counts = (words[..., None] == np.arange(4)).sum(axis=0) + 0.5
    counts = np.concatenate([counts, np.full((2, 4), 15.0)])[::-1, ::-1]
    return counts / counts.sum(axis=1, keepdims=True)


@pytest.mark.slow  # Compiling TOMTOM takes most of a minute, once.
def test_a_motif_is_known_among_many_and_a_random_one_is_not() -> None:
    rng = np.random.default_rng(0)
    known = database(rng, 300)
    random = [rng.dirichlet(np.full(4, 0.3), 10) for _ in range(6)]
    found = known_matches([noisy(CTCF, rng), noisy(SPI1, rng), *random], known)
    assert [row.get("match") for row in found] == ["CTCF", "SPI1"] + 6 * [None]
    for row, motif in zip(found, (CTCF, SPI1), strict=False):
        assert row["accession"] == motif.accession
        assert row["strand"] == "-"
        assert row["p"] < row["q"] < 1e-6
        assert row["correlation"] > 0.9
    for row in found[2:]:
        assert row["q"] > LARGEST_Q
        assert set(row) == {"correlation", "p", "q"}


@pytest.mark.slow
def test_p_values_are_those_of_memelite_and_uniform_for_motifs_of_chance() -> None:
    rng = np.random.default_rng(1)
    known = [each.probabilities for each in database(rng, 100).values()]
    random = [rng.dirichlet(np.full(4, 0.3), 10) for _ in range(40)]
    p = tomtom_p_values([noisy(CTCF, rng), *random], known)
    assert p.shape == (41, 100)
    assert p[1] == pytest.approx(tomtom([random[0].T.copy()], [each.T.copy() for each in known], n_jobs=1)[0][0])
    # The best of both strands and all offsets: not exactly uniform, but never too small.
    assert kstest(p[1:].ravel(), "uniform", alternative="greater").statistic < 0.05
    assert p[0].argmin() == 99 - list(KNOWN)[::-1].index("MA0139.2")


def test_the_smallest_p_value_decides_and_q_values_are_corrected_for_all_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    known = database(rng, LEAST_DATABASE)
    names = [each.name for each in known.values()]
    p = np.full((2, len(known)), 0.9)
    # The first motif: two candidates. The second: 0.03 alone would pass, but is one of a hundred.
    p[0, [3, 7]], p[1, 5] = (1e-6, 1e-4), 0.03
    monkeypatch.setattr(matches, "tomtom_p_values", lambda found, others: p)
    first, second = known_matches([CTCF.probabilities, SPI1.probabilities], known)
    assert (first["match"], first["p"]) == (names[3], 1e-6)
    assert first["q"] == pytest.approx(1e-6 * 100)
    assert first["correlation"] == best_match(CTCF.probabilities, known["R3"].probabilities).correlation
    assert second["q"] == pytest.approx(0.9)
    assert "match" not in second


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("number", [1, 3])
def test_few_known_motifs_are_compared_by_correlation_alone(number: int) -> None:
    rng = np.random.default_rng(3)
    known = dict(list(KNOWN.items())[-number:])
    (found,) = known_matches([noisy(CTCF, rng)], known)
    assert set(found) == {"correlation", "match", "accession", "strand", "offset"}
    (unlike,) = known_matches([rng.dirichlet(np.full(4, 0.3), 10)], known)
    assert set(unlike) == {"correlation"}
    assert unlike["correlation"] < 0.8


def test_without_known_motifs_nothing_is_known() -> None:
    assert known_matches([CTCF.probabilities], {}) == [{}]
    assert known_matches([], KNOWN) == []


@given(st.integers(0, 1000))
def test_correlations_are_those_of_the_best_alignment(seed: int) -> None:
    motif = np.random.default_rng(seed).dirichlet(np.full(4, 0.3), 8)
    (row,) = correlations([motif], KNOWN)
    assert row.tolist() == [best_match(motif, each.probabilities).correlation for each in KNOWN.values()]

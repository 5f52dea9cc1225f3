"""Instances of motifs: planted sites are found on their strand, chance matches are not, and both strands agree."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from memelite import fimo

from genome_data.alphabet import reverse_complement
from genome_data.motifs import FoundMotif, Motif, best_match, read_motif
from motif_search.hits import (
    COLUMNS,
    LARGEST_P,
    LARGEST_Q,
    Explained,
    _is_best_of_overlapping,
    as_bed,
    decoys,
    instances,
    matches,
    q_values,
)

FOLDER = Path(__file__).parents[2] / "resources/motifs"
SPI1 = read_motif(FOLDER / "MA0080.5.SPI1.jaspar")
CTCF = read_motif(FOLDER / "MA0139.2.CTCF.jaspar")
WIDTH, GAP = 120, 1000


def found_motif(motif: Motif) -> FoundMotif:
    return FoundMotif(motif.counts / motif.counts.sum(axis=1, keepdims=True), 200)


def noise(rng: np.random.Generator, windows: int) -> Explained:
    """Random windows apart from each other, on two contigs, whose bases contribute as chance has it."""
    return Explained(
        np.array(["chr2", "chr10"], dtype=object)[np.arange(windows) % 2],
        GAP * np.arange(windows),
        rng.integers(0, 4, (windows, WIDTH), dtype=np.uint8),
        rng.normal(0, 0.1, (windows, WIDTH)),
    )


def plant(explained: Explained, motif: Motif, rows: range, rng: np.random.Generator, strength: float) -> pd.DataFrame:
    """Write a word of a motif into each of some windows, on either strand, where ``strength`` is added to each base."""
    sites = []
    for row, word in zip(rows, motif.sample(np.full(len(rows), 1.2), rng), strict=True):
        start, strand = int(rng.integers(5, WIDTH - motif.width - 5)), "+-"[rng.integers(2)]
        place = slice(start, start + motif.width)
        explained.codes[row, place] = word if strand == "+" else 3 - word[::-1]
        explained.contributions[row, place] += strength
        first = explained.starts[row] + start
        sites.append((explained.contigs[row], first, first + motif.width, strand))
    return pd.DataFrame(sites, columns=["contig", "start", "end", "strand"])


def places(table: pd.DataFrame) -> set[tuple]:
    return set(table[["contig", "start", "end", "strand"]].itertuples(index=False, name=None))


def test_planted_sites_are_found_in_their_place_on_their_strand() -> None:
    rng = np.random.default_rng(0)
    explained = noise(rng, 400)
    truth = places(plant(explained, SPI1, range(150), rng, 0.5))
    # Words that do not contribute, and bases that contribute without the word.
    silent = places(plant(explained, SPI1, range(150, 250), rng, 0))
    explained.contributions[250:400, 40:55] += 0.5
    found = instances({"motif_1": found_motif(SPI1)}, explained)
    called = places(found)
    assert len(called & truth) >= 0.9 * len(truth)
    assert len(called - truth) <= 0.1 * len(called)
    assert len(called & silent) <= 0.05 * len(silent)
    assert list(found.columns) == COLUMNS
    assert (found["q"] <= LARGEST_Q).all()
    assert (found["p"] < LARGEST_P).all()


def test_of_motifs_on_noise_few_have_an_instance() -> None:
    """At a q value of 5 %, one or two motifs of twenty may have false instances."""
    with_instances = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        motif = FoundMotif(rng.dirichlet(np.full(4, 0.3), 10), 50)
        with_instances += not instances({"m": motif}, noise(rng, 200)).empty
    assert with_instances <= 3


def test_a_motif_of_noise_has_few_instances_beside_true_sites() -> None:
    """Its matches that overlap a true site contribute, but those of its decoys do so as well."""
    rng = np.random.default_rng(1)
    explained = noise(rng, 400)
    truth = plant(explained, CTCF, range(400), rng, 0.5)
    chance = {f"chance_{index}": FoundMotif(rng.dirichlet(np.full(4, 0.2), 9), 40) for index in range(8)}
    counts = instances({"true": found_motif(CTCF)} | chance, explained)["motif"].value_counts()
    assert counts["true"] >= 0.9 * len(truth)
    assert counts.drop("true").sum() <= 0.05 * len(truth)


def test_the_share_of_false_instances_is_held() -> None:
    """On average over draws, with a hundred weak sites among many windows without any."""
    shares = []
    for seed in range(10):
        rng = np.random.default_rng(100 + seed)
        explained = noise(rng, 500)
        truth = places(plant(explained, SPI1, range(100), rng, 0.15))
        called = places(instances({"m": found_motif(SPI1)}, explained))
        near = {(contig, start + shift) for contig, start, _, _ in truth for shift in range(-14, 15)}
        false = [each for each in called if each[:2] not in near]
        shares.append(len(false) / max(1, len(called)))
    assert np.mean(shares) <= LARGEST_Q + 0.02


def test_the_reverse_complement_has_the_same_instances_on_the_other_strand() -> None:
    rng = np.random.default_rng(2)
    explained = noise(rng, 120)
    plant(explained, SPI1, range(80), rng, 0.4)
    explained.codes[5, :60] = 4
    found = instances({"a": found_motif(SPI1), "b": found_motif(CTCF)}, explained)
    assert len(found) > 50
    # The contig is turned over: a base at x lies at length - 1 - x.
    length = int(explained.starts.max()) + WIDTH
    turned = Explained(
        explained.contigs,
        length - explained.starts - WIDTH,
        reverse_complement(explained.codes),
        explained.contributions[:, ::-1],
    )
    again = instances({"a": found_motif(SPI1), "b": found_motif(CTCF)}, turned)
    back = again.assign(
        start=length - again["end"], end=length - again["start"], strand=again["strand"].map({"+": "-", "-": "+"})
    )
    back = back.sort_values(["contig", "start", "end", "motif"], ignore_index=True)
    pd.testing.assert_frame_equal(back, found, rtol=1e-9, check_dtype=False)


def test_a_place_in_several_windows_counts_once() -> None:
    rng = np.random.default_rng(3)
    explained = noise(rng, 100)
    plant(explained, SPI1, range(60), rng, 0.5)
    once = instances({"m": found_motif(SPI1)}, explained)
    # Every window again, with 100 of its bases and other contributions: the first window of a place has the word.
    repeated = Explained(
        np.concatenate([explained.contigs, explained.contigs]),
        np.concatenate([explained.starts, explained.starts + 20]),
        np.concatenate([explained.codes, np.pad(explained.codes[:, 20:], ((0, 0), (0, 20)), constant_values=4)]),
        np.concatenate([explained.contributions, 3 * np.roll(explained.contributions, -20, axis=1)]),
    )
    pd.testing.assert_frame_equal(instances({"m": found_motif(SPI1)}, repeated), once)


def test_numbers_of_a_match_are_those_of_fimo_and_of_its_word() -> None:
    rng = np.random.default_rng(4)
    explained = noise(rng, 50)
    plant(explained, CTCF, range(50), rng, 1.0)
    (expected,) = fimo({"m": CTCF.probabilities.T}, np.eye(5)[explained.codes][..., :4].transpose(0, 2, 1), eps=0)
    p_values = {
        (row, start, strand): p
        for row, start, strand, p in expected[["sequence_name", "start", "strand", "p-value"]].itertuples(index=False)
    }
    compared = 0
    for match in matches([CTCF], explained).itertuples():
        row = match.start // GAP
        place = slice(match.start % GAP, match.end - row * GAP)
        word = explained.codes[row, place]
        word = word if match.strand == "+" else 3 - word[::-1]
        assert match.log_odds == pytest.approx(CTCF.log_odds(word[None])[0], abs=1e-3)
        assert match.contribution == pytest.approx(explained.contributions[row, place].sum())
        if (row, place.start, match.strand) in p_values:
            assert match.p == p_values[row, place.start, match.strand]
            compared += 1
    assert compared >= 45


def test_the_best_word_has_the_p_value_of_a_single_word() -> None:
    counts = np.full((6, 4), 2.0)
    counts[np.arange(6), [0, 1, 1, 3, 2, 0]] = 94
    explained = Explained(
        np.array(["c"], dtype=object), np.array([0]), np.array([[0, 1, 1, 3, 2, 0, 1]]), np.ones((1, 7))
    )
    (match,) = matches([Motif("m", "m", counts)], explained).itertuples()
    assert (match.start, match.strand) == (0, "+")
    assert match.p == pytest.approx(4.0**-6)


def test_a_word_that_matches_equally_well_on_both_strands_has_no_strand() -> None:
    palindrome = np.full((6, 4), 2.0)
    palindrome[np.arange(6), [1, 0, 1, 2, 3, 2]] = 94
    codes = np.array([[0, 0, 1, 0, 1, 2, 3, 2, 0, 0]])
    explained = Explained(np.array(["c"], dtype=object), np.array([7]), codes, np.ones(codes.shape))
    table = matches([Motif("m", "m", palindrome)], explained)
    assert places(table) == {("c", 9, 15, ".")}


def test_unknown_bases_do_not_match() -> None:
    rng = np.random.default_rng(5)
    explained = noise(rng, 40)
    plant(explained, CTCF, range(40), rng, 1.0)
    before = matches([CTCF], explained)
    explained.codes[3, ::7] = 4
    after = matches([CTCF], explained)
    assert set(before["start"] // GAP) == set(range(40))
    assert set(after["start"] // GAP) == set(range(40)) - {3}


def test_decoys_keep_the_columns_and_lose_the_motif() -> None:
    drawn = decoys(CTCF)
    assert len(drawn) == 20
    columns = {tuple(sorted((tuple(column), tuple(column[::-1])))) for column in CTCF.counts}
    for decoy in drawn:
        assert decoy.counts.shape == CTCF.counts.shape
        assert {tuple(sorted((tuple(column), tuple(column[::-1])))) for column in decoy.counts} == columns
        assert best_match(decoy.probabilities, CTCF.probabilities).correlation < 0.8


@given(
    evidence=st.lists(st.integers(0, 12), max_size=15),
    of_decoys=st.lists(st.lists(st.integers(0, 12), max_size=8), min_size=1, max_size=4),
)
def test_q_values_by_their_definition(evidence: list[int], of_decoys: list[list[int]]) -> None:
    def share(threshold: int) -> float:
        chance = sum(value >= threshold for decoy in of_decoys for value in decoy) / len(of_decoys)
        return (1 + chance) / sum(value >= threshold for value in evidence)

    expected = [min(1, *(share(lower) for lower in evidence if lower <= value)) for value in evidence]
    pooled = np.array([value for decoy in of_decoys for value in decoy], dtype=float)
    found = q_values(np.array(evidence, dtype=float), pooled, len(of_decoys))
    assert found == pytest.approx(expected)


def test_without_decoys_nothing_is_significant() -> None:
    assert q_values(np.array([1.0, 9.0]), np.array([]), 0).tolist() == [1, 1]


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 40), st.integers(0, 5)), max_size=25), st.integers(1, 8)
)
def test_the_best_of_overlapping_matches_are_those_of_a_greedy_search(rows: list[tuple], width: int) -> None:
    rng = np.random.default_rng(len(rows))
    table = pd.DataFrame(
        {
            "number": len(rows) * [0],
            "contig": [row[0] for row in rows],
            "start": [row[1] for row in rows],
            "end": [row[1] + width for row in rows],
            "log_odds": [float(row[2]) for row in rows],
            "contribution": rng.permutation(len(rows)).astype(float),
        }
    )
    kept: list[int] = []
    for index in table.sort_values(["log_odds", "contribution"], ascending=False).index:
        row = table.loc[index]
        rivals = table.loc[kept]
        is_near = (rivals["contig"] == row["contig"]) & ((rivals["start"] - row["start"]).abs() < width)
        if not is_near.any():
            kept.append(index)
    assert np.flatnonzero(_is_best_of_overlapping(table)).tolist() == sorted(kept)


def test_bedtools_reads_the_instances_in_their_order(tmp_path: Path) -> None:
    rng = np.random.default_rng(6)
    explained = noise(rng, 80)
    truth = plant(explained, SPI1, range(60), rng, 0.5)
    plant(explained, CTCF, range(60, 80), rng, 0.7)
    bed = as_bed(instances({"motif_1": found_motif(SPI1), "motif_2": found_motif(CTCF)}, explained))
    bed.to_csv(tmp_path / "hits.bed", sep="\t", index=False, header=False)
    truth.assign(name="site", score=0)[["contig", "start", "end", "name", "score", "strand"]].to_csv(
        tmp_path / "truth.bed", sep="\t", index=False, header=False
    )

    def bedtools(*arguments: str) -> str:
        return subprocess.run(["bedtools", *arguments], cwd=tmp_path, check=True, capture_output=True, text=True).stdout

    assert bedtools("sort", "-i", "hits.bed") == (tmp_path / "hits.bed").read_text()
    on_strand = bedtools("intersect", "-s", "-f", "1", "-r", "-u", "-a", "truth.bed", "-b", "hits.bed")
    assert len(on_strand.splitlines()) >= 54
    assert bed.groupby("motif")["score"].max().to_dict() == {"motif_1": 1000, "motif_2": 1000}
    assert bed["score"].between(0, 1000).all()


def test_no_motif_has_no_instance() -> None:
    table = instances({}, noise(np.random.default_rng(7), 3))
    assert table.empty
    assert list(table.columns) == COLUMNS
    assert as_bed(table).empty

"""Motifs from contributions: planted ones are found again; files and comparison by their definitions."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from find_motifs import COLUMNS, LEAST_SITES, SEQLET_COLUMNS, find_motifs
from hypothesis import given
from hypothesis import strategies as st

from genome_data.motifs import (
    LEAST_CORRELATION,
    FoundMotif,
    best_match,
    consensus,
    information,
    read_found_motifs,
    read_motif,
    write_meme,
)
from genome_data.windows.table import WINDOW_TABLE_COLUMNS
from motif_search.clusters import CORE, FLANK, LEAST_SEQLETS, bits_by_chance

FILES = sorted((Path(__file__).parents[2] / "resources/motifs").glob("*.jaspar"))
MOTIFS = {motif.name: motif for motif in map(read_motif, FILES)}
FILES_OF = dict(zip(MOTIFS, FILES, strict=True))
WIDTH, GAP = 100, 250


def planted(windows: int, names: list[str], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Faint contributions and base codes, with one word of a motif a window, on either strand, that contributes."""
    codes = rng.integers(0, 4, (windows, WIDTH), dtype=np.uint8)
    contributions = rng.normal(0, 0.05, (windows, WIDTH, 4))
    for row in range(windows):
        motif = MOTIFS[names[row % len(names)]]
        word, weights = motif.sample(np.ones(1), rng)[0], 0.3 * motif.log_odds_matrix
        if rng.random() < 0.5:
            word, weights = 3 - word[::-1], weights[::-1, ::-1]
        start = rng.integers(20, WIDTH - 20 - motif.width)
        codes[row, start : start + motif.width] = word
        contributions[row, start : start + motif.width] += weights
    codes[0, :5] = 4
    return contributions, codes


def spread(rng: np.random.Generator, windows: int) -> tuple[np.ndarray, np.ndarray]:
    """Contributions and base codes with a random word that contributes in each window, another one in each."""
    codes = rng.integers(0, 4, (windows, WIDTH), dtype=np.uint8)
    contributions = rng.normal(0, 0.05, (windows, WIDTH, 4))
    contributions[:, 40:55] += 0.6 * (codes[:, 40:55, None] == np.arange(4))
    return contributions, codes


def discover(folder: Path, contributions: np.ndarray, codes: np.ndarray, known: list[Path], **changes) -> pd.DataFrame:
    np.save(folder / "contributions.npy", contributions)
    np.save(folder / "sequences.npy", codes)
    unbound = len(codes)
    windows = pd.DataFrame({"contig": "chr1", "start": 0, "end": WIDTH, "name": "w", "split": "train", "gc": 0.5}, [0])
    windows = pd.concat([windows.assign(label=1)] * (len(codes) + 7) + [windows.assign(label=0)] * unbound)
    windows.to_csv(folder / "windows.tsv", sep="\t", columns=list(WINDOW_TABLE_COLUMNS), index=False)
    explained = windows[: len(codes)].assign(start=GAP * np.arange(len(codes)))
    explained.assign(end=explained["start"] + WIDTH).to_csv(folder / "explained.tsv", sep="\t", index=False)
    arguments = {
        "windows": folder / "windows.tsv",
        "explained": folder / "explained.tsv",
        "contributions": folder / "contributions.npy",
        "sequences": folder / "sequences.npy",
        "known": known,
        "strongest": len(codes),
        "motifs": folder / "motifs.meme",
        "table": folder / "motifs.tsv",
        "search": folder / "search.json",
        "seqlets": folder / "seqlets.tsv",
        "hits": folder / "hits.tsv",
        "bed": folder / "hits.bed",
    }
    find_motifs(**arguments | changes)
    return pd.read_csv(folder / "motifs.tsv", sep="\t")


def search_of(folder: Path) -> dict:
    return json.loads((folder / "search.json").read_bytes())


def test_planted_motifs_are_found_again(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    table = discover(tmp_path, *planted(160, ["CTCF", "SPI1"], rng), FILES)
    assert sorted(table["match"]) == ["CTCF", "SPI1"]
    assert sorted(table["accession"]) == ["MA0080.5", "MA0139.2"]
    assert (table["correlation"] > 0.9).all()
    assert (table["sites"] >= 30).all()
    assert (table["evidence"] == "known motif").all()
    found = read_found_motifs(tmp_path / "motifs.meme")
    for row in table.itertuples():
        motif = found[row.motif]
        assert motif.sites == row.sites
        entropies = -(motif.probabilities * np.log2(np.maximum(motif.probabilities, 1e-12))).sum(axis=1)
        assert row.bits == pytest.approx((2 - entropies).sum(), rel=1e-3)
        assert consensus(motif.probabilities) == row.consensus
        match = best_match(motif.probabilities, MOTIFS[row.match].probabilities)
        assert row.correlation == pytest.approx(match.correlation, abs=1e-4)
        assert (row.strand, row.offset) == match[1:]


def test_seqlets_and_instances_lie_where_sites_were_planted(tmp_path: Path) -> None:
    """The sites of CTCF are in every second window; each planted site is where the bases were drawn from the motif."""
    contributions, codes = planted(160, ["CTCF", "SPI1"], np.random.default_rng(0))
    table = discover(tmp_path, contributions, codes, FILES).set_index("motif")
    assert list(table.columns) == COLUMNS[1:]
    seqlets, hits = (pd.read_csv(tmp_path / name, sep="\t") for name in ("seqlets.tsv", "hits.tsv"))
    assert list(seqlets.columns) == SEQLET_COLUMNS
    assert seqlets["motif"].value_counts().to_dict() == table["sites"].to_dict()
    assert hits["motif"].value_counts().to_dict() == table["instances"].to_dict()
    actual = np.take_along_axis(contributions, np.minimum(codes, 3)[..., None].astype(int), axis=2)[..., 0]
    actual[codes > 3] = 0
    found = read_found_motifs(tmp_path / "motifs.meme")
    for places in (seqlets, hits):
        assert places.equals(places.sort_values(["contig", "start", "end", "motif"], kind="stable"))
        for name, of_motif in places.groupby("motif"):
            rows = of_motif["start"] // GAP
            assert (rows % 2 == ["CTCF", "SPI1"].index(table["match"][name])).mean() > 0.95
            assert rows.nunique() >= (30 if places is seqlets else 60)
            words = []
            for row, place in zip(rows, of_motif.itertuples(), strict=True):
                inside = slice(place.start - GAP * row, place.end - GAP * row)
                assert place.contribution == pytest.approx(actual[row, inside].sum(), rel=1e-4)
                word = codes[row, inside]
                words.append(word if place.strand == "+" else 3 - word[::-1])
            # On the strand that is given, the words of all places are those of the motif.
            frequencies = (np.array(words)[..., None] == np.arange(4)).mean(axis=0)
            assert best_match(frequencies, found[name].probabilities) == (pytest.approx(1, abs=0.03), "+", 0)
    bed = pd.read_csv(tmp_path / "hits.bed", sep="\t", header=None)
    assert (
        bed[[0, 1, 2, 3, 5]].to_numpy().tolist()
        == hits[["contig", "start", "end", "motif", "strand"]].to_numpy().tolist()
    )


def test_without_known_motifs_there_is_no_match(tmp_path: Path) -> None:
    table = discover(tmp_path, *planted(120, ["SPI1"], np.random.default_rng(1)), [])
    assert len(table) == 1
    assert table[["match", "accession", "correlation", "strand", "offset"]].isna().all(axis=None)
    motif = read_found_motifs(tmp_path / "motifs.meme")["motif_1"]
    assert best_match(motif.probabilities, MOTIFS["SPI1"].probabilities).correlation > 0.9


def test_a_motif_like_no_known_one_has_its_correlation_and_no_name(tmp_path: Path) -> None:
    table = discover(tmp_path, *planted(120, ["SPI1"], np.random.default_rng(1)), [FILES_OF["CTCF"]])
    assert len(table) == 1
    assert table[["match", "accession", "strand", "offset"]].isna().all(axis=None)
    motif = read_found_motifs(tmp_path / "motifs.meme")["motif_1"]
    match = best_match(motif.probabilities, MOTIFS["CTCF"].probabilities)
    assert table["correlation"][0] == pytest.approx(match.correlation, abs=1e-4)
    assert table["correlation"][0] < LEAST_CORRELATION


def test_offsets_are_whole_numbers_beside_a_motif_without_one(tmp_path: Path) -> None:
    discover(tmp_path, *planted(160, ["CTCF", "SPI1"], np.random.default_rng(0)), [FILES_OF["CTCF"]])
    offsets = pd.read_csv(tmp_path / "motifs.tsv", sep="\t", dtype=str)["offset"]
    assert sorted(offsets.fillna("").str.fullmatch(r"-?\d+")) == [False, True]


def test_noise_repeats_nothing_and_the_reason_is_in_numbers(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    codes = rng.integers(0, 4, (60, WIDTH), dtype=np.uint8)
    assert discover(tmp_path, rng.normal(0, 1, (60, WIDTH, 4)), codes, FILES).empty
    assert read_found_motifs(tmp_path / "motifs.meme") == {}
    assert (tmp_path / "hits.bed").read_bytes() == b""
    assert pd.read_csv(tmp_path / "hits.tsv", sep="\t").empty
    search = search_of(tmp_path)
    assert (search["bound"], search["explained"]) == (67, 60)
    assert search["seqlets"] < search["least_seqlets"] or search["largest"] < search["least_sites"]


@pytest.mark.parametrize("sign", [1, -1, 0])
def test_contributions_of_one_sign_end_no_search(tmp_path: Path, sign: int) -> None:
    contributions, codes = planted(120, ["SPI1"], np.random.default_rng(1))
    table = discover(tmp_path, sign * np.abs(contributions), codes, [])
    assert search_of(tmp_path)["explained"] == 120
    assert (search_of(tmp_path)["seqlets"] > 0) == (sign == 1)
    assert sign == 1 or table.empty


@pytest.mark.parametrize(("windows", "is_clustered"), [(16, False), (60, True)])
def test_too_few_sites_are_counted_and_compared(tmp_path: Path, windows: int, is_clustered: bool) -> None:
    """Sixteen sites are too few stretches to cluster, and fifteen among sixty make a cluster that is too small."""
    rng = np.random.default_rng(3)
    contributions, codes = planted(windows, ["CTCF"], rng)
    if is_clustered:
        contributions[15:], codes[15:] = spread(rng, windows - 15)
    assert discover(tmp_path, contributions, codes, FILES).empty
    search = search_of(tmp_path)
    assert search["least_sites"] == LEAST_SITES
    assert (search["seqlets"] >= LEAST_SEQLETS) == is_clustered
    if is_clustered:
        assert 10 <= search["largest"] < LEAST_SITES
        assert search["correlation"] > 0.8
    else:
        assert (search["clusters"], search["largest"], search["correlation"]) == (0, 0, None)


@given(seed=st.integers(0, 1000), name=st.sampled_from(sorted(MOTIFS)), flip=st.booleans(), flank=st.integers(0, 9))
def test_a_motif_is_known_again_on_either_strand_at_any_offset(seed: int, name: str, flip: bool, flank: int) -> None:
    known = MOTIFS[name].probabilities
    background = np.full((flank, 4), 0.25)
    shown = known[::-1, ::-1] if flip else known
    match = best_match(np.concatenate([background, shown, np.full((3, 4), 0.25)]), known)
    assert match == (pytest.approx(1), "-" if flip else "+", flank)
    other = np.random.default_rng(seed).dirichlet(np.ones(4), size=12)
    assert best_match(other, known).correlation == pytest.approx(best_match(known, other).correlation)
    assert best_match(other, known).correlation < 0.8


def test_what_lies_beyond_the_overlap_counts_against_a_match() -> None:
    known, longer = np.eye(4)[[0, 0, 1]], np.eye(4)[[1, 1, 1, 1, 0, 0, 1, 1, 1]]
    match = best_match(longer, known)
    assert (match.strand, match.offset) == ("+", 4)
    assert match.correlation == pytest.approx(np.sqrt(3 / 9))
    assert best_match(known, longer).offset == -4


def test_files_hold_what_was_written(tmp_path: Path) -> None:
    motifs = {name: FoundMotif(motif.probabilities, number) for number, (name, motif) in enumerate(MOTIFS.items())}
    write_meme(motifs, tmp_path / "motifs.meme")
    again = read_found_motifs(tmp_path / "motifs.meme")
    assert list(again) == list(motifs)
    for name, motif in motifs.items():
        assert np.allclose(again[name].probabilities, motif.probabilities, atol=1e-6)
        assert again[name].sites == motif.sites
    assert (tmp_path / "motifs.meme").read_text().startswith("MEME version 4\n\nALPHABET= ACGT\n\nstrands: + -\n\n")


def test_consensus_is_in_lower_case_where_it_is_weak() -> None:
    assert consensus(np.array([[0.9, 0.1, 0, 0], [0.1, 0.2, 0.4, 0.3], [0, 0, 0.5, 0.5]])) == "AgG"


@pytest.mark.parametrize(("sites", "seqlets"), [(20, 40), (20, 400), (100, 400)])
def test_sites_picked_from_random_stretches_agree_in_fewer_bits_than_the_limit(sites: int, seqlets: int) -> None:
    """A greedy search for the best alignment of eight bases: of each stretch its best place, and the best stretches."""
    rng = np.random.default_rng(sites + seqlets)
    codes = rng.integers(0, 4, (seqlets, CORE + 2 * FLANK))
    words = np.lib.stride_tricks.sliding_window_view(np.stack([codes, 3 - codes[:, ::-1]], 1), 8, axis=2)
    words = words.reshape(seqlets, -1, 8)
    best = 0.0
    for start in range(10):
        chosen = words[start, :1]
        for _ in range(12):
            counts = np.stack([(chosen == base).sum(axis=0) for base in range(4)], axis=1) + 0.05
            probabilities = counts / counts.sum(axis=1, keepdims=True)
            scores = np.log2(probabilities)[np.arange(8), words].sum(axis=2)
            stretches = np.argsort(-scores.max(axis=1))[:sites]
            chosen = words[stretches, scores[stretches].argmax(axis=1)]
        shares = np.stack([(chosen == base).mean(axis=0) for base in range(4)], axis=1)
        best = max(best, information(shares).sum())
    limit = bits_by_chance(sites, seqlets, 8)
    assert 0.5 * limit < best < limit

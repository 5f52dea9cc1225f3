"""Logos: letters as high as their values, the strongest stretch of each window, motifs found beside those known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from plot import figure_writer

from figures.contribution_logos import PANELS, contribution_logos_figure, strongest_stretch
from figures.motif_logos import motif_logos_figure
from figures.sequence_logo import COLOURS, draw_logo
from genome_data.motifs import FoundMotif, information, read_motif, write_meme

MOTIFS = Path(__file__).parents[2] / "resources/motifs"
WIDTH, START = 120, 1000


@pytest.fixture
def planted() -> tuple[np.ndarray, np.ndarray, pd.DataFrame]:
    """Windows with faint contributions but for one strong word, at 10 times the row's number."""
    rng = np.random.default_rng(0)
    contributions, sequences = rng.normal(0, 0.01, (8, WIDTH, 4)), rng.integers(0, 4, (8, WIDTH), dtype=np.uint8)
    for row in range(8):
        contributions[row, 10 * row + 15 : 10 * row + 25] += 1
    sequences[0, 30] = 4
    return (
        contributions,
        sequences,
        pd.DataFrame({"contig": "chr1", "start": START, "end": START + WIDTH}, index=range(8)),
    )


def heights(axis) -> list[tuple[int, float]]:
    """Position and signed height of every letter of a logo."""
    boxes = [patch.get_path().get_extents(patch.get_patch_transform()) for patch in axis.patches]
    return [(round((box.x0 + box.x1) / 2), box.y1 if box.y1 > 1e-9 else box.y0) for box in boxes if box.height > 0]


def test_letters_are_as_high_as_their_values_and_upside_down_below_zero() -> None:
    axis = Figure().subplots()
    values = np.zeros((3, 4))
    values[0, 1], values[1, 3], values[2, 0] = 0.5, -0.25, 1.5
    draw_logo(axis, values)
    assert sorted(heights(axis)) == [(0, pytest.approx(0.5)), (1, pytest.approx(-0.25)), (2, pytest.approx(1.5))]
    assert len(set(COLOURS.values())) == 4


def test_information_of_certain_and_of_unknown_bases() -> None:
    bits = information(np.array([[1, 0, 0, 0], [0.25, 0.25, 0.25, 0.25], [0.5, 0.5, 0, 0]]))
    assert np.allclose(bits, [[2, 0, 0, 0], [0, 0, 0, 0], [0.5, 0.5, 0, 0]])


def test_the_strongest_stretch() -> None:
    sizes = np.zeros(100)
    sizes[[61, 70]] = 1
    found = strongest_stretch(sizes, 10)
    assert (found.start, found.stop) == (61, 71)
    assert strongest_stretch(np.ones(5), 10) == slice(0, 5)


def test_each_panel_shows_the_strong_word_and_says_where_it_lies(planted) -> None:
    contributions, sequences, table = planted
    figure = contribution_logos_figure(contributions, sequences, table)
    assert len(figure.axes) == PANELS
    for row, axis in enumerate(figure.axes):
        contig, span = axis.get_title(loc="left").split(":")
        start, end = (int(text.replace(",", "")) - START for text in span.split("–"))
        assert contig == "chr1"
        assert end - start + 1 == 40, "both ends are included"
        high = [start - 1 + position for position, height in heights(axis) if height > 0.9]
        assert high == list(range(10 * row + 15, 10 * row + 25))


def test_files_are_written_and_the_same_each_time(tmp_path: Path, planted) -> None:
    contributions, sequences, table = planted
    np.save(tmp_path / "contributions.npy", contributions)
    np.save(tmp_path / "sequences.npy", sequences)
    table[:2].to_csv(tmp_path / "table.tsv", sep="\t", index=False)
    for name in ("one", "two"):
        figure_writer("contribution_logos")(
            contributions=tmp_path / "contributions.npy",
            sequences=tmp_path / "sequences.npy",
            table=tmp_path / "table.tsv",
            svg=tmp_path / f"{name}.svg",
            png=tmp_path / f"{name}.png",
        )
    for kind in ("svg", "png"):
        assert (tmp_path / f"one.{kind}").read_bytes() == (tmp_path / f"two.{kind}").read_bytes()


def test_a_known_motif_is_drawn_beside_the_one_found_on_its_strand_and_in_its_place() -> None:
    known = np.eye(4)[[0, 1, 2, 2]]
    found = np.full((6, 4), 0.25)
    found[1:5] = known[::-1, ::-1]
    row = {
        "motif": "motif_1",
        "sites": 30,
        "instances": 41,
        "bits": 8.0,
        "evidence": "known motif",
        "match": "TRUE",
        "accession": "MA1",
        "correlation": 1.0,
        "q": 0.00123,
        "strand": "-",
        "offset": 1,
    }
    ours, theirs = motif_logos_figure(pd.DataFrame([row]), {"motif_1": found}, {"MA1": known}).axes
    drawn = [[height for height in heights(axis) if height[1] > 0.1] for axis in (ours, theirs)]
    assert drawn[0] == drawn[1] == [(position, pytest.approx(2)) for position in (1, 2, 3, 4)]
    letters = [
        [patch.get_facecolor() for patch in axis.patches if patch.get_path().get_extents().height > 0.1]
        for axis in (ours, theirs)
    ]
    assert letters[0] == letters[1]
    assert ours.get_title(loc="left").replace("\n", " ") == "found in 30 sites, 41 instances, 8.0 bits"
    assert theirs.get_title(loc="left").replace("\n", " ") == "TRUE (MA1), correlation 1.00, q 0.001"
    assert ours.get_xlim() == theirs.get_xlim() == (-0.5, 5.5)


def test_without_known_motifs_there_are_no_panels_for_them() -> None:
    absent = dict.fromkeys(["match", "accession", "correlation", "q", "strand", "offset"])
    motif = {"motif": "motif_1", "sites": 30, "instances": 0, "bits": 0.0, "evidence": "sites"} | absent
    figure = motif_logos_figure(pd.DataFrame([motif]), {"motif_1": np.full((6, 4), 0.25)}, {})
    (panel,) = figure.axes
    assert panel.get_gridspec().ncols == 1


@pytest.mark.parametrize(("evidence", "caution"), [("sites", ""), ("weak", "; may be chance")])
def test_a_weak_match_is_drawn_beside_nothing_and_named_as_none(evidence: str, caution: str) -> None:
    motif = {"motif": "motif_1", "sites": 30, "instances": 0, "match": None, "accession": None}
    motif |= {"bits": 4.26, "evidence": evidence, "correlation": 0.37, "q": None}
    figure = motif_logos_figure(pd.DataFrame([motif]), {"motif_1": np.full((6, 4), 0.25)}, {"MA1": np.eye(4)})
    (panel,) = figure.axes
    title = panel.get_title(loc="left").replace("\n", " ")
    assert title == f"found in 30 sites, 0 instances, 4.3 bits{caution}; like no known motif (best correlation 0.37)"


@pytest.mark.parametrize("number", [0, 1, 9])
def test_motifs_of_any_number_are_drawn(tmp_path: Path, number: int) -> None:
    known = read_motif(MOTIFS / "MA0058.4.MAX.jaspar").probabilities
    names = [f"motif_{index}" for index in range(number)]
    write_meme({name: FoundMotif(known, 20) for name in names}, tmp_path / "motifs.meme")
    columns = ["motif", "sites", "instances", "bits", "evidence", "consensus"]
    columns += ["match", "accession", "correlation", "q", "strand", "offset"]
    rows = [
        (name, 20, 33, 12.0, "sites", "CACGTG", *(("MAX", "MA0058.4", 1, 1e-9, "+", 0) if index else (None,) * 6))
        for index, name in enumerate(names)
    ]
    pd.DataFrame(rows, columns=columns).to_csv(tmp_path / "motifs.tsv", sep="\t", index=False)
    figure_writer("motif_logos")(
        motifs=tmp_path / "motifs.meme",
        table=tmp_path / "motifs.tsv",
        known=sorted(MOTIFS.glob("*.jaspar")),
        svg=tmp_path / "motifs.svg",
        png=tmp_path / "motifs.png",
    )
    assert (tmp_path / "motifs.svg").read_text().count("correlation") == min(4, number) - (number > 0)

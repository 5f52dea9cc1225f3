"""Figures of profile tasks: what is drawn is what was counted and predicted, on the right strand and place."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib import image
from plot import figure_writer
from profile_run import ARMS, DOWNSTREAM, GROUPS, OUTPUT, TEST, UPSTREAM, WIDTH, WINDOW, WINDOWS, ProfileRun

from figures.performance import performance_figure
from figures.profile_examples import REACH, choose_windows, example, profile_examples_figure
from figures.strand_footprint import SITE_REACH, reads_around_sites
from figures.style import COLUMN_WIDTH, PNG_RESOLUTION
from figures.training_curves import training_curves_figure

CAPTIONS = Path(__file__).parents[2] / "resources/captions"
HIGHEST_SHOWN = 700
"""Pixels that the window of the report shows."""


PLOTS = {
    "profile_performance": figure_writer("performance"),
    "profile_training_curves": figure_writer("training_curves"),
    "profile_examples": figure_writer("profile_examples"),
    "strand_footprint": figure_writer("strand_footprint"),
}
WORDS = {
    "profile_performance": [
        "Max",
        *ARMS,
        "(nats, low is good)",
        "one of 2 seeds",
        "average profile (floor)",
        "no bound",
    ],
    "profile_training_curves": ["Max", *ARMS, "Training loss", "Profile loss", "Count loss", "Epoch", "chosen epoch"],
    "profile_examples": ["best: chrA:", "median: ", "worst: ", "JSD 0.", "5′ ends per base", "from the summit (bp)"],
    "strand_footprint": ["30 summits", "30 motifs, oriented", "+ at −11", "− at +9", "5′ ends per base and site"],
}


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> ProfileRun:
    return ProfileRun(tmp_path_factory.mktemp("profiles"))


@pytest.mark.parametrize("name", PLOTS)
def test_figures_say_what_they_show_fit_the_report_and_repeat(run, tmp_path, name) -> None:
    files = [[tmp_path / f"{time}.{end}" for end in ("svg", "png")] for time in ("first", "second")]
    for svg, png in files:
        PLOTS[name](**run.inputs(name), svg=svg, png=png)
    (svg, png), again = files
    words = re.sub(r"<[^>]+>", " ", svg.read_text(encoding="utf-8"))
    for word in WORDS[name]:
        assert word in words
    assert [svg.read_bytes(), png.read_bytes()] == [path.read_bytes() for path in again]
    pixels = image.imread(png)[..., :3]
    assert pixels.shape[1] == round(COLUMN_WIDTH * PNG_RESOLUTION)
    assert pixels.shape[0] <= HIGHEST_SHOWN
    for edge in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]):
        assert (edge == 1).all(), "ink touches the edge of the figure"
    assert len((CAPTIONS / f"{name}.rst").read_text(encoding="utf-8").split()) > 20


def test_a_task_without_known_motifs_has_a_footprint_of_its_summits(run, tmp_path) -> None:
    svg = tmp_path / "a.svg"
    inputs = run.inputs("strand_footprint") | {"sites": None}
    PLOTS["strand_footprint"](**inputs, svg=svg, png=tmp_path / "a.png")
    assert "motifs" not in svg.read_text(encoding="utf-8")


def test_oriented_motifs_lie_on_each_other_base_by_base(run) -> None:
    windows, counts = pd.read_csv(run.folder / "windows.tsv", sep="\t"), np.load(run.folder / "counts.npy")
    around = reads_around_sites(counts, windows, run.sites)
    assert around.shape == (WINDOWS, 2, 2 * SITE_REACH + 1)
    # Of a site on the − strand, the 30 reads of that strand lie upstream.
    upstream, downstream = around[:, 0, SITE_REACH + UPSTREAM], around[:, 1, SITE_REACH + DOWNSTREAM]
    assert np.minimum(upstream, downstream).min() >= 30
    is_reverse = (run.sites["strand"] == "-").to_numpy()
    assert (upstream[~is_reverse] >= 50).all()
    assert (downstream[is_reverse] >= 50).all()


def test_sites_count_once_and_only_where_their_surroundings_are_counted() -> None:
    windows = pd.DataFrame({"contig": ["chr1", "chr1", "chr2"], "start": [0, 20, 0], "end": [300, 320, 300]})
    counts = np.ones((3, 2, 200), dtype=np.uint16)
    edges = [50 + SITE_REACH, 269 - SITE_REACH]
    middles = [edges[0] - 1, edges[0], 150, edges[1], edges[1] + 1]
    sites = pd.DataFrame({"contig": "chr1", "start": middles, "end": np.add(middles, 1), "strand": "+"})
    assert len(reads_around_sites(counts, windows, sites)) == 3
    assert len(reads_around_sites(counts, windows, sites.assign(contig="chr3"))) == 0


def test_examples_are_of_deep_windows_and_ranked_by_divergence() -> None:
    predictions = pd.DataFrame(
        {"reads": [5, 100, 100, 100, 100, 100, 4, 3, 90], "JSD": [0.01, 0.3, 0.2, 0.5, 0.4, 0.1, 0.9, 0.6, np.nan]}
    )
    assert choose_windows(predictions) == {"best": 5, "median": 1, "worst": 3}
    assert choose_windows(predictions[:1]) == {"best": 0, "median": 0, "worst": 0}
    assert choose_windows(predictions[8:]) == {}
    assert "no test window" in profile_examples_figure([]).axes[0].get_title(loc="left")


def test_a_prediction_is_scaled_to_the_reads_of_its_strand_and_the_minus_strand_hangs_down() -> None:
    counts = np.zeros((2, OUTPUT), dtype=np.uint16)
    counts[0, OUTPUT // 2 - 7], counts[1, OUTPUT // 2 + 5] = 40, 10
    window = {"contig": "chrA", "start": 1000, "end": 1000 + WINDOW, "reads": 50, "JSD": 0.25}
    shown = example("best", window, counts, np.full((2, OUTPUT), 1 / OUTPUT))
    assert shown.title == "best: chrA:1,351, 50 reads, JSD 0.250"
    axis = profile_examples_figure([shown]).axes[0]
    for steps, (position, height) in zip(axis.patches, ((-7, 40), (5, -10)), strict=True):
        values, edges, _ = steps.get_data()
        assert values[edges[:-1] == position - 0.5] == [height]
        assert np.count_nonzero(values) == 1
    assert axis.lines[0].get_ydata() == pytest.approx(40 / OUTPUT)
    assert axis.lines[1].get_ydata() == pytest.approx(-10 / OUTPUT)
    assert axis.get_xlim() == (-REACH, REACH)


def test_the_observed_counts_of_an_example_are_those_of_its_window(run, tmp_path, monkeypatch) -> None:
    drawn = []
    monkeypatch.setattr(
        "figures.profile_examples.profile_examples_figure",
        lambda shown: (drawn.extend(shown), profile_examples_figure([]))[1],
    )
    PLOTS["profile_examples"](**run.inputs("profile_examples"), svg=tmp_path / "a.svg", png=tmp_path / "a.png")
    counts, margin = np.load(run.folder / "counts.npy"), (WIDTH - OUTPUT) // 2
    best = counts[run.test[TEST - 1], :, margin : margin + OUTPUT]
    assert np.array_equal(drawn[0].observed, best)
    assert drawn[0].predicted.sum(axis=1) == pytest.approx(best.sum(axis=1))


def test_performance_shows_seeds_mean_and_both_references_and_does_without_what_is_not_defined() -> None:
    values = {"task": "Max", "arm": "standard", "seed": [1, 2], "JSD": [0.2, 0.4], "JSD floor": 0.5, "JSD ceiling": 0.1}
    (jsd,) = performance_figure(pd.DataFrame(values).assign(**{"Spearman 1 bp": np.nan}), GROUPS).axes
    dots, mean, floor, ceiling = jsd.lines
    assert dots.get_xdata().tolist() == [0.2, 0.4]
    assert [line.get_xdata()[0] for line in (mean, floor, ceiling)] == pytest.approx([0.3, 0.5, 0.1])


def test_a_learning_curve_is_the_mean_over_seeds_of_each_loss() -> None:
    histories = pd.DataFrame({"task": "Max", "arm": "standard", "seed": [1, 1, 2, 2], "epoch": [1, 2, 1, 2]}).assign(
        train_loss=[9, 7, 9, 5], validation_profile_loss=[900, 700, 800, 500], validation_count_loss=[4, 2, 2, 1]
    )
    training, profile, count = training_curves_figure(histories.assign(is_chosen=False), GROUPS).axes
    assert training.lines[0].get_ydata() == pytest.approx([9, 6])
    assert profile.lines[0].get_ydata() == pytest.approx([850, 600])
    assert count.lines[0].get_ydata() == pytest.approx([3, 1.5])

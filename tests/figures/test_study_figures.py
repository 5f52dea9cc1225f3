"""Figures of a study show what its tables say, for one task or ten, one seed or many."""

import re

import numpy as np
import pandas as pd
import pytest
from figure_words import RESOURCES, words_of
from matplotlib import image
from matplotlib.figure import Figure
from plot import figure_writer
from study_run import LEADS
from study_tables import ARMS, GROUPS, SHOWN, StudyTables

from figures.arms import arm_marks
from figures.place_of_site import place_of_site_figure
from figures.study_arms import study_arms_figure
from figures.study_flips import study_flips_figure
from figures.study_gain import gain_figure
from figures.study_learning_curves import learning_curves_figure
from figures.study_sweep import study_sweep_figure
from figures.style import COLUMN_WIDTH, PAGE_WIDTH, PNG_RESOLUTION
from study.tables import write_table

PLOTS = {
    "study_arms": ["replicates", "intervals", "metrics", "references", "arms"],
    "study_kmer_sweep": ["means", "table", "metrics", "arms"],
    "study_plus_fraction_sweep": ["means", "table", "metrics", "arms"],
    "study_learning_curves": ["means", "metrics", "shown", "arms"],
    "study_gain": ["comparisons", "means", "metrics", "references", "shown", "arms"],
    "study_flips": ["replicates", "tasks", "arms"],
    "place_of_site": ["positions", "tasks", "arms"],
}
WORDS = {
    "study_arms": [*LEADS, "Test AUROC", "mean of standard", "combination"],
    "study_kmer_sweep": ["Length k of the k-mers", "regular", "Test AUROC"],
    "study_plus_fraction_sweep": ["Share of +1 channels", "irrep", "0.75"],
    "study_learning_curves": [*SHOWN, "Training windows", "20,000", "Test AUROC"],
    "study_gain": [*SHOWN[1:], "Gain in AUROC", "95 %, over seeds and test windows"],
    "study_flips": [*LEADS, "Calls that differ (%)", "exactly zero"],
    "place_of_site": [*SHOWN, "Site from middle (bp)", "AUROC", "Mean logit"],
}


def draw(tables: StudyTables, name: str, folder):
    arguments = {key: getattr(tables, key) for key in PLOTS[name]}
    for key, value in arguments.items():
        if isinstance(value, pd.DataFrame):
            arguments[key] = folder / f"{key}.tsv"
            write_table(value, arguments[key])
    module = name
    if name == "place_of_site":
        arguments["tasks"] = dict.fromkeys(tables.tasks, tables.shown)
    if name.endswith("_sweep"):
        module, arguments["setting"] = "study_sweep", name.removeprefix("study_").removesuffix("_sweep")
    svg, png = folder / f"{name}.svg", folder / f"{name}.png"
    figure_writer(module)(**arguments, svg=svg, png=png)
    return svg, png


@pytest.mark.parametrize("name", PLOTS)
def test_figure_names_tasks_arms_and_axes_and_touches_no_edge(name, tmp_path):
    svg, png = draw(StudyTables(["CTCF", "SPI1"], 5), name, tmp_path)
    words = words_of(svg)
    for word in ["CTCF", "SPI1", *WORDS[name]]:
        assert word in words
    pixels = image.imread(png)[..., :3]
    assert pixels.shape[1] == round(COLUMN_WIDTH * PNG_RESOLUTION)
    for edge in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]):
        assert (edge == 1).all(), "ink touches the edge of the figure"


@pytest.mark.parametrize("name", PLOTS)
def test_ten_tasks_fit_a_page(name, tmp_path):
    tasks = [f"task{number}" for number in range(10)]
    svg, png = draw(StudyTables(tasks, 3), name, tmp_path)
    assert set(tasks) <= set(re.findall(r"^task\d$", words_of(svg), re.MULTILINE))
    height, width = image.imread(png).shape[:2]
    assert width == round(PAGE_WIDTH * PNG_RESOLUTION)
    assert height <= 6 * PNG_RESOLUTION


@pytest.mark.parametrize("name", PLOTS)
def test_one_task_and_one_seed_are_drawn_without_intervals_over_seeds(name, tmp_path):
    svg, _ = draw(StudyTables(["CTCF"], 1), name, tmp_path)
    assert "seeds" not in words_of(svg).replace("over seeds", "").replace("95 % interval", "")


@pytest.mark.parametrize("name", PLOTS)
def test_a_study_without_combinations_is_drawn(name, tmp_path):
    svg, _ = draw(StudyTables(["CTCF"], 3, without=["post_hoc", "best_equivariant"]), name, tmp_path)
    assert "combination" not in words_of(svg)


@pytest.mark.parametrize("name", PLOTS)
def test_every_figure_has_a_caption(name):
    caption = "study_sweep" if name.endswith("_sweep") else name
    assert len((RESOURCES / "captions" / f"{caption}.rst").read_text().split()) > 20


def dots(figure: Figure, row: int) -> np.ndarray:
    """Large dots, of means, in a row of the first panel."""
    return np.concatenate([line.get_xdata() for line in figure.axes[0].lines if list(line.get_ydata()) == [row]])


def test_best_arm_is_marked_with_its_distance_from_the_reference():
    tables = StudyTables(["CTCF"], 5)
    figure = study_arms_figure(tables.replicates, tables.intervals, tables.metrics, tables.references, GROUPS)
    means = tables.means[(tables.means["metric"] == "AUROC") & (tables.means["size"] == "all")].set_index("arm")["mean"]
    (text,) = figure.axes[0].texts
    assert text.get_text() == f"{means.max() - means['standard']:+.3f}"
    assert text.xy[1] == list(LEADS).index(means.idxmax())
    assert dots(figure, 0) == pytest.approx([means["standard"]])


def test_the_smallest_value_of_a_divergence_is_the_best():
    tables = StudyTables(["CTCF"], 5)
    changed = [table.replace("AUROC", "JSD") for table in (tables.replicates, tables.intervals)]
    figure = study_arms_figure(*changed, {"CTCF": "JSD"}, {"CTCF": "regular_k3"}, GROUPS)
    assert figure.axes[0].texts[0].xy[1] in (list(LEADS).index("standard"), list(LEADS).index("irrep_p0"))


def test_sweeps_join_the_arms_of_a_family_in_order():
    tables = StudyTables(["CTCF"], 5)
    for setting, steps in (("kmer", [1, 2, 3, 4]), ("plus_fraction", [0, 0.25, 0.5, 0.75, 1])):
        figure = study_sweep_figure(tables.means, ARMS.iloc[::-1], setting, tables.metrics, GROUPS)
        assert figure.axes[0].lines[0].get_xdata() == pytest.approx(steps)


def test_a_family_of_two_settings_has_a_line_for_each_value_of_the_other():
    rows = [("a", f"a_k{k}_p{p}", k, p) for k in (1, 3) for p in (0.5, 1)] + [("b", "b", 3, np.nan)]
    arms = pd.DataFrame(rows, columns=["family", "arm", "kmer", "plus_fraction"])
    arms = arms.assign(network="published", curvature="", linear_map="")
    means = pd.DataFrame({"task": "t", "arm": arms["arm"], "train_size": 9, "metric": "AUROC", "mean": 0.8})
    means = means.assign(low=0.7, high=0.9)
    groups = dict.fromkeys(arms["arm"], "irrep")
    labels = {
        setting: [
            text.get_text()
            for text in study_sweep_figure(means, arms, setting, {"t": "AUROC"}, groups).legends[0].get_texts()
        ]
        for setting in ("kmer", "plus_fraction")
    }
    assert labels == {"kmer": ["a, 0.5 of +1", "a, 1 of +1"], "plus_fraction": ["a, k = 1", "a, k = 3"]}


def test_a_family_of_several_curvatures_has_a_line_for_each():
    rows = [("a", f"a_k{k}_{curvature}", k, curvature) for k in (1, 3) for curvature in ("flat", "single")]
    arms = pd.DataFrame(rows, columns=["family", "arm", "kmer", "curvature"])
    arms = arms.assign(plus_fraction=np.nan, network="hyperbolic", linear_map="free")
    means = pd.DataFrame({"task": "t", "arm": arms["arm"], "train_size": 9, "metric": "AUROC", "mean": 0.8})
    groups = dict.fromkeys(arms["arm"], "regular")
    figure = study_sweep_figure(means.assign(low=0.7, high=0.9), arms, "kmer", {"t": "AUROC"}, groups)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["a, flat", "a, single"]


def test_gains_of_a_metric_that_should_be_small_are_turned_round():
    tables = StudyTables(["CTCF"], 5)
    shown = ["regular_k3"]
    up = gain_figure(tables.comparisons, tables.means, tables.metrics, tables.references, shown, GROUPS)
    down = gain_figure(
        tables.comparisons.replace("AUROC", "JSD"), tables.means, {"CTCF": "JSD"}, tables.references, shown, GROUPS
    )
    curves = [figure.axes[0].lines[1].get_ydata() for figure in (up, down)]
    assert (curves[0] > 0).all()
    assert curves[0] == pytest.approx(-curves[1])


def test_learning_curves_rise_from_left_to_right():
    tables = StudyTables(["CTCF"], 5)
    curve = learning_curves_figure(tables.means, tables.metrics, ["standard"], GROUPS).axes[0].lines[0]
    assert curve.get_xdata() == pytest.approx([1000, 20_000])
    assert np.diff(curve.get_ydata()) == pytest.approx([0.05], abs=0.004)


def test_one_size_alone_is_drawn_inside_its_axis():
    tables = StudyTables(["CTCF"], 5)
    all_windows = [table[table["size"] == "all"] for table in (tables.comparisons, tables.means)]
    axis = gain_figure(*all_windows, tables.metrics, tables.references, SHOWN, GROUPS).axes[0]
    low, high = axis.get_xlim()
    points = np.concatenate([line.get_xdata() for line in axis.lines[1:]])
    assert len(points) == len(SHOWN) - 1
    assert ((points > low) & (points < high)).all()


def test_flips_are_percent_and_zeros_hollow():
    tables = StudyTables(["CTCF"], 5)
    axis = study_flips_figure(tables.replicates, ["CTCF"], GROUPS).axes[0]
    hollow = [line for line in axis.lines if line.get_markerfacecolor() == "white"]
    assert len(hollow) == len(LEADS) - 2
    assert all(list(line.get_xdata()) == [0] for line in hollow)
    plain = axis.lines[0].get_xdata()
    assert len(plain) == 5
    assert ((plain > 1) & (plain < 5)).all()


def test_lines_show_the_scores_of_moved_windows_at_the_largest_size():
    tables = StudyTables(["CTCF", "SPI1"], 2)
    shown = {"CTCF": ["rcps", "standard"], "SPI1": ["standard"]}
    axes = place_of_site_figure(tables.positions, shown, GROUPS).axes
    assert [len(axis.lines) for axis in axes] == [2, 2, 1, 1]
    marks = arm_marks(GROUPS, ["rcps"])
    (line,) = [line for line in axes[0].lines if line.get_color() == marks["rcps"].colour]
    rows = tables.positions.query("task == 'CTCF' and arm == 'rcps' and size == 'all'")
    assert line.get_xdata().tolist() == [0, 25, 50, 100]
    assert np.allclose(line.get_ydata(), rows["auroc"])
    low, high = axes[0].get_ylim()
    assert low <= min(0.5, rows["auroc"].min())
    assert high == 1

"""Figures exist as SVG and PNG, name what they show, and hide nothing."""

import itertools
import re
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
from figure_tables import ARMS, BASELINE, GROUPS, TASKS, MockRun
from figure_words import RESOURCES, words_of
from matplotlib import image
from plot import figure_writer

from figures.arms import BASELINE_LABEL
from figures.peak_accounting import peak_accounting_figure
from figures.performance import performance_figure
from figures.reverse_complement_error import reverse_complement_error_figure
from figures.roc_and_precision_recall import roc_and_precision_recall_figure
from figures.style import COLUMN_WIDTH, PAGE_WIDTH, PNG_RESOLUTION
from figures.training_curves import training_curves_figure

PLOTS = {
    "performance": ["evaluations", "arms"],
    "training_curves": ["histories", "models", "network_evaluations", "arms"],
    "roc_and_precision_recall": ["predictions", "evaluations", "arms"],
    "calibration": ["predictions", "evaluations", "arms"],
    "reverse_complement_error": ["network_evaluations", "arms"],
    "peak_accounting": ["counts", "tasks"],
    "gc_matching": ["windows", "tasks"],
}
WORDS = {
    "performance": [*ARMS, BASELINE_LABEL, "Test AUROC", "Test AUPRC", "one of 3 seeds"],
    "training_curves": [*ARMS, "Epoch", "Training loss", "(low is good)", "AUROC", "chosen epoch of a seed"],
    "roc_and_precision_recall": [*ARMS, BASELINE_LABEL, "False positive rate", "Recall", "Precision", "chance"],
    "calibration": [
        *ARMS,
        "6-mer logistic",
        "test windows, 95 % interval",
        "Predicted probability",
        "Observed frequency",
    ],
    "reverse_complement_error": [*ARMS, "Largest difference between both strands, test split (logit; low is good)"],
    "peak_accounting": ["rows in", "contig not in genome", "412", "1,264", "kept", "Rows of the peak file"],
    "gc_matching": ["train", "validation", "test", "positives", "negatives", "GC content"],
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return MockRun(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def run_of_three_tasks(tmp_path_factory):
    return MockRun(tmp_path_factory.mktemp("three"), ["a", "b", "c"])


@pytest.fixture(scope="module")
def drawn(run, tmp_path_factory):
    """SVG and PNG of every figure."""
    folder = tmp_path_factory.mktemp("figures")
    return {name: draw(run, name, folder / name) for name in PLOTS}


def draw(run: MockRun, name: str, folder: Path) -> tuple[Path, Path]:
    arguments = {key.removeprefix("network_"): getattr(run, key) for key in PLOTS[name]}
    svg, png = folder / f"{name}.svg", folder / f"{name}.png"
    figure_writer(name)(**arguments, svg=svg, png=png)
    return svg, png


@pytest.mark.parametrize("name", PLOTS)
def test_figure_of_two_tasks_is_a_column_or_a_page_wide_and_names_tasks_arms_and_axes(drawn, name):
    svg, png = drawn[name]
    words = words_of(svg)
    for word in [*TASKS, *WORDS[name]]:
        assert word in words
    width = PAGE_WIDTH if name == "calibration" else COLUMN_WIDTH
    assert image.imread(png).shape[1] == round(width * PNG_RESOLUTION)
    assert sorted(svg.parent.iterdir()) == [png, svg]


@pytest.mark.parametrize("name", PLOTS)
def test_nothing_is_cut_off_at_the_edge(drawn, name):
    pixels = image.imread(drawn[name][1])[..., :3]
    for edge in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]):
        assert (edge == 1).all(), "ink touches the edge of the figure"


@pytest.mark.parametrize("name", PLOTS)
def test_the_same_tables_give_the_same_bytes(run, drawn, tmp_path, name):
    first, again = drawn[name], draw(run, name, tmp_path)
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]
    assert b"<dc:date>" not in first[0].read_bytes()


@pytest.mark.parametrize("name", PLOTS)
def test_an_odd_number_of_tasks_is_drawn_too(run_of_three_tasks, tmp_path, name):
    svg, _ = draw(run_of_three_tasks, name, tmp_path)
    assert set(run_of_three_tasks.tasks) <= set(re.findall(r"^\w+$", words_of(svg), re.MULTILINE))


@pytest.mark.parametrize("name", PLOTS)
def test_every_figure_has_a_caption(name):
    assert len((RESOURCES / "captions" / f"{name}.rst").read_text().split()) > 20


def test_drawing_leaves_the_settings_of_matplotlib_alone():
    before = dict(matplotlib.rcParams)
    performance_figure(metrics(standard=[0.8]), GROUPS)
    assert dict(matplotlib.rcParams) == before


def metrics(**values: list[float]) -> pd.DataFrame:
    rows = [
        {"task": "CTCF", "arm": arm, "seed": seed, "AUROC": value, "AUPRC": value, "rc_error": value}
        for arm, replicates in values.items()
        for seed, value in enumerate(replicates)
    ]
    return pd.DataFrame(rows)


def test_performance_shows_one_dot_per_seed_their_mean_and_the_baseline():
    figure = performance_figure(metrics(standard=[0.8, 0.9], **{BASELINE: [0.7]}), GROUPS)
    dots, mean, baseline = figure.axes[0].lines
    assert dots.get_xdata().tolist() == [0.8, 0.9]
    assert mean.get_xdata() == pytest.approx([0.85])
    assert baseline.get_xdata() == pytest.approx([0.7, 0.7])


def test_a_metric_that_no_task_has_gets_no_panel():
    figure = performance_figure(metrics(standard=[0.8], **{BASELINE: [0.7]}).drop(columns="AUPRC"), GROUPS)
    assert [axis.get_xlabel() for axis in figure.axes] == ["Test AUROC"]


@pytest.mark.parametrize("draw_figure", [performance_figure, reverse_complement_error_figure])
def test_many_arms_at_many_tasks_fit_a_page(draw_figure):
    table = metrics(**{f"arm{number}": [0.8, 0.9] for number in range(14)}, **{BASELINE: [0.7]})
    arms = {f"arm{number}": "regular" for number in range(14)}
    figure = draw_figure(pd.concat(table.assign(task=f"task{number}") for number in range(5)), arms)
    assert figure.get_figwidth() == PAGE_WIDTH
    assert figure.get_figheight() < 6
    assert [axis.get_title(loc) for axis in figure.axes for loc in ("left", "center") if axis.get_title(loc)] == [
        f"task{number}" for number in range(5)
    ]


@pytest.mark.parametrize("errors", [[0.0, 3e-7, 2.0], [0.0, 0.0], [1e-3, 1.5e-3]])
def test_every_error_lies_inside_the_axis_zeros_included(errors):
    figure = reverse_complement_error_figure(metrics(standard=errors), GROUPS)
    figure.draw_without_rendering()
    axis = figure.axes[0]
    positions = axis.transAxes.inverted().transform(
        axis.transData.transform(np.column_stack([errors, np.zeros(len(errors))]))
    )[:, 0]
    assert (positions > 0.005).all()
    assert (positions < 0.995).all()
    by_error = positions[np.argsort(errors)]
    assert (np.diff(by_error)[np.diff(np.sort(errors)) > 0] > 0.005).all()
    assert 0 in axis.get_xticks()


def test_waterfall_ends_where_the_kept_rows_end():
    counts = pd.DataFrame({"task": "CTCF", "reason": ["in", "a", "b", "kept"], "rows": [10, 3, 2, 5]})
    axes = peak_accounting_figure(counts.assign(format="BED3, centred on midpoints")).axes[0]
    bars = axes.patches
    assert (axes.get_title(loc="left"), axes.get_title(loc="right")) == ("CTCF", "BED3")
    assert [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in bars] == [(0, 10), (7, 10), (5, 7), (0, 5)]


@pytest.mark.parametrize("dropped", [0, 1, 5])
@pytest.mark.parametrize("tasks", [1, 4])
def test_rows_of_a_waterfall_are_far_enough_apart_for_their_names(tasks, dropped):
    reasons = ["in", *(f"reason_{number}" for number in range(dropped)), "kept"]
    counts = pd.DataFrame({"reason": reasons, "rows": [100, *[5] * dropped, 100 - 5 * dropped], "format": "BED3"})
    figure = peak_accounting_figure(pd.concat(counts.assign(task=f"task{number}") for number in range(tasks)))
    figure.draw_without_rendering()
    for axis in figure.axes:
        boxes = [label.get_window_extent() for label in axis.get_yticklabels()]
        assert not any(upper.overlaps(lower) for upper, lower in itertools.pairwise(boxes))


def test_training_curves_are_means_over_seeds_with_the_chosen_epoch_of_each():
    histories = pd.DataFrame({"task": "CTCF", "arm": "standard", "seed": [1, 1, 2, 2], "epoch": [1, 2, 1, 2]}).assign(
        validation_auroc=[0.5, 0.7, 0.6, 0.9], train_loss=[0.7, 0.5, 0.7, 0.4], is_chosen=[False, True, True, False]
    )
    losses, aurocs = training_curves_figure(histories, GROUPS).axes
    assert losses.lines[0].get_ydata() == pytest.approx([0.7, 0.45])
    curve, chosen = aurocs.lines
    assert curve.get_ydata() == pytest.approx([0.55, 0.8])
    assert (list(chosen.get_xdata()), list(chosen.get_ydata())) == ([2, 1], [0.7, 0.6])


def test_curves_of_a_perfect_model_hug_the_corner_and_chance_is_drawn():
    labels = [0, 0, 0, 1]
    perfect = {"task": "CTCF", "arm": "standard", "seed": 1, "label": labels, "logit": [-2.0, -1.0, -1.5, 2.0]}
    roc, precision_recall = roc_and_precision_recall_figure(pd.DataFrame(perfect), GROUPS).axes[:2]
    assert roc.lines[0].get_ydata()[1:] == pytest.approx(1)
    assert precision_recall.lines[0].get_ydata() == pytest.approx(1)
    assert precision_recall.lines[1].get_ydata() == pytest.approx([0.25, 0.25])

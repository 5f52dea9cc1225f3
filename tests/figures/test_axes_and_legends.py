"""Axes show small differences as small, say which direction is good, and legends hold what is drawn and no more."""

import numpy as np
import pandas as pd
import pytest
from figure_tables import BASELINE
from figure_words import RESOURCES
from matplotlib.figure import Figure
from study_tables import ARMS, GROUPS, StudyTables

from figures.arms import BASELINE_LABEL
from figures.model_card import model_figure
from figures.motif_logos import motif_logos_figure
from figures.performance import performance_figure
from figures.profile_examples import profile_examples_figure
from figures.reverse_complement_error import reverse_complement_error_figure
from figures.study_arms import study_arms_figure
from figures.study_flips import study_flips_figure
from figures.study_gain import gain_figure
from figures.study_learning_curves import learning_curves_figure
from figures.study_sweep import study_sweep_figure

HALF = 0.025


def labels(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def drawn_markers(figure: Figure) -> set[tuple[str, bool]]:
    """The markers of what is drawn, each with whether it is hollow."""
    lines = [line for axis in figure.axes for line in axis.lines if len(line.get_xdata())]
    return markers_of(lines)


def markers_of(lines: list) -> set[tuple[str, bool]]:
    shown = [line for line in lines if line.get_marker() not in ("", "None", None)]
    return {(line.get_marker(), line.get_markerfacecolor() == "white") for line in shown}


def metrics(*values: float, task: str = "CTCF") -> pd.DataFrame:
    rows = [(task, arm, seed, value) for arm, value in zip(GROUPS, values, strict=False) for seed in (1, 2)]
    table = pd.DataFrame(rows, columns=["task", "arm", "seed", "AUROC"])
    return table.assign(AUPRC=table["AUROC"], rc_error=0.0)


def arms_figure(tables: StudyTables) -> Figure:
    return study_arms_figure(tables.replicates, tables.intervals, tables.metrics, tables.references, GROUPS)


@pytest.mark.parametrize("seeds", [1, 2, 3])
def test_the_markers_of_rows_are_those_of_the_legend(seeds):
    tables = StudyTables(["CTCF", "SPI1"], seeds)
    for figure in (
        arms_figure(tables),
        study_flips_figure(tables.replicates, tables.tasks, GROUPS),
        performance_figure(metrics(0.8, 0.9, 0.85, 0.7), GROUPS),
    ):
        assert drawn_markers(figure) == markers_of(figure.legends[0].get_lines())


@pytest.mark.parametrize(
    ("seeds", "expected"),
    [(1, "mean, 95 %, over test windows"), (2, "mean"), (3, "mean, 95 %, over seeds and test windows")],
)
def test_an_interval_is_in_the_legend_if_and_only_if_it_is_drawn(seeds, expected):
    """That of two seeds is too wide to be drawn."""
    figure = arms_figure(StudyTables(["CTCF"], seeds))
    flat = [line for line in figure.axes[0].lines if line.get_ls() == "-" and np.ptp(line.get_ydata()) == 0]
    assert any(np.ptp(line.get_xdata()) > 0 for line in flat) == ("95 %" in expected)
    assert expected in labels(figure)


def test_without_known_windows_no_interval_is_promised():
    tables = StudyTables(["CTCF"], 3)
    tables.intervals[["low", "high"]] = np.nan
    assert "mean" in labels(arms_figure(tables))


def test_one_arm_is_compared_with_the_floor_and_is_no_thin_strip():
    tables = StudyTables(["CTCF"], 1)
    for name in ("replicates", "intervals"):
        table = getattr(tables, name)
        setattr(tables, name, table[table["arm"].isin(["standard", BASELINE])])
    figures = [
        arms_figure(tables),
        study_flips_figure(tables.replicates, ["CTCF"], GROUPS),
        reverse_complement_error_figure(metrics(0.8), GROUPS),
    ]
    assert not any("mean of" in label for label in labels(figures[0]))
    assert BASELINE_LABEL in labels(figures[0])
    for figure in figures:
        figure.draw_without_rendering()
        assert figure.axes[0].bbox.height / figure.dpi > 0.3


def test_the_floor_is_in_view_where_arms_are_compared():
    tables = StudyTables(["CTCF"], 3)
    floor = tables.intervals.loc[tables.intervals["arm"] == BASELINE, "mean"].iloc[0]
    means = tables.means[tables.means["arm"] == "standard"].assign(arm=BASELINE, mean=0.6, low=np.nan, high=np.nan)
    curves = learning_curves_figure(pd.concat([tables.means, means]), tables.metrics, ["standard"], GROUPS)
    assert BASELINE_LABEL in labels(curves)
    for (low, high), value in ((arms_figure(tables).axes[0].get_xlim(), floor), (curves.axes[0].get_ylim(), 0.6)):
        assert low < value < high


def test_a_difference_of_0_002_looks_small():
    """It is at most a twenty-fifth of the axis, whatever the figure."""
    tables = StudyTables(["CTCF"], 3)
    for name in ("replicates", "means", "intervals", "comparisons"):
        table = getattr(tables, name)
        table = table[table["arm"] != BASELINE]
        values = (0.0 if name == "comparisons" else 0.9) + 0.002 * (np.arange(len(table)) % 2)
        column = {"replicates": "value", "comparisons": "difference"}.get(name, "mean")
        setattr(tables, name, table.assign(**{column: values, "low": values, "high": values}))
    shown = (tables.metrics, tables.references, tables.shown, GROUPS)
    limits = [
        arms_figure(tables).axes[0].get_xlim(),
        performance_figure(metrics(0.9, 0.902), GROUPS).axes[0].get_xlim(),
        gain_figure(tables.comparisons, tables.means, *shown).axes[0].get_ylim(),
        learning_curves_figure(tables.means, tables.metrics, tables.shown, GROUPS).axes[0].get_ylim(),
        study_sweep_figure(tables.means, ARMS, "kmer", tables.metrics, GROUPS).axes[0].get_ylim(),
    ]
    assert all(high - low >= 0.0499 for low, high in limits)


def test_no_axis_of_a_share_goes_far_beyond_1():
    low, high = performance_figure(metrics(0.998, 1.0), GROUPS).axes[0].get_xlim()
    assert low < 0.96
    assert 1 < high < 1.01


def test_panels_of_one_metric_have_the_same_span():
    table = pd.concat([metrics(0.9, 0.95), metrics(0.6, 0.9, task="SPI1")])
    spans = [np.ptp(axis.get_xlim()) for axis in performance_figure(table.drop(columns="AUPRC"), GROUPS).axes]
    assert spans == pytest.approx([0.33, 0.33])


def test_gains_have_zero_in_view():
    tables = StudyTables(["CTCF"], 3)
    bounds = ["difference", "low", "high"]
    tables.comparisons[bounds] += 0.4
    axis = gain_figure(tables.comparisons, tables.means, tables.metrics, tables.references, ["rcps"], GROUPS).axes[0]
    assert axis.get_ylim()[0] < 0 < axis.get_ylim()[1]


def test_an_axis_says_where_low_is_good():
    tables = StudyTables(["CTCF"], 3)
    of_profiles = [table.replace("AUROC", "JSD") for table in (tables.replicates, tables.intervals)]
    is_jsd, references = {"CTCF": "JSD"}, tables.references
    low_is_good = [
        study_arms_figure(*of_profiles, is_jsd, references, GROUPS),
        study_flips_figure(tables.replicates, ["CTCF"], GROUPS),
        performance_figure(metrics(0.1).rename(columns={"AUROC": "JSD"}).drop(columns="AUPRC"), GROUPS),
    ]
    for figure in low_is_good:
        assert "low is good" in figure.axes[0].get_xlabel()
    assert "low is good" in reverse_complement_error_figure(metrics(0.1), GROUPS).get_supxlabel()
    curves = learning_curves_figure(tables.means.replace("AUROC", "JSD"), is_jsd, ["rcps"], GROUPS)
    assert "low is good" in curves.axes[0].get_ylabel()
    assert "low is good" not in arms_figure(tables).axes[0].get_xlabel()


def test_the_figure_of_a_model_says_where_low_is_good_and_how_sure_its_calibration_is():
    bins = [
        {"windows": windows, "mean_probability": probability, "fraction_positive": probability}
        for windows, probability in ((10, 0.2), (1000, 0.8))
    ]
    test = {"metrics": {name: {"value": 0.2} for name in ("AUROC", "Brier")}, "calibration": bins}
    metrics_of_model, calibration = model_figure(test).axes
    assert [label.get_text() for label in metrics_of_model.get_yticklabels()] == ["AUROC", "Brier (low is good)"]
    few, many = (np.ptp(bar[:, 1]) for bar in calibration.collections[0].get_segments())
    assert few > 5 * many


def test_errors_of_rounding_and_single_flips_are_drawn_on_wide_axes():
    errors = metrics(0.8).assign(rc_error=2e-6)
    assert reverse_complement_error_figure(errors, GROUPS).axes[0].get_xlim()[1] >= 1
    tables = StudyTables(["CTCF"], 3)
    tables.replicates.loc[tables.replicates["metric"] == "RC flips", "value"] = 1e-5
    assert study_flips_figure(tables.replicates, ["CTCF"], GROUPS).axes[0].get_xlim()[1] >= 1


def test_where_there_is_nothing_to_draw_a_line_says_so_without_a_panel():
    columns = ["motif", "sites", "instances", "bits", "evidence"]
    columns += ["match", "accession", "correlation", "q", "strand", "offset"]
    for figure in (motif_logos_figure(pd.DataFrame(columns=columns), {}, {}), profile_examples_figure([])):
        (axis,) = figure.axes
        assert not axis.axison
        assert axis.get_title(loc="left").startswith("no ")


def test_the_title_of_a_logo_stays_within_the_figure():
    table = pd.DataFrame(
        {"motif": ["m"], "sites": 20, "match": "NFATC2::REL::ZNF143", "accession": "MA1234567.12", "correlation": 0.9}
    ).assign(strand="+", offset=0, instances=1234, q=1.2e-15, bits=0.0, evidence="known motif")
    logo = np.full((9, 4), 0.25) * [1, 1, 1, 1]
    figure = motif_logos_figure(table, {"m": logo}, {"MA1234567.12": logo})
    figure.draw_without_rendering()
    for axis in figure.axes:
        assert axis.title.get_window_extent().x1 <= figure.bbox.x1
        box = axis._left_title.get_window_extent()
        assert box.x1 <= figure.bbox.x1
        assert box.y1 <= figure.bbox.y1


def test_heatmaps_say_what_their_colours_and_distances_mean():
    rules = (RESOURCES.parent / "rules/signal.smk").read_text(encoding="utf-8")
    commands = rules.split("plotHeatmap")[1:]
    assert len(commands) == 2
    for command in commands:
        own = command.split("done >")[0]
        assert "colours: " in own
        assert "--xAxisLabel {params.distance:q}" in own
    assert rules.count("distance=HEATMAP_DISTANCE") == len(commands)
    assert 'HEATMAP_DISTANCE = "distance (1 Kb = 1,000 bases)"' in rules

"""Figures with a row for each arm have no row without anything in it, and notes that cover nothing."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from study_tables import GROUPS, StudyTables

from figures.panels import arm_panels
from figures.performance import performance_figure
from figures.reverse_complement_error import reverse_complement_error_figure
from figures.study_arms import study_arms_figure
from figures.study_flips import study_flips_figure

#: The arms of three tasks, of which the first and the last have the same.
ARMS = {
    "CTCF": ["standard", "regular_k3", "post_hoc"],
    "promoters": ["standard", "irrep_p0"],
    "SPI1": ["standard", "regular_k3", "post_hoc"],
}


def of_arms(table: pd.DataFrame) -> pd.DataFrame:
    return pd.concat(table[(table["task"] == task) & table["arm"].isin(arms)] for task, arms in ARMS.items())


@pytest.fixture(scope="module")
def figures() -> dict[str, Figure]:
    tables = StudyTables(list(ARMS), 3)
    replicates, intervals = of_arms(tables.replicates), of_arms(tables.intervals)
    rows = [(task, arm, seed, 0.1 * seed) for task, arms in ARMS.items() for arm in arms for seed in (1, 2, 3)]
    metrics = pd.DataFrame(rows, columns=["task", "arm", "seed", "AUROC"])
    metrics = metrics.assign(AUPRC=metrics["AUROC"], rc_error=metrics["AUROC"])
    return {
        "performance": performance_figure(metrics, GROUPS),
        "reverse_complement_error": reverse_complement_error_figure(metrics, GROUPS),
        "study_arms": study_arms_figure(replicates, intervals, tables.metrics, tables.references, GROUPS),
        "study_flips": study_flips_figure(replicates, list(ARMS), GROUPS),
    }


def title(axis: Axes) -> str:
    return axis.get_title() or axis.get_title(loc="left")


@pytest.mark.parametrize("name", ["performance", "reverse_complement_error", "study_arms", "study_flips"])
def test_a_task_has_rows_for_its_own_arms_and_something_in_each(figures, name) -> None:
    figure = figures[name]
    titles = [title(axis) for axis in figure.axes if title(axis)]
    assert sorted(titles) == sorted(ARMS)
    for axis in figure.axes:
        names = [label.get_text() for label in axis.get_yticklabels()]
        if title(axis):
            assert len(axis.get_yticks()) == len(ARMS[title(axis)])
        if title(axis) and axis.get_subplotspec().is_first_col():
            assert names == ARMS[title(axis)]
        dots = np.concatenate([line.get_ydata() for line in axis.lines if line.get_marker() not in ("", "None", None)])
        rows = round(max(axis.get_ylim()) + 0.5)
        assert set(np.round(dots)) == set(range(rows))


def test_tasks_with_the_same_arms_lie_beside_each_other_and_share_their_names() -> None:
    figure, axes = arm_panels(ARMS)
    places = {task: axis.get_subplotspec() for task, (axis,) in axes.items()}
    assert list(places) == list(ARMS)
    assert places["CTCF"].rowspan == places["SPI1"].rowspan != places["promoters"].rowspan
    assert [places[task].colspan.start for task in ARMS] == [0, 0, 1]
    figure.draw_without_rendering()
    assert not any(label.get_visible() for label in axes["SPI1"][0].get_yticklabels())
    assert len(figure.axes) == 3


def test_rows_have_the_same_height_in_all_panels() -> None:
    figure, axes = arm_panels({"a": ["x"] * 9, "b": ["y"] * 3}, 2)
    figure.draw_without_rendering()
    heights = [panel.bbox.height / rows for task, rows in (("a", 9), ("b", 3)) for panel in axes[task]]
    assert heights == pytest.approx([heights[0]] * 4, rel=0.02)


@pytest.mark.parametrize(("metric", "reference"), [("AUROC", "standard"), ("AUROC", "post_hoc"), ("JSD", "regular_k3")])
def test_the_gain_of_the_best_arm_covers_nothing(metric, reference) -> None:
    tables = StudyTables(["CTCF", "SPI1", "MAX"], 5)
    changed = [table.replace("AUROC", metric) for table in (tables.replicates, tables.intervals)]
    tasks = dict.fromkeys(tables.tasks, metric)
    figure = study_arms_figure(*changed, tasks, dict.fromkeys(tasks, reference), GROUPS)
    figure.draw_without_rendering()
    notes = [text for axis in figure.axes for text in axis.texts]
    assert len(notes) == 3
    for note in notes:
        box = note.get_window_extent()
        assert not any(box.overlaps(axis.bbox) for axis in figure.axes)
        assert figure.bbox.x0 < box.x0 < box.x1 < figure.bbox.x1

"""Learning curves: the study metric against the number of training windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from study.tables import read_table

from .arms import arm_marks, line_handles
from .panels import label_panels, legend_below, line_panels
from .study_sizes import draw_against_size
from .style import publication_style
from .tables import of_study_metric


def draw(*, means: Path, metrics: dict[str, str], shown: list[str], arms: dict[str, str]) -> Figure:
    """Draw the figure of the arms ``shown`` from the means of the study.

    ``metrics`` has the metric of each task, ``arms`` the group of every arm.
    """
    return learning_curves_figure(read_table(means), metrics, shown, arms)


@publication_style
def learning_curves_figure(
    means: pd.DataFrame, metrics: Mapping[str, str], shown: Sequence[str], arms: Mapping[str, str]
) -> Figure:
    """The study metric against the training windows: means and 95 % intervals over seeds; one panel per task.

    Parameters
    ----------
    means
        The table of the study.
    metrics
        Metric of each task, in the order of the panels.
    shown
        Arms to draw.
    arms
        Group of every arm of the run.
    """
    values, marks = of_study_metric(means, metrics), arm_marks(arms, shown)
    figure, axes = line_panels(list(metrics))
    for task, axis in axes.items():
        of_task = values[(values["task"] == task) & values["arm"].isin(shown)]
        draw_against_size(axis, of_task, marks, "mean")
    label_panels(axes, "Training windows", {task: f"Test {metric}" for task, metric in metrics.items()})
    legend_below(figure, line_handles(marks, with_markers=True))
    return figure

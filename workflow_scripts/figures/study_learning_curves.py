"""Learning curves: the study metric against the number of training windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from study.tables import read_table
from workflow_support.metrics import BASELINE_ARM

from .arms import arm_marks, line_handles
from .panels import label_panels, legend_below, line_panels
from .scales import metric_label, share_spans
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
    """The study metric against the training windows: means and 95 % intervals over seeds, and the floor.

    There is one panel per task.

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
    values = of_study_metric(means, metrics)
    values = values[values["arm"].isin([*shown, BASELINE_ARM])]
    marks = arm_marks(arms, values["arm"])
    figure, axes = line_panels(list(metrics))
    ends = {task: draw_against_size(axis, values[values["task"] == task], marks, "mean") for task, axis in axes.items()}
    share_spans(axes, ends, metrics, "y")
    label_panels(axes, "Training windows", {task: metric_label(metric) for task, metric in metrics.items()})
    legend_below(figure, line_handles(marks, with_markers=True))
    return figure

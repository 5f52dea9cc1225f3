"""Calibration: the observed frequency of bound windows against the predicted probability."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from workflow_support.palette import GREY

from .arms import arm_marks, line_handles
from .panels import label_panels, legend_below, line_panels
from .style import publication_style
from .tables import read_calibration


def draw(*, evaluations: list[Path], arms: dict[str, str]) -> Figure:
    """Draw the figure from the ``evaluation.json`` of networks and baselines; ``arms`` has the group of every arm."""
    return calibration_figure(read_calibration(evaluations), arms)


@publication_style
def calibration_figure(calibration: pd.DataFrame, arms: Mapping[str, str]) -> Figure:
    """Observed frequency of bound windows against predicted probability, one panel per task; seeds are pooled.

    Parameters
    ----------
    calibration
        ``task, arm, seed, from, to, windows, mean_probability, fraction_positive``: one row per bin of a model.
    arms
        Group of every arm of the run.
    """
    marks, tasks = arm_marks(arms, calibration["arm"]), calibration["task"].unique()
    figure, axes = line_panels(tasks, sharex=True, sharey=True)
    for task, axis in axes.items():
        axis.plot([0, 1], [0, 1], color=GREY, ls=":", lw=0.8)
        for arm, mark in marks.items():
            pooled = _pool_seeds(calibration[(calibration["task"] == task) & (calibration["arm"] == arm)])
            axis.plot(
                pooled["mean_probability"],
                pooled["fraction_positive"],
                color=mark.colour,
                ls=mark.line,
                marker=mark.marker,
                markersize=2.5,
                clip_on=False,
            )
        axis.set(xlim=(0, 1), ylim=(0, 1), xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
    label_panels(axes, "Mean predicted probability", dict.fromkeys(axes, "Observed frequency"))
    legend_below(figure, line_handles(marks, with_markers=True, reference="perfect calibration"))
    return figure


def _pool_seeds(calibration: pd.DataFrame) -> pd.DataFrame:
    means = calibration[["mean_probability", "fraction_positive"]]
    totals = means.mul(calibration["windows"], axis=0).groupby(calibration["from"]).sum()
    return totals.div(calibration.groupby("from")["windows"].sum(), axis=0)

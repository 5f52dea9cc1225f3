"""Whether predicted probabilities are the frequencies that they promise."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from workflow_support.metrics import BASELINE_ARM

from .arms import BASELINE_MARK, arm_marks, line_handles, network_arms
from .style import GREY, legend_below, publication_style, task_panels


@publication_style
def calibration_figure(calibration: pd.DataFrame) -> Figure:
    """Observed frequency of bound windows against predicted probability, a panel a task; seeds are pooled.

    Parameters
    ----------
    calibration
        ``task, arm, seed, from, to, windows, mean_probability, fraction_positive``: a row a bin of a model.
    """
    marks = arm_marks(network_arms(calibration)) | {BASELINE_ARM: BASELINE_MARK}
    figure, axes = task_panels(calibration["task"].unique(), 1.75, "Mean predicted probability", "Observed frequency")
    for task, axis in axes.items():
        axis.plot([0, 1], [0, 1], color=GREY, ls=":", lw=0.8)
        for arm, mark in marks.items():
            of_arm = calibration[(calibration["task"] == task) & (calibration["arm"] == arm)]
            pooled = _pool_seeds(of_arm)
            axis.plot(
                pooled["mean_probability"],
                pooled["fraction_positive"],
                color=mark.colour,
                ls=mark.line,
                marker=mark.marker,
                markersize=2.5,
            )
        axis.set(xlim=(0, 1), ylim=(0, 1), xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
        axis.grid()
    legend_below(figure, line_handles(marks, reference="perfect calibration"))
    return figure


def _pool_seeds(calibration: pd.DataFrame) -> pd.DataFrame:
    means = calibration[["mean_probability", "fraction_positive"]]
    totals = means.mul(calibration["windows"], axis=0).groupby(calibration["from"]).sum()
    return totals.div(calibration.groupby("from")["windows"].sum(), axis=0)

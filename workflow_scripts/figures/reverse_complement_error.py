"""How differently a model scores the two strands of the same window."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from .arms import draw_arm_rows, network_arms
from .scales import scale_from_zero
from .style import panels, publication_style


@publication_style
def reverse_complement_error_figure(metrics: pd.DataFrame) -> Figure:
    """Largest |f(x) - f(rc x)| of every model, a panel a task: a dot a seed on a logarithmic axis that begins at zero.

    Parameters
    ----------
    metrics
        ``task, arm, seed, rc_error`` (in units of the logit); the baseline has no ``rc_error``.
    """
    tasks, arms = metrics["task"].unique(), network_arms(metrics)
    figure, axes = panels(len(tasks), 1, 0.55 + 0.17 * len(arms), sharex=True)
    for task, axis in zip(tasks, axes[:, 0], strict=True):
        draw_arm_rows(axis, metrics[metrics["task"] == task], "rc_error", arms)
        axis.set_title(task, loc="left")
    errors = metrics["rc_error"].dropna().to_numpy()
    for axis in axes[:, 0]:
        scale_from_zero(axis, errors)
    axes[-1, 0].set_xlabel("Largest |f(x) − f(rc x)| on the test split (logit)")
    return figure

"""How differently a model scores the two strands of the same window."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from .arms import draw_arm_rows, network_arms
from .scales import scale_from_zero
from .study_panels import row_panels
from .style import publication_style


@publication_style
def reverse_complement_error_figure(metrics: pd.DataFrame) -> Figure:
    """Largest |f(x) - f(rc x)| of every model, a panel a task: a dot a seed on a logarithmic axis that begins at zero.

    Parameters
    ----------
    metrics
        ``task, arm, seed, rc_error`` (in units of the logit); the baseline has no ``rc_error``.
    """
    tasks, arms = metrics["task"].unique(), network_arms(metrics)
    figure, axes = row_panels(tasks, arms)
    errors = metrics["rc_error"].dropna().to_numpy()
    for task, axis in axes.items():
        draw_arm_rows(axis, metrics[metrics["task"] == task], "rc_error", arms)
        scale_from_zero(axis, errors)
    figure.supxlabel("Largest |f(x) − f(rc x)| on the test split (logit)", fontsize=7)
    return figure

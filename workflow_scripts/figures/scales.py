"""The axes of metrics: their labels, and spans that show small differences as small."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from matplotlib.axes import Axes

from workflow_support.metrics import gain_sign

LEAST_SPAN = 0.05
"""The least span of an axis of a metric. Two networks that differ by 0.002 lie a twenty-fifth of it apart."""
MARGIN = 0.05
"""Room beyond what is shown, as a share of the span."""
LARGEST = 1.0
"""The largest value of areas under curves, correlations and shares; an axis goes on beyond it by its margin only."""


def metric_label(metric: str, unit: str = "") -> str:
    """The label of an axis of a metric on the test split, which says so if low values are the good ones."""
    notes = ", ".join(filter(None, [unit, "" if gain_sign(metric) > 0 else "low is good"]))
    return f"Test {metric}" + (f" ({notes})" if notes else "")


def share_spans(
    axes: Mapping[str, Axes], ends: Mapping[str, np.ndarray], metrics: Mapping[str, str], which: Literal["x", "y"]
) -> None:
    """Give the axes of one metric the same span, in which all that they show has room, and which is never tiny.

    The values of tasks may be far apart, so axes have the same length in units of the metric and not the same ends.

    Parameters
    ----------
    axes
        The axes of each task.
    ends
        The values that have to be in view, by task. Those that are not finite do not count.
    metrics
        The metric of each task.
    which
        ``x`` or ``y``.
    """
    known = {task: values[np.isfinite(values)] for task, values in ends.items()}
    spans: dict[str, float] = {}
    for task, values in known.items():
        needed = np.ptp(values) * (1 + 2 * MARGIN) if len(values) else 0.0
        spans[metrics[task]] = max(needed, spans.get(metrics[task], LEAST_SPAN))
    for task, axis in axes.items():
        values, span = known[task], spans[metrics[task]]
        if len(values):
            high = (values.min() + values.max() + span) / 2
            if values.max() <= LARGEST:
                high = min(high, LARGEST + MARGIN * span)
            axis.set(**{f"{which}lim": (high - span, high)})

"""Test metrics of one model with their intervals and, for classes, how far its probabilities can be believed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from workflow_support.metrics import METRICS, gain_sign
from workflow_support.palette import BLUE, GREY

from .calibration import share_interval
from .style import COLUMN_WIDTH, PAGE_WIDTH, publication_style

#: Metrics between 0 and 1 that share an axis, without those that other metrics are compared with.
SHOWN = [
    metric.name
    for metric in METRICS
    if not metric.bounds and not metric.strand_field and not metric.name.startswith("MSE")
]
ROW_HEIGHT, LEAST_HEIGHT = 0.2, 1.9


def draw(*, description: Path) -> Figure:
    """Draw the figure from the ``model.json`` of a model."""
    return model_figure(json.loads(description.read_bytes())["evaluation"])


@publication_style
def model_figure(test: Mapping[str, Any]) -> Figure:
    """A dot per metric of the test split, with its 95 % interval over windows, and the calibration beside them."""
    found = {name: test["metrics"][name] for name in SHOWN if name in test["metrics"]}
    calibration = test.get("calibration")
    width = PAGE_WIDTH if calibration else COLUMN_WIDTH
    figure = Figure(figsize=(width, max(LEAST_HEIGHT, ROW_HEIGHT * len(found) + 0.6)), layout="constrained")
    panels = figure.subplots(1, 2 if calibration else 1, squeeze=False)[0]
    for row, metric in enumerate(found.values()):
        if "low" in metric:
            panels[0].plot([metric["low"], metric["high"]], [row, row], color=BLUE, lw=1.4)
        panels[0].plot(metric["value"], row, "o", color=BLUE, clip_on=False)
    panels[0].set(
        yticks=range(len(found)),
        yticklabels=[name if gain_sign(name) > 0 else f"{name} (low is good)" for name in found],
        ylim=(len(found) - 0.5, -0.5),
        xlim=(min(0.0, *(metric["value"] for metric in found.values())), 1),
        xlabel="Test split, with 95 % interval over windows",
    )
    if calibration:
        panels[1].plot([0, 1], [0, 1], color=GREY, ls=":", lw=0.8)
        bins = pd.DataFrame(calibration)
        panels[1].vlines(
            bins["mean_probability"], *share_interval(bins["fraction_positive"], bins["windows"]), color=BLUE, lw=0.8
        )
        panels[1].plot(
            bins["mean_probability"], bins["fraction_positive"], "o-", color=BLUE, markersize=2.5, clip_on=False
        )
        panels[1].set(
            xlim=(0, 1),
            ylim=(0, 1),
            xlabel="Predicted probability",
            ylabel="Observed frequency\n(95 % interval)",
            aspect="equal",
        )
    return figure

"""Test metrics of every arm: AUROC and AUPRC of classification tasks, divergence and correlations of profile tasks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from workflow_support.metrics import BASELINE_ARM
from workflow_support.metrics import METRICS as ALL_METRICS
from workflow_support.palette import BLACK, GREY

from .arms import BASELINE_LABEL, BASELINE_MARK, draw_arm_rows, marks_by_task, seeds_handle
from .panels import arm_panels, legend_below
from .scales import metric_label, share_spans
from .style import publication_style
from .tables import KEYS, read_metrics

METRICS = {"AUROC": "", "AUPRC": "", "JSD": "nats", "Spearman 1 bp": "", "Count Pearson": ""}
"""The metrics that are drawn, each with its unit."""
BOUNDS = [metric for metric in ALL_METRICS if metric.bounds]
"""Values that are drawn as lines in the panel of the metric that is compared with them."""
LINES = dict(zip((metric.name for metric in BOUNDS), (":", "--", "-."), strict=False))


def draw(*, evaluations: list[Path], arms: dict[str, str]) -> Figure:
    """Draw the figure from the ``evaluation.json`` of networks and baselines; ``arms`` has the group of every arm."""
    return performance_figure(read_metrics(evaluations), arms)


@publication_style
def performance_figure(metrics: pd.DataFrame, arms: Mapping[str, str]) -> Figure:
    """Metrics on the test split, one panel per task and metric: one dot per seed, a bar at their mean, and bounds.

    Parameters
    ----------
    metrics
        ``task, arm, seed`` and those of ``METRICS`` and of their bounds that are defined; ``folds`` of tasks that have
        some, whose scores are pooled.
    arms
        Group of every arm of the run.
    """
    folds = metrics.set_index("task")["folds"].dropna().to_dict() if "folds" in metrics else {}
    drawn = [metric for metric in METRICS if metric in metrics and metrics[metric].notna().any()]
    bounds = [bound for bound in BOUNDS if bound.bounds in drawn]
    metrics = metrics.reindex(columns=[*KEYS, *drawn, *(bound.name for bound in bounds)])
    is_baseline = metrics["arm"] == BASELINE_ARM
    marks = marks_by_task(metrics[~is_baseline], arms)
    # Metrics differ more by the depth and balance of a task than by arm: each panel has an axis of its own.
    names = {task: list(of_task) for task, of_task in marks.items()}
    figure, by_task = arm_panels(names, len(drawn))
    for task, axes in by_task.items():
        of_task = metrics[metrics["task"] == task]
        if task in folds:
            place = "left" if axes[0].get_title(loc="left") else "center"
            axes[0].set_title(f"{task}, {folds[task]:.0f} folds", loc=place)
        for metric, axis in zip(drawn, axes, strict=True):
            draw_arm_rows(axis, of_task, metric, marks[task])
            if is_baseline.any():
                baseline = of_task.loc[of_task["arm"] == BASELINE_ARM, metric].mean()
                axis.axvline(baseline, color=BASELINE_MARK.colour, ls=BASELINE_MARK.line, lw=0.9)
            for bound in bounds:
                if bound.bounds == metric:
                    axis.axvline(of_task[bound.name].mean(), color=BLACK, ls=LINES[bound.name], lw=0.9)
            axis.set_xlabel(metric_label(metric, METRICS[metric]))
            if of_task[metric].isna().all():
                axis.set(xticks=[], xlabel=f"{axis.get_xlabel()}: not defined")
            else:
                axis.xaxis.set_major_locator(MaxNLocator(3, min_n_ticks=2))
    for place, metric in enumerate(drawn):
        shown = [metric, *(bound.name for bound in bounds if bound.bounds == metric)]
        ends = {task: metrics.loc[metrics["task"] == task, shown].to_numpy().ravel() for task in by_task}
        of_metric = {task: axes[place] for task, axes in by_task.items()}
        share_spans(of_metric, ends, dict.fromkeys(by_task, metric), "x")
    handles = [
        seeds_handle(metrics.loc[~is_baseline, "seed"].nunique()),
        Line2D([], [], ls="", marker="|", markersize=8, markeredgewidth=1.4, color=GREY, label="mean"),
        *(Line2D([], [], ls=LINES[each.name], lw=0.9, color=BLACK, label=each.bound_label) for each in bounds),
    ]
    if is_baseline.any():
        baseline = {"ls": BASELINE_MARK.line, "lw": 0.9, "color": BASELINE_MARK.colour}
        handles.append(Line2D([], [], **baseline, label=BASELINE_LABEL))
    legend_below(figure, handles, columns=2 if bounds else 3)
    return figure

"""The study metric of the arms of a family against the one setting in which they differ."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from study.tables import read_table

from .arms import arm_marks
from .panels import label_panels, legend_below, line_panels
from .scales import metric_label, share_spans
from .style import publication_style
from .tables import of_largest_size, of_study_metric

SETTINGS = {"kmer": "Length k of the k-mers", "plus_fraction": "Share of +1 channels"}
NAMES = {"kmer": "k = {:g}", "plus_fraction": "{:g} of +1", "network": "{}", "curvature": "{}", "linear_map": "{}"}
"""Names of lines that differ in a setting which a family may vary."""
STEP = 0.04
"""Distance of lines beside each other, as a share of the least step of the setting."""


def draw(*, means: Path, table: Path, setting: str, metrics: dict[str, str], arms: dict[str, str]) -> Figure:
    """Draw the figure of ``setting``, kmer or plus_fraction, from the means and the ``table`` of arms of the study.

    ``metrics`` has the metric of each task, ``arms`` the group of every arm.
    """
    return study_sweep_figure(read_table(means), read_table(table), setting, metrics, arms)


@publication_style
def study_sweep_figure(
    means: pd.DataFrame, table: pd.DataFrame, setting: str, metrics: Mapping[str, str], arms: Mapping[str, str]
) -> Figure:
    """The study metric with the most training windows against a setting of arms, one panel per task.

    A line joins the arms of a family that differ in the setting alone. A mark is the mean of an arm over seeds, in the
    colour of the arm and with its 95 % interval; a line has the colour of its first arm.

    Parameters
    ----------
    means, table
        Tables of the study; ``table`` has the settings of every arm.
    setting
        ``kmer`` or ``plus_fraction``.
    metrics
        Metric of each task, in the order of the panels; a task without such arms has none.
    arms
        Group of every arm of the run.
    """
    lines = _lines(table, setting)
    values = of_largest_size(of_study_metric(means, metrics)).merge(lines, on="arm")
    marks = arm_marks(arms, lines["arm"])
    looks = {line: next(mark for arm, mark in marks.items() if arm in set(of)) for line, of in _arms_of(lines).items()}
    steps = np.sort(lines[setting].unique())
    figure, axes = line_panels([task for task in metrics if task in set(values["task"])])
    for task, axis in axes.items():
        for number, (line, look) in enumerate(looks.items()):
            of_line = values[(values["task"] == task) & (values["line"] == line)].sort_values(setting)
            # Beside each other, so that intervals at the same value can be told apart.
            shift = (number - (len(looks) - 1) / 2) * STEP * np.diff(steps).min()
            axis.plot(of_line[setting] + shift, of_line["mean"], color=look.colour, ls=look.line)
            for arm in of_line.itertuples():
                axis.errorbar(
                    getattr(arm, setting) + shift,
                    arm.mean,
                    yerr=[[arm.mean - arm.low], [arm.high - arm.mean]],
                    color=marks[arm.arm].colour,
                    marker=marks[arm.arm].marker,
                    elinewidth=0.8,
                )
        axis.xaxis.set_major_locator(FixedLocator(steps))
        axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.yaxis.set_major_locator(MaxNLocator(4))
    by_task = values.groupby("task")
    ends = {task: by_task.get_group(task)[["mean", "low", "high"]].to_numpy().ravel() for task in axes}
    share_spans(axes, ends, metrics, "y")
    label_panels(axes, SETTINGS[setting], {task: metric_label(metrics[task]) for task in axes})
    legend_below(figure, [Line2D([], [], color=look.colour, ls=look.line, label=line) for line, look in looks.items()])
    return figure


def _lines(table: pd.DataFrame, setting: str) -> pd.DataFrame:
    """``arm, line`` and the setting, of families that have several values of it.

    Arms of a line are alike in the other settings that families may vary.
    """
    others = [other for other in NAMES if other != setting]
    groups = table.dropna(subset=setting).groupby(["family", *others], sort=False, dropna=False)
    found = []
    for (family, *values), of_line in groups:
        if of_line[setting].nunique() > 1:
            several = table.loc[table["family"] == family, others].nunique() > 1
            named = [NAMES[other].format(value) for other, value in zip(others, values, strict=True) if several[other]]
            found.append(of_line[["arm", setting]].assign(line=", ".join([family, *named])))
    return pd.concat(found)


def _arms_of(lines: pd.DataFrame) -> dict[str, list[str]]:
    return {line: list(of_line["arm"]) for line, of_line in lines.groupby("line", sort=False)}

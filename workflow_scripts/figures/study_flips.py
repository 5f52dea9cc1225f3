"""How often a model calls a window differently on its two strands."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from .arms import SEED_SPREAD
from .study_panels import GROUPS, group_handles, groups_of, label_panels, of_largest_size, row_panels, seeds_handle
from .style import GREY, legend_below, publication_style


@publication_style
def study_flips_figure(replicates: pd.DataFrame, arms: pd.DataFrame, tasks: Sequence[str]) -> Figure:
    """Test windows whose call differs between strands, in percent, a panel a task and a dot a seed; zeros are hollow.

    Parameters
    ----------
    replicates, arms
        Tables of the study.
    tasks
        Tasks with calls, in the order of the panels.
    """
    flips = of_largest_size(replicates[(replicates["metric"] == "RC flips") & replicates["task"].isin(tasks)])
    groups = groups_of(arms[arms["arm"].isin(flips["arm"])])
    figure, axes = row_panels(list(tasks), list(groups))
    largest = max(100 * flips["value"].max(), 1e-3)
    for task, axis in axes.items():
        for row, (arm, group) in enumerate(groups.items()):
            of_arm = flips[(flips["task"] == task) & (flips["arm"] == arm)].sort_values("seed")
            values, colour = 100 * of_arm["value"].to_numpy(), GROUPS[group].colour
            offsets = np.linspace(-SEED_SPREAD, SEED_SPREAD, len(values)) if len(values) > 1 else np.zeros(len(values))
            is_zero = values == 0
            axis.plot(values[~is_zero], (row + offsets)[~is_zero], ls="", marker="o", markersize=2.2, color=colour)
            if is_zero.any():
                axis.plot(0, row, ls="", marker="o", markersize=4, mfc="white", mec=colour, mew=0.9, clip_on=False)
        axis.set_xlim(-0.06 * largest, 1.06 * largest)
        axis.xaxis.set_major_locator(MaxNLocator(3))
        axis.grid(axis="x")
    label_panels(axes, "Calls that differ (%)", dict.fromkeys(tasks, ""))
    zero = Line2D([], [], ls="", marker="o", markersize=4, mfc="white", color=GREY, label="exactly zero")
    handles = [*group_handles(list(groups.values())), seeds_handle(flips), zero]
    legend_below(figure, handles)
    return figure

"""How fast the points that a layer gives move away from the origin in training: figure and table.

    make norms

A hyperplane lies at the distance 14 from the origin, and a linear layer learns to give points beyond it. Its input is a
cloud of points about the origin. The loss is the mean distance by which outputs fall short of the hyperplane, so its
gradient by that distance is 1 everywhere. The hyperbolic norm of an output is its distance from the origin.

With free weights, coordinates grow by equal steps of Adam, or by gradients that shrink as they grow: the norm grows as
the logarithm of the steps. With distances to hyperplanes ("FGG-LNN", 2026, arXiv 2601.21529), offsets alone let it grow
linearly. If normals learn, too, it grows faster still: beyond alpha = 1, the gradient shortens u, and alpha is a /
(sqrt(k) |u|).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd
import torch
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from figures.panels import legend_below, line_panels
from figures.style import publication_style, save_figure
from rc_equivariant import Ordinary
from rc_equivariant.hyperbolic import Curvature, LorentzLinear, lorentz
from rc_equivariant.hyperbolic.plain import hyperplane_distances

DISTANCE, POINTS, CHANNELS = 14.0, 32, 4
OPTIMISERS = {
    "gradient descent": lambda parameters: torch.optim.SGD(parameters, lr=0.02),
    "Adam": lambda parameters: torch.optim.Adam(parameters, lr=0.01),
}
#: The kind of weights, whether offsets alone are learnt, and the look of the line.
LINES = {
    "free": ("free", False, {"color": "#0072B2"}),
    "hyperplanes": ("hyperplanes", False, {"color": "#D55E00"}),
    "hyperplanes, offsets alone": ("hyperplanes", True, {"color": "#D55E00", "linestyle": "--"}),
}


def norms_after(line: str, optimiser: str, steps: list[int]) -> list[float]:
    """Mean hyperbolic norm of the outputs after each of these numbers of optimiser steps, at curvature -1."""
    linear_map, offsets_alone, _ = LINES[line]
    torch.manual_seed(0)
    layer = LorentzLinear(Ordinary(CHANNELS), Ordinary(CHANNELS), Curvature(1.0), linear_map=linear_map).double()
    x = lorentz.exp0(0.5 * torch.randn(POINTS, CHANNELS, dtype=torch.float64), 1.0)
    k, towards = x.new_tensor(1.0), torch.eye(CHANNELS, dtype=torch.float64)[:1]
    chosen, norms = OPTIMISERS[optimiser]([layer.bias] if offsets_alone else layer.parameters()), []
    for step in range(1, max(steps) + 1):
        chosen.zero_grad()
        y = layer(x)
        (-hyperplane_distances(y, towards, x.new_tensor([DISTANCE]), k)).relu().mean().backward()
        chosen.step()
        if step in steps:
            norms.append(float(lorentz.dist0(layer(x).detach(), 1.0).mean()))
    return norms


@publication_style
def norms_figure(table: pd.DataFrame) -> Figure:
    """The norm against the number of steps, one panel for each optimiser and one line for each kind of weights."""
    figure, axes = line_panels(list(OPTIMISERS), sharey=True)
    for (optimiser, line), rows in table.groupby(["optimiser", "line"]):
        axes[optimiser].plot(rows["step"], rows["norm"], **LINES[line][2])
        axes[optimiser].set(xlabel="Optimiser steps")
    axes[next(iter(OPTIMISERS))].set_ylabel("Distance from the origin")
    legend_below(figure, [Line2D([], [], label=line, **look) for line, (*_, look) in LINES.items()])
    return figure


def main() -> None:
    """Draw the figure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where hyperbolic_norms.svg and .png are written")
    folder = parser.parse_args().folder
    steps = list(range(20, 1001, 20))
    rows = [
        (optimiser, line, step, norm)
        for optimiser in OPTIMISERS
        for line in LINES
        for step, norm in zip(steps, norms_after(line, optimiser, steps), strict=True)
    ]
    table = pd.DataFrame(rows, columns=["optimiser", "line", "step", "norm"])
    save_figure(norms_figure(table), folder / "hyperbolic_norms.svg", folder / "hyperbolic_norms.png")
    shown = table[table["step"].isin([60, 120, 240, 480, 960])]
    print(shown.pivot(index=["optimiser", "line"], columns="step", values="norm").round(2).to_string())


if __name__ == "__main__":
    main()

"""Scored variants -> measured effects against predicted differences."""

import json
from pathlib import Path

import pandas as pd

from figures.style import save_figure
from figures.variant_effects import variant_effects_figure
from workflow_support.job import run_job


def plot_variant_effects(*, table: Path, correlation: Path, svg: Path, png: Path) -> None:
    """Draw the figure from what ``score_variants`` writes of a file that gives effects."""
    figure = variant_effects_figure(pd.read_csv(table, sep="\t"), json.loads(correlation.read_text()))
    save_figure(figure, svg, png)


if "snakemake" in globals():
    run_job(
        snakemake,
        plot_variant_effects,
        table=Path(snakemake.input.table),
        correlation=Path(snakemake.input.correlation),
        svg=Path(snakemake.output.svg),
        png=Path(snakemake.output.png),
    )

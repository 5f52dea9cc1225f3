"""Contributions of bases -> logos of the strongest stretches."""

from pathlib import Path

import numpy as np
import pandas as pd

from figures.contribution_logos import contribution_logos_figure
from figures.style import save_figure
from workflow_support.job import run_job


def plot_contribution_logos(*, contributions: Path, sequences: Path, table: Path, svg: Path, png: Path) -> None:
    """Draw the figure from what ``attribute_sequences`` writes."""
    rows = pd.read_csv(table, sep="\t", dtype={"contig": str})
    save_figure(contribution_logos_figure(np.load(contributions), np.load(sequences), rows), svg, png)


if "snakemake" in globals():
    run_job(
        snakemake,
        plot_contribution_logos,
        contributions=Path(snakemake.input.contributions),
        sequences=Path(snakemake.input.sequences),
        table=Path(snakemake.input.table),
        svg=Path(snakemake.output.svg),
        png=Path(snakemake.output.png),
    )

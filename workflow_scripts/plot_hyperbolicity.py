"""Hyperbolicity of embeddings and of reference spaces -> their figure."""

from pathlib import Path

from figures.hyperbolicity import hyperbolicity_figure
from figures.style import save_figure
from study.tables import read_table
from workflow_support.job import run_job


def plot_hyperbolicity(hyperbolicity: Path, references: Path, svg: Path, png: Path) -> None:
    """Draw the figure."""
    save_figure(hyperbolicity_figure(read_table(hyperbolicity), read_table(references)), svg, png)


if "snakemake" in globals():
    run_job(
        snakemake,
        plot_hyperbolicity,
        hyperbolicity=Path(snakemake.input.hyperbolicity),
        references=Path(snakemake.input.references),
        svg=Path(snakemake.output.svg),
        png=Path(snakemake.output.png),
    )

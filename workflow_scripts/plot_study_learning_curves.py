"""Means of a study -> metrics against the number of training windows."""

from pathlib import Path

from figures.study_sizes import learning_curves_figure
from figures.style import save_figure
from study.tables import read_table
from workflow_support.job import run_job


def plot_study_learning_curves(means: Path, metrics: dict[str, str], shown: list[str], svg: Path, png: Path) -> None:
    """Draw the figure of the arms ``shown``; ``metrics`` are those of each task."""
    save_figure(learning_curves_figure(read_table(means), metrics, shown), svg, png)


if "snakemake" in globals():
    run_job(
        snakemake,
        plot_study_learning_curves,
        means=Path(snakemake.input.means),
        metrics=snakemake.params.metrics,
        shown=snakemake.params.shown,
        svg=Path(snakemake.output.svg),
        png=Path(snakemake.output.png),
    )

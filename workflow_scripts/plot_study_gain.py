"""Comparisons of a study -> gain over the reference against the number of training windows."""

from pathlib import Path

from figures.study_sizes import gain_figure
from figures.style import save_figure
from study.tables import read_table
from workflow_support.job import run_job


def plot_study_gain(
    comparisons: Path,
    means: Path,
    metrics: dict[str, str],
    references: dict[str, str],
    shown: list[str],
    svg: Path,
    png: Path,
) -> None:
    """Draw the figure of the arms ``shown``; ``metrics`` and ``references`` are those of each task."""
    figure = gain_figure(read_table(comparisons), read_table(means), metrics, references, shown)
    save_figure(figure, svg, png)


if "snakemake" in globals():
    run_job(
        snakemake,
        plot_study_gain,
        comparisons=Path(snakemake.input.comparisons),
        means=Path(snakemake.input.means),
        metrics=snakemake.params.metrics,
        references=snakemake.params.references,
        shown=snakemake.params.shown,
        svg=Path(snakemake.output.svg),
        png=Path(snakemake.output.png),
    )

"""Evaluations of profile networks -> their metrics by arm."""

from pathlib import Path

from figures.profile_performance import profile_performance_figure
from figures.style import save_figure
from figures.tables import read_metrics
from workflow_support.job import run_job


def plot_profile_performance(*, evaluations: list[Path], svg: Path, png: Path) -> None:
    """Draw the figure from the ``evaluation.json`` of every profile network."""
    save_figure(profile_performance_figure(read_metrics(evaluations)), svg, png)


if "snakemake" in globals():
    run_job(
        snakemake,
        plot_profile_performance,
        evaluations=[Path(path) for path in snakemake.input.evaluations],
        svg=Path(snakemake.output.svg),
        png=Path(snakemake.output.png),
    )

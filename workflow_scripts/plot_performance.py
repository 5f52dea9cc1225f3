"""Evaluations -> AUROC and AUPRC of every arm."""

from pathlib import Path

from figures.performance import performance_figure
from figures.style import save_figure
from figures.tables import read_metrics
from workflow_support.job import run_job


def plot_performance(*, evaluations: list[Path], svg: Path, png: Path) -> None:
    """Draw the figure from the ``evaluation.json`` of every model and baseline."""
    save_figure(performance_figure(read_metrics(evaluations)), svg, png)


if "snakemake" in globals():
    run_job(
        snakemake,
        plot_performance,
        evaluations=[Path(path) for path in snakemake.input.evaluations],
        svg=Path(snakemake.output.svg),
        png=Path(snakemake.output.png),
    )

"""Evaluations -> how differently models score the two strands."""

from pathlib import Path

from figures.reverse_complement_error import reverse_complement_error_figure
from figures.style import save_figure
from figures.tables import read_metrics
from workflow_support.job import run_job


def plot_reverse_complement_error(*, evaluations: list[Path], svg: Path, png: Path) -> None:
    """Draw the figure from the ``evaluation.json`` of every network."""
    save_figure(reverse_complement_error_figure(read_metrics(evaluations)), svg, png)


if "snakemake" in globals():
    run_job(
        snakemake,
        plot_reverse_complement_error,
        evaluations=[Path(path) for path in snakemake.input.evaluations],
        svg=Path(snakemake.output.svg),
        png=Path(snakemake.output.png),
    )

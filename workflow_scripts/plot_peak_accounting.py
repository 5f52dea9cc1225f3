"""Peak counts -> what became of every row of the peak files."""

from pathlib import Path

from figures.peak_accounting import peak_accounting_figure
from figures.style import save_figure
from figures.tables import read_per_task
from workflow_support.job import run_job


def plot_peak_accounting(*, counts: list[Path], tasks: list[str], svg: Path, png: Path) -> None:
    """Draw the figure from the ``peak_counts.tsv`` of every task."""
    save_figure(peak_accounting_figure(read_per_task(counts, tasks)), svg, png)


if "snakemake" in globals():
    run_job(
        snakemake,
        plot_peak_accounting,
        counts=[Path(path) for path in snakemake.input.counts],
        tasks=snakemake.params.tasks,
        svg=Path(snakemake.output.svg),
        png=Path(snakemake.output.png),
    )

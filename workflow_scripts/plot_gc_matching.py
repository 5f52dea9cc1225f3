"""Window tables -> GC content of positives and negatives."""

from pathlib import Path

from figures.gc_matching import gc_matching_figure
from figures.style import save_figure
from figures.tables import read_per_task
from workflow_support.job import run_job


def plot_gc_matching(*, windows: list[Path], tasks: list[str], svg: Path, png: Path) -> None:
    """Draw the figure from the ``windows.tsv`` of every task."""
    save_figure(gc_matching_figure(read_per_task(windows, tasks)), svg, png)


if "snakemake" in globals():
    run_job(
        snakemake,
        plot_gc_matching,
        windows=[Path(path) for path in snakemake.input.windows],
        tasks=snakemake.params.tasks,
        svg=Path(snakemake.output.svg),
        png=Path(snakemake.output.png),
    )

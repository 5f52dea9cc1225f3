"""Replicates of a study -> how often calls differ between strands."""

from pathlib import Path

from figures.study_flips import study_flips_figure
from figures.style import save_figure
from study.tables import read_table
from workflow_support.job import run_job


def plot_study_flips(replicates: Path, arms: Path, tasks: list[str], svg: Path, png: Path) -> None:
    """Draw the figure of ``tasks``, whose windows are called bound or not, or of a class."""
    save_figure(study_flips_figure(read_table(replicates), read_table(arms), tasks), svg, png)


if "snakemake" in globals():
    run_job(
        snakemake,
        plot_study_flips,
        replicates=Path(snakemake.input.replicates),
        arms=Path(snakemake.input.arms),
        tasks=snakemake.params.tasks,
        svg=Path(snakemake.output.svg),
        png=Path(snakemake.output.png),
    )

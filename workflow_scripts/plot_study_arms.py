"""Tables of a study -> every arm at every task."""

from pathlib import Path

from figures.study_arms import study_arms_figure
from figures.style import save_figure
from study.tables import read_table
from workflow_support.job import run_job


def plot_study_arms(
    replicates: Path, means: Path, arms: Path, metrics: dict[str, str], references: dict[str, str], svg: Path, png: Path
) -> None:
    """Draw the figure; ``metrics`` and ``references`` are those of each task."""
    tables = [read_table(path) for path in (replicates, means, arms)]
    save_figure(study_arms_figure(*tables, metrics, references), svg, png)


if "snakemake" in globals():
    run_job(
        snakemake,
        plot_study_arms,
        replicates=Path(snakemake.input.replicates),
        means=Path(snakemake.input.means),
        arms=Path(snakemake.input.arms),
        metrics=snakemake.params.metrics,
        references=snakemake.params.references,
        svg=Path(snakemake.output.svg),
        png=Path(snakemake.output.png),
    )

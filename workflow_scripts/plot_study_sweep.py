"""Tables of a study -> arms of a family against the setting in which they differ."""

from pathlib import Path

from figures.study_sweep import study_sweep_figure
from figures.style import save_figure
from study.tables import read_table
from workflow_support.job import run_job


def plot_study_sweep(means: Path, arms: Path, setting: str, metrics: dict[str, str], svg: Path, png: Path) -> None:
    """Draw the figure of ``setting``, kmer or plus_fraction; ``metrics`` are those of each task."""
    save_figure(study_sweep_figure(read_table(means), read_table(arms), setting, metrics), svg, png)


if "snakemake" in globals():
    run_job(
        snakemake,
        plot_study_sweep,
        means=Path(snakemake.input.means),
        arms=Path(snakemake.input.arms),
        setting=snakemake.params.setting,
        metrics=snakemake.params.metrics,
        svg=Path(snakemake.output.svg),
        png=Path(snakemake.output.png),
    )

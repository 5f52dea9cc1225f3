"""Training histories of profile networks -> validation losses against the epoch."""

from pathlib import Path

from figures.style import save_figure
from figures.tables import read_per_model
from figures.training_curves import PROFILE_LOSSES, profile_training_curves_figure
from workflow_support.job import run_job


def plot_profile_training_curves(*, histories: list[Path], evaluations: list[Path], svg: Path, png: Path) -> None:
    """Draw the figure from each network's ``history.tsv``, with the ``evaluation.json`` that names the network."""
    table = read_per_model(histories, evaluations, ["epoch", *PROFILE_LOSSES])
    save_figure(profile_training_curves_figure(table), svg, png)


if "snakemake" in globals():
    run_job(
        snakemake,
        plot_profile_training_curves,
        histories=[Path(path) for path in snakemake.input.histories],
        evaluations=[Path(path) for path in snakemake.input.evaluations],
        svg=Path(snakemake.output.svg),
        png=Path(snakemake.output.png),
    )

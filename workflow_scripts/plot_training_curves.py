"""Training histories -> validation AUROC against the epoch."""

from pathlib import Path

from figures.style import save_figure
from figures.tables import read_per_model
from figures.training_curves import training_curves_figure
from workflow_support.job import run_job


def plot_training_curves(*, histories: list[Path], evaluations: list[Path], svg: Path, png: Path) -> None:
    """Draw the figure from each network's ``history.tsv``, with the ``evaluation.json`` that names the network."""
    save_figure(training_curves_figure(read_per_model(histories, evaluations, ["epoch", "validation_auroc"])), svg, png)


if "snakemake" in globals():
    run_job(
        snakemake,
        plot_training_curves,
        histories=[Path(path) for path in snakemake.input.histories],
        evaluations=[Path(path) for path in snakemake.input.evaluations],
        svg=Path(snakemake.output.svg),
        png=Path(snakemake.output.png),
    )

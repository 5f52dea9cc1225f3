"""Predictions -> receiver operating characteristic and precision-recall curves."""

from pathlib import Path

from figures.roc_and_precision_recall import roc_and_precision_recall_figure
from figures.style import save_figure
from figures.tables import read_per_model
from workflow_support.job import run_job


def plot_roc_and_precision_recall(*, predictions: list[Path], evaluations: list[Path], svg: Path, png: Path) -> None:
    """Draw the figure from each model's ``predictions.tsv``, with the ``evaluation.json`` that names the model."""
    save_figure(roc_and_precision_recall_figure(read_per_model(predictions, evaluations, ["label", "logit"])), svg, png)


if "snakemake" in globals():
    run_job(
        snakemake,
        plot_roc_and_precision_recall,
        predictions=[Path(path) for path in snakemake.input.predictions],
        evaluations=[Path(path) for path in snakemake.input.evaluations],
        svg=Path(snakemake.output.svg),
        png=Path(snakemake.output.png),
    )

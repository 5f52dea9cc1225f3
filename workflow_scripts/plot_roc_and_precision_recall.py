"""Predictions -> receiver operating characteristic and precision-recall curves."""

from pathlib import Path

import pandas as pd

from figures.roc_and_precision_recall import roc_and_precision_recall_figure
from figures.style import save_figure
from figures.tables import read_per_model
from workflow_support.job import run_job

COLUMNS = ["label", "logit"]


def plot_roc_and_precision_recall(*, predictions: list[Path], evaluations: list[Path], svg: Path, png: Path) -> None:
    """Draw the figure of the tasks with two classes.

    Each arm has a ``predictions.tsv``, and beside it the ``evaluation.json`` that names it.
    """
    of_two_classes = [
        files
        for files in zip(predictions, evaluations, strict=True)
        if "logit" in pd.read_csv(files[0], sep="\t", nrows=0)
    ]
    table = read_per_model(*zip(*of_two_classes, strict=True), COLUMNS) if of_two_classes else pd.DataFrame()
    save_figure(roc_and_precision_recall_figure(table), svg, png)


if "snakemake" in globals():
    run_job(
        snakemake,
        plot_roc_and_precision_recall,
        predictions=[Path(path) for path in snakemake.input.predictions],
        evaluations=[Path(path) for path in snakemake.input.evaluations],
        svg=Path(snakemake.output.svg),
        png=Path(snakemake.output.png),
    )

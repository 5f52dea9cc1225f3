"""Predictions of a profile network -> observed and predicted profiles of three test peaks."""

from pathlib import Path

import numpy as np
import pandas as pd

from figures.profile_examples import choose_windows, example, profile_examples_figure
from figures.style import save_figure
from workflow_support.job import run_job


def plot_profile_examples(
    *, windows: Path, counts: Path, predictions: Path, profiles: Path, svg: Path, png: Path
) -> None:
    """Draw the figure from the counts of a task and what ``evaluate`` writes of the first replicate."""
    splits = pd.read_csv(windows, sep="\t", usecols=["split"])["split"]
    rows = np.flatnonzero(splits == "test")
    table = pd.read_csv(predictions, sep="\t", dtype={"contig": str}, nrows=rows.size)
    observed, predicted = np.load(counts, mmap_mode="r"), np.load(profiles, mmap_mode="r")[0]
    margin = (observed.shape[2] - predicted.shape[2]) // 2
    centre = slice(margin, margin + predicted.shape[2])
    examples = [
        example(name, table.loc[row], observed[rows[row], :, centre], predicted[row])
        for name, row in choose_windows(table).items()
    ]
    save_figure(profile_examples_figure(examples), svg, png)


if "snakemake" in globals():
    run_job(
        snakemake,
        plot_profile_examples,
        windows=Path(snakemake.input.windows),
        counts=Path(snakemake.input.counts),
        predictions=Path(snakemake.input.predictions),
        profiles=Path(snakemake.input.profiles),
        svg=Path(snakemake.output.svg),
        png=Path(snakemake.output.png),
    )

"""Evaluations -> observed frequency against predicted probability."""

from pathlib import Path

from figures.calibration import calibration_figure
from figures.style import save_figure
from figures.tables import read_calibration
from workflow_support.job import run_job


def plot_calibration(*, evaluations: list[Path], svg: Path, png: Path) -> None:
    """Draw the figure from the ``evaluation.json`` of every model and baseline."""
    save_figure(calibration_figure(read_calibration(evaluations)), svg, png)


if "snakemake" in globals():
    run_job(
        snakemake,
        plot_calibration,
        evaluations=[Path(path) for path in snakemake.input.evaluations],
        svg=Path(snakemake.output.svg),
        png=Path(snakemake.output.png),
    )

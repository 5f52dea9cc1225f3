"""Motifs found and known -> their logos beside each other."""

from pathlib import Path

import pandas as pd

from figures.motif_logos import motif_logos_figure
from figures.style import save_figure
from genome_data.formats.motif_files import read_meme
from genome_data.motifs import read_jaspar
from workflow_support.job import run_job


def plot_motif_logos(*, motifs: Path, table: Path, known: list[Path], svg: Path, png: Path) -> None:
    """Draw the figure from what ``find_motifs`` writes and the motifs that it was given."""
    found = {name: motif.probabilities for name, motif in read_meme(motifs).items()}
    references = {motif.name: motif.probabilities for motif in map(read_jaspar, known)}
    save_figure(motif_logos_figure(pd.read_csv(table, sep="\t"), found, references), svg, png)


if "snakemake" in globals():
    run_job(
        snakemake,
        plot_motif_logos,
        motifs=Path(snakemake.input.motifs),
        table=Path(snakemake.input.table),
        known=[Path(path) for path in snakemake.input.known],
        svg=Path(snakemake.output.svg),
        png=Path(snakemake.output.png),
    )

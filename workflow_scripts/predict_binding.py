"""Trained networks and a genome -> scores of regions or whole contigs, as a table and a bigWig."""

from pathlib import Path

from learning.evaluation.averages import load_classifiers
from learning.evaluation.genome_scores import score_genome
from learning.models.devices import select_device
from learning.models.model_files import averages_strands
from workflow_support.job import run_job


def predict_binding(
    weights: list[Path],
    models: list[Path],
    fasta: Path,
    regions: Path | None,
    contigs: list[str] | None,
    stride: int,
    average_strands: bool,
    device: str,
    threads: int,
    table: Path,
    bigwig: Path,
) -> None:
    """Score regions or contigs as :func:`learning.evaluation.genome_scores.score_genome` does."""
    networks = load_classifiers(weights, models, select_device(device, threads))
    score_genome(
        networks,
        fasta,
        regions,
        contigs,
        stride=stride,
        average_strands=average_strands or averages_strands(models),
        table=table,
        bigwig=bigwig,
    )


if "snakemake" in globals():
    run_job(snakemake, predict_binding)

"""Trained profile networks and a genome -> expected reads at every base of regions or whole contigs."""

from pathlib import Path

from learning.evaluation.averages import load_replicates
from learning.evaluation.genome_profiles import predict_genome
from learning.models.devices import select_device
from learning.models.model_files import averages_strands
from workflow_support.job import run_job
from workflow_support.kinds import PROFILE, kinds_answering


def predict_profiles(
    weights: list[Path],
    models: list[Path],
    fasta: Path,
    regions: Path | None,
    contigs: list[str] | None,
    tracks: list[Path],
    track_names: list[str],
    average_strands: bool,
    device: str,
    threads: int,
    table: Path,
    plus: Path,
    minus: Path,
) -> None:
    """Predict regions or contigs as :func:`learning.evaluation.genome_profiles.predict_genome` does."""
    networks = load_replicates(weights, models, select_device(device, threads), *kinds_answering(PROFILE))
    predict_genome(
        networks,
        fasta,
        regions,
        contigs,
        tracks=tracks,
        track_names=track_names,
        model=models[0],
        average_strands=average_strands or averages_strands(models),
        table=table,
        plus=plus,
        minus=minus,
    )


if "snakemake" in globals():
    run_job(snakemake, predict_profiles)

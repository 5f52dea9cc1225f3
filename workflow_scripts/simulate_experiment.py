"""Simulate an experiment: a genome and, for each transcription factor, raw peaks, coverage and the true sites."""

from pathlib import Path

import numpy as np

from genome_data.motifs import read_motif
from simulation.experiment import ExperimentSettings, simulate
from simulation.genome import write_fasta
from simulation.signal import write_coverage
from workflow_support.files import atomic_paths
from workflow_support.job import logger, run_job


def simulate_experiment(
    *,
    motifs: list[Path],
    simulation: dict,
    seed: int,
    fasta: Path,
    peaks: list[Path],
    sites: list[Path],
    signal: list[Path],
) -> None:
    """Write a simulated experiment.

    Parameters
    ----------
    motifs
        Files of one motif each, one per factor of ``simulation["tfs"]``, in the same order.
    simulation
        The section ``simulation`` of the configuration, without its seed.
    seed
        The seed of all draws.
    fasta, peaks, sites, signal
        Outputs: the genome and, for each factor, a narrowPeak, a table of the planted sites and decoys, and a bigWig.
    """
    rng = np.random.default_rng(seed)
    factors = simulation["tfs"]
    knobs = {key: value for key, value in simulation.items() if key != "tfs"}
    settings = ExperimentSettings(sites={name: factor["sites"] for name, factor in factors.items()}, **knobs)
    matrices = {name: read_motif(path) for name, path in zip(factors, motifs, strict=True)}
    contigs, binding = simulate(settings, matrices, rng)

    with atomic_paths(fasta, *peaks, *sites, *signal) as [fasta_file, *files]:
        write_fasta(fasta_file, contigs, rng)
        for name, (peak_file, site_file, signal_file) in zip(factors, np.reshape(files, (3, -1)).T, strict=True):
            data = binding[name]
            data.peaks.to_csv(peak_file, sep="\t", header=False, index=False)
            data.sites.round({"strength": 4, "log_odds": 4}).to_csv(site_file, sep="\t", index=False)
            write_coverage(signal_file, settings.contigs, data.coverage, rng)
            found = data.sites["in_peak"].sum()
            planted = data.sites["kind"].value_counts().to_dict()
            logger.info("%s: planted %s; %d sites lie in one of %d peaks", name, planted, found, len(data.peaks))


if "snakemake" in globals():
    run_job(snakemake, simulate_experiment)
